// Rotates, shifts and everything that moves elements (AltiVec PEM 4.2.1.5, 4.2.4 and 4.2.5).
#pragma once

#include <bit>
#include <utility>

#include "guest-ppc/vector/lanes.h"

namespace quince::ppc::vec {

namespace detail {

// Element shifts count by the low bits of each element of b; the rest of the element is ignored.
template <class T>
inline unsigned shift_count(Lanes<T> counts, unsigned i) {
  return static_cast<unsigned>(counts[i]) & (8 * sizeof(T) - 1);
}
template <class T>
inline V128 rotate_left(Arg a, Arg b) {
  const auto x = get<T>(a), n = get<T>(b);
  return generate<T>([&](unsigned i) { return std::rotl(x[i], static_cast<int>(shift_count<T>(n, i))); });
}
template <class T>
inline V128 shift_left(Arg a, Arg b) {
  const auto x = get<T>(a), n = get<T>(b);
  return generate<T>([&](unsigned i) { return u32{x[i]} << shift_count<T>(n, i); });
}
// T unsigned: zeros come in; signed: copies of the sign.
template <class T>
inline V128 shift_right(Arg a, Arg b) {
  const auto x = get<T>(a), n = get<T>(b);
  return generate<T>([&](unsigned i) { return x[i] >> shift_count<T>(n, i); });
}

// Lane i of the result is lane from(i) of the 32 bytes that have b below a; from() is known to the compiler.
template <class T, auto from, std::size_t... i>
inline V128 choose_lanes(Arg a, Arg b, std::index_sequence<i...>) {
  return put(__builtin_shufflevector(get<T>(b), get<T>(a), from(i)...));
}
template <class T, auto from>
inline V128 choose_lanes(Arg a, Arg b) {
  return choose_lanes<T, from>(a, b, std::make_index_sequence<lane_count<T>>());
}

// a0 b0 a1 b1 ... of the high or the low half.
template <class T, bool high>
inline V128 merge(Arg a, Arg b) {
  constexpr auto from = [](unsigned i) {
    constexpr unsigned n = lane_count<T>;
    return (i % 2 ? n : 0) + (high ? n / 2 : 0) + i / 2;
  };
  return choose_lanes<T, from>(a, b);
}

// Index bits above the element number are ignored.
template <class T>
inline V128 splat(Arg b, u32 element) {
  const T value = get<T>(b)[~element & (lane_count<T> - 1)];
  return put(Lanes<T>{} + value);
}
template <class T>
inline V128 splat_immediate(u32 value) {
  return put(Lanes<T>{} + static_cast<T>(value));
}

// The low halves of the elements of a, then of b. T: result elements.
template <class T>
inline V128 pack_modulo(Arg a, Arg b) {
  return choose_lanes<T, [](unsigned i) { return 2 * i; }>(a, b);
}
// S: source elements, twice as wide as T.
template <class T, class S>
inline V128 clamp_lanes(Arg v, Vscr& vscr) {
  constexpr S low = std::is_signed_v<S> ? S{std::numeric_limits<T>::min()} : S{0};
  const Lanes<S> x = get<S>(v), least = Lanes<S>{} + low,
                 most = Lanes<S>{} + S{std::numeric_limits<T>::max()};
  const Lanes<S> raised = x < least ? least : x, nearest = raised > most ? most : raised;
  vscr |= any(nearest != x) ? vscr_sat : 0;
  return put(nearest);
}
template <class T, class S>
inline V128 pack_saturate(Arg a, Arg b, Vscr& vscr) {
  return pack_modulo<T>(clamp_lanes<T, S>(a, vscr), clamp_lanes<T, S>(b, vscr));
}
// f of each element of the high or low half. T: result elements, S: source elements, half as wide.
template <class T, class S, bool high, class F>
inline V128 unpack(Arg b, F f) {
  const auto x = get<S>(b);
  return generate<T>([&](unsigned i) { return f(x[i + (high ? lane_count<T> : 0)]); });
}
template <class T, class S, bool high>
inline V128 unpack_signed(Arg b) {
  return unpack<T, S, high>(b, [](S x) { return T{x}; });
}

// Pixels: 8:8:8:8 in a word, 1:5:5:5 in a halfword. The first field is one bit, spread over its byte.
constexpr u16 pack_pixel(u32 x) {
  return static_cast<u16>((x >> 9 & 0x8000) | (x >> 9 & 0x7c00) | (x >> 6 & 0x03e0) | (x >> 3 & 0x001f));
}
inline V128 pack_pixels(Arg a, Arg b) {
  const auto high = get<u32>(a), low = get<u32>(b);
  return generate<u16>([&](unsigned i) { return pack_pixel(i < 4 ? low[i] : high[i - 4]); });
}
constexpr u32 unpack_pixel(u16 x) {
  return (x & 0x8000 ? 0xff00'0000u : 0) | (x & 0x7c00u) << 6 | (x & 0x03e0u) << 3 | (x & 0x001fu);
}

inline unsigned bit_shift_count(Arg b) { return b.bytes[0] & 7; }
inline unsigned octet_shift_count(Arg b) { return b.bytes[0] & 0x78; }

}  // namespace detail

inline V128 vrlb(Arg a, Arg b) { return detail::rotate_left<u8>(a, b); }
inline V128 vrlh(Arg a, Arg b) { return detail::rotate_left<u16>(a, b); }
inline V128 vrlw(Arg a, Arg b) { return detail::rotate_left<u32>(a, b); }
inline V128 vslb(Arg a, Arg b) { return detail::shift_left<u8>(a, b); }
inline V128 vslh(Arg a, Arg b) { return detail::shift_left<u16>(a, b); }
inline V128 vslw(Arg a, Arg b) { return detail::shift_left<u32>(a, b); }
inline V128 vsrb(Arg a, Arg b) { return detail::shift_right<u8>(a, b); }
inline V128 vsrh(Arg a, Arg b) { return detail::shift_right<u16>(a, b); }
inline V128 vsrw(Arg a, Arg b) { return detail::shift_right<u32>(a, b); }
inline V128 vsrab(Arg a, Arg b) { return detail::shift_right<i8>(a, b); }
inline V128 vsrah(Arg a, Arg b) { return detail::shift_right<i16>(a, b); }
inline V128 vsraw(Arg a, Arg b) { return detail::shift_right<i32>(a, b); }

// Whole-register shifts: vsl and vsr by bits 125-127 of b, vslo and vsro by the octets in bits 121-124. For
// vsl and vsr the architecture wants the same count in every byte of b and leaves other operands undefined;
// here the last byte alone counts.
inline V128 vsl(Arg a, Arg b) { return put_u128(get_u128(a) << detail::bit_shift_count(b)); }
inline V128 vsr(Arg a, Arg b) { return put_u128(get_u128(a) >> detail::bit_shift_count(b)); }
inline V128 vslo(Arg a, Arg b) { return put_u128(get_u128(a) << detail::octet_shift_count(b)); }
inline V128 vsro(Arg a, Arg b) { return put_u128(get_u128(a) >> detail::octet_shift_count(b)); }

// Sixteen bytes of a:b from byte sh (0-15) on. The second shift is split, for it is 128 when sh = 0.
inline V128 vsldoi(Arg a, Arg b, u32 sh) {
  const u32 bits = 8 * (sh & 15);
  return put_u128(get_u128(a) << bits | get_u128(b) >> 1 >> (127 - bits));
}

// Byte i of the result is the byte of a:b that the low five bits of c's byte i name. Counted from the little
// end, as our bytes are, byte n of a:b is the complement of n.
inline V128 vperm(Arg a, Arg b, Arg c) {
  std::array<u8, 32> both;
  std::memcpy(&both[0], &b, 16);
  std::memcpy(&both[16], &a, 16);
  V128 result;
  for (unsigned i = 0; i < 16; ++i) result.bytes[i] = both[~unsigned{c.bytes[i]} & 31];
  return result;
}

inline V128 vmrghb(Arg a, Arg b) { return detail::merge<u8, true>(a, b); }
inline V128 vmrghh(Arg a, Arg b) { return detail::merge<u16, true>(a, b); }
inline V128 vmrghw(Arg a, Arg b) { return detail::merge<u32, true>(a, b); }
inline V128 vmrglb(Arg a, Arg b) { return detail::merge<u8, false>(a, b); }
inline V128 vmrglh(Arg a, Arg b) { return detail::merge<u16, false>(a, b); }
inline V128 vmrglw(Arg a, Arg b) { return detail::merge<u32, false>(a, b); }

inline V128 vspltb(Arg b, u32 uimm) { return detail::splat<u8>(b, uimm); }
inline V128 vsplth(Arg b, u32 uimm) { return detail::splat<u16>(b, uimm); }
inline V128 vspltw(Arg b, u32 uimm) { return detail::splat<u32>(b, uimm); }
inline V128 vspltisb(u32 simm) { return detail::splat_immediate<u8>(simm); }
inline V128 vspltish(u32 simm) { return detail::splat_immediate<u16>(simm); }
inline V128 vspltisw(u32 simm) { return detail::splat_immediate<u32>(simm); }

inline V128 vpkuhum(Arg a, Arg b) { return detail::pack_modulo<u8>(a, b); }
inline V128 vpkuwum(Arg a, Arg b) { return detail::pack_modulo<u16>(a, b); }
inline V128 vpkpx(Arg a, Arg b) { return detail::pack_pixels(a, b); }
inline V128 vpkuhus(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<u8, u16>(a, b, vscr); }
inline V128 vpkuwus(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<u16, u32>(a, b, vscr); }
inline V128 vpkshus(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<u8, i16>(a, b, vscr); }
inline V128 vpkswus(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<u16, i32>(a, b, vscr); }
inline V128 vpkshss(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<i8, i16>(a, b, vscr); }
inline V128 vpkswss(Arg a, Arg b, Vscr& vscr) { return detail::pack_saturate<i16, i32>(a, b, vscr); }

inline V128 vupkhsb(Arg b) { return detail::unpack_signed<i16, i8, true>(b); }
inline V128 vupkhsh(Arg b) { return detail::unpack_signed<i32, i16, true>(b); }
inline V128 vupklsb(Arg b) { return detail::unpack_signed<i16, i8, false>(b); }
inline V128 vupklsh(Arg b) { return detail::unpack_signed<i32, i16, false>(b); }
inline V128 vupkhpx(Arg b) { return detail::unpack<u32, u16, true>(b, detail::unpack_pixel); }
inline V128 vupklpx(Arg b) { return detail::unpack<u32, u16, false>(b, detail::unpack_pixel); }

}  // namespace quince::ppc::vec
