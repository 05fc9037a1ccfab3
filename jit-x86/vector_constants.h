// Constants of 128 bits and small tables that generated vector code reads, at a fixed distance from rbp.
#pragma once

#include <array>
#include <bit>

#include "guest-ppc/types.h"
#include "guest-ppc/vector_value.h"

namespace quince::jit {

namespace detail {

template <class T>
using LaneArray = std::array<T, 16 / sizeof(T)>;
template <class T>
constexpr ppc::V128 of_lanes(const LaneArray<T>& lanes) {
  return {std::bit_cast<std::array<ppc::u8, 16>>(lanes)};
}
template <class T>
constexpr ppc::V128 all_lanes(T value) {
  LaneArray<T> lanes{};
  for (T& lane : lanes) lane = value;
  return of_lanes<T>(lanes);
}
template <std::size_t n, class F>
constexpr auto bytes_by(F f) {
  std::array<ppc::u8, n> bytes{};
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<ppc::u8>(f(i));
  return bytes;
}
constexpr ppc::V128 by_byte(auto f) { return {bytes_by<16>(f)}; }
constexpr ppc::V128 bytes(ppc::u8 v) { return all_lanes(v); }
constexpr ppc::V128 halves(ppc::u16 v) { return all_lanes(v); }
constexpr ppc::V128 words(ppc::u32 v) { return all_lanes(v); }
constexpr ppc::V128 low_quad(ppc::u64 v) { return of_lanes<ppc::u64>({v, 0}); }

// Ones over `bytes` bytes that begin at 16.
constexpr auto window(std::size_t bytes) {
  return bytes_by<32>([=](std::size_t i) { return i >= 16 && i < 16 + bytes ? 0xff : 0; });
}

}  // namespace detail

struct VectorConstants {
  ppc::V128 bytes_01 = detail::bytes(1), bytes_07 = detail::bytes(7), bytes_0f = detail::bytes(0x0f),
            bytes_1f = detail::bytes(0x1f), bytes_80 = detail::bytes(0x80);
  ppc::V128 halves_0001 = detail::halves(1), halves_0080 = detail::halves(0x80),
            halves_00ff = detail::halves(0xff), halves_ff00 = detail::halves(0xff00),
            halves_8000 = detail::halves(0x8000);
  ppc::V128 words_0f = detail::words(0x0f), words_1f = detail::words(0x1f),
            words_low_half = detail::words(0xffff), words_high_half = detail::words(0xffff'0000),
            words_8000 = detail::words(0x8000), words_sign = detail::words(0x8000'0000),
            words_absolute = detail::words(0x7fff'ffff), words_below_sign = detail::words(0x4000'0000);
  // Fields of pixels: of 8:8:8:8 moved to where 1:5:5:5 has them, and back.
  ppc::V128 pixel_alpha_red = detail::words(0xfc00), pixel_green = detail::words(0x03e0),
            wide_alpha_blue = detail::words(0xff00'001f), wide_red = detail::words(0x001f'0000),
            wide_green = detail::words(0x0000'1f00);
  ppc::V128 singles_one = detail::all_lanes(1.0f), singles_least_normal = detail::all_lanes(0x1p-126f);
  ppc::V128 reverse = detail::by_byte([](std::size_t i) { return 15 - i; });
  ppc::V128 iota = detail::by_byte([](std::size_t i) { return i; });
  ppc::V128 iota_70 = detail::by_byte([](std::size_t i) { return 0x70 + i; });
  ppc::V128 powers_up = detail::by_byte([](std::size_t i) { return 1 << i % 8; });
  ppc::V128 powers_down = detail::by_byte([](std::size_t i) { return 128 >> i % 8; });
  ppc::V128 low_7 = detail::low_quad(7), low_63 = detail::low_quad(63);
  double one = 1;
  ppc::u64 unused = 0;
  // vperm controls of lvsl and lvsr: sixteen bytes from some place in it.
  std::array<ppc::u8, 32> descending = detail::bytes_by<32>([](std::size_t i) { return 31 - i; });
  // Masks for one element of 1, 2, 4 bytes: sixteen bytes from some place in it.
  std::array<ppc::u8, 32> window_1 = detail::window(1), window_2 = detail::window(2),
                          window_4 = detail::window(4);
  // Index: the five bits of vspltis[bhw].
  std::array<ppc::u32, 32> splat = splats();
  // 2^(index - 31).
  static constexpr unsigned powers_zero = 31;
  std::array<float, 63> powers = powers_of_two();
  ppc::u32 mxcsr = 0x1f80, mxcsr_nj = 0x9fc0;  // nothing enabled; NJ: denormals are zeros, tiny results too

 private:
  static constexpr std::array<ppc::u32, 32> splats() {
    std::array<ppc::u32, 32> table{};
    for (ppc::u32 i = 0; i < 32; ++i) table[i] = i < 16 ? i : i - 32;
    return table;
  }
  static constexpr std::array<float, 63> powers_of_two() {
    std::array<float, 63> table{};
    for (ppc::u32 i = 0; i < 63; ++i) table[i] = std::bit_cast<float>((127 - powers_zero + i) << 23);
    return table;
  }
};

}  // namespace quince::jit
