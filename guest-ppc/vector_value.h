// A 128-bit AltiVec register value.
#pragma once

#include <array>
#include <bit>
#include <cstring>

#include "guest-ppc/types.h"

namespace quince::ppc {

// bytes[15] is the most significant byte, element 0 of the manual: the register is one little-endian 128-bit
// number, so that elements of every width are in the host's byte order and lvx is one 16-byte swap. Element i
// of n (manual numbering) is lane n-1-i.
struct alignas(16) V128 {
  std::array<u8, 16> bytes{};

  friend bool operator==(const V128&, const V128&) = default;

  // Lanes in host order: lane 0 is the manual's last element. T: u8..u64, i8..i64, float.
  template <class T>
  std::array<T, 16 / sizeof(T)> lanes() const {
    return std::bit_cast<std::array<T, 16 / sizeof(T)>>(bytes);
  }
  template <class T>
  static V128 from_lanes(const std::array<T, 16 / sizeof(T)>& lanes) {
    return {std::bit_cast<std::array<u8, 16>>(lanes)};
  }
  // The manual's element i, 0 = most significant.
  template <class T>
  T element(unsigned i) const {
    T value;
    std::memcpy(&value, &bytes[16 - sizeof(T) * (i + 1)], sizeof(T));
    return value;
  }
  template <class T>
  void set_element(unsigned i, T value) {
    std::memcpy(&bytes[16 - sizeof(T) * (i + 1)], &value, sizeof(T));
  }
};

}  // namespace quince::ppc
