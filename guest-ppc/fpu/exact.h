// Numbers that are not zero, with all their bits or one that stands for the rest: what sums, products and
// quotients are made of before they are rounded.
#pragma once

#include <bit>

#include "guest-ppc/fpu/number.h"

namespace quince::ppc::fpu {

// (-1)^sign * sig * 2^(exp - 63), where the top bit of sig is 1. In a result the lowest bit of sig is 1 if
// anything below it is.
struct Exact {
  bool sign;
  int exp;
  u64 sig;
};

// A product with all its bits: (-1)^sign * sig * 2^(exp - 127), the top bit of sig 1.
struct Product {
  bool sign;
  int exp;
  u128 sig;
};

// bits: finite and not zero.
inline Exact unpack(u64 bits) {
  const int biased = static_cast<int>(bits >> 52 & 0x7ff);
  const u64 fraction = bits & fraction_bits;
  if (biased != 0) [[likely]]
    return {is_negative(bits), biased - 1023, fraction << 11 | top_bit};
  const int leading = std::countl_zero(fraction);
  return {is_negative(bits), -1011 - leading, fraction << leading};
}

// The upper half of a product, jammed.
inline Exact narrowed(const Product& p) {
  const u64 low = static_cast<u64>(p.sig);
  return {p.sign, p.exp, static_cast<u64>(p.sig >> 64) | (low != 0 ? 1 : 0)};
}

// value / 2^distance, with the lowest bit set if anything was shifted out.
inline u64 shift_right_jam(u64 value, int distance) {
  if (distance <= 0) return value;
  if (distance > 63) return value != 0;
  return value >> distance | ((value << (64 - distance)) != 0 ? 1 : 0);
}
inline u128 shift_right_jam(u128 value, int distance) {
  if (distance <= 0) return value;
  if (distance > 127) return value != 0;
  return value >> distance | ((value << (128 - distance)) != 0 ? 1 : 0);
}

}  // namespace quince::ppc::fpu
