// The common case of the arithmetic, without a branch that depends on the operands' values: round to nearest,
// finite operands, a result well inside the normal range. Each function says whether it is one; if not,
// nothing is known of the result. The exact arithmetic in arith.cpp gives the same and is the reference: the
// tests run both.
#pragma once

#include <bit>

#include "guest-ppc/fpu/product.h"
#include "guest-ppc/fpu/round.h"

namespace quince::ppc::fpu {

// The host is expected to compute as IEEE 754 has it, rounding to nearest: what every C++ program starts
// with.
struct CommonCase {
  u64 bits;
  bool inexact;
  bool up;  // rounded away from zero
  bool valid;
};

// exp: of a number whose rounding can't leave the format's normal range.
template <Precision p>
constexpr bool is_well_inside(int exp) {
  constexpr Format format = formats[static_cast<unsigned>(p)];
  return exp > format.min_exp && exp < format.max_exp;
}

// Neither zero nor denormal, infinite or NaN.
constexpr bool is_normal(u64 bits) { return (((bits >> 52) + 1) & 0x7fe) != 0; }

inline u64 significand(u64 bits) { return (bits & fraction_bits) << 11 | top_bit; }
inline int exponent_of(u64 bits) { return static_cast<int>(bits >> 52 & 0x7ff) - 1023; }

// sig * 2^(exp - 63) to nearest, sig with its top bit set, its lowest bit standing for everything below.
template <Precision p>
CommonCase nearest(bool sign, int exp, u64 sig, bool valid) {
  constexpr int dropped = p == Precision::single ? 40 : 11;
  const u64 kept = sig >> dropped;
  const u64 rest = sig << (64 - dropped);
  const bool up = rest > top_bit - (kept & 1);
  // The leading bit of the significand adds one to the exponent field, a carry out of it another.
  const u64 magnitude = (static_cast<u64>(exp + 1022) << 52) + ((kept + up) << (dropped - 11));
  return {with_sign(magnitude, sign), rest != 0, up, valid && is_well_inside<p>(exp)};
}

// The host's result of a double operation, and how it compares with the exact one.
template <Precision p>
CommonCase from_host(u64 bits, bool inexact, bool up, bool valid) {
  const int exp = exponent_of(bits);
  if constexpr (p == Precision::double_) return {bits, inexact, up, valid && is_well_inside<p>(exp)};
  // The exact result is a hair above or below the significand that the host gives.
  const u64 sig = significand(bits) + inexact - 2 * up;
  return nearest<p>(is_negative(bits), exp, sig, valid);
}

// What the host's adder rounded away is known by Knuth's TwoSum, exactly.
template <Precision p>
CommonCase common_sum(u64 a, u64 b) {
  const double x = std::bit_cast<double>(a), y = std::bit_cast<double>(b);
  const double sum = x + y;
  const u64 bits = std::bit_cast<u64>(sum);
  const double y_part = sum - x;
  const double error = (x - (sum - y_part)) + (y - y_part);
  const bool inexact = error != 0;
  const bool up = inexact && is_negative(std::bit_cast<u64>(error) ^ bits);
  return from_host<p>(bits, inexact, up, true);
}

// The remainder of the host's quotient is less than the divisor in units of its last place, so that the low
// halves of dividend and product tell it.
template <Precision p>
CommonCase common_quotient(u64 a, u64 b) {
  const u64 quotient = std::bit_cast<u64>(std::bit_cast<double>(a) / std::bit_cast<double>(b));
  const int shift = 52 + exponent_of(a) - exponent_of(b) - exponent_of(quotient);
  const bool valid = is_normal(a) && is_normal(b) && is_normal(quotient);
  const u64 dividend = (significand(a) >> 11) << (shift & 63);
  const u64 product = (significand(quotient) >> 11) * (significand(b) >> 11);
  return from_host<p>(quotient, dividend != product, is_negative(dividend - product), valid);
}

template <Precision p>
CommonCase common_product(u64 a, u64 c) {
  const u128 product = u128{significand(a)} * significand(c);
  const u64 high = static_cast<u64>(product >> 64), low = static_cast<u64>(product);
  const int carry = static_cast<int>(high >> 63);
  const u64 sig = (high << (1 - carry)) | (low != 0);
  const int exp = exponent_of(a) + exponent_of(c) + carry;
  return nearest<p>(is_negative(a ^ c), exp, sig, is_normal(a) && is_normal(c));
}

// value / 2^distance for any distance >= 0, jammed.
inline u128 shifted_right(u128 value, int distance) {
  const int by = distance < 127 ? distance : 127;
  const u128 lost = value & ((u128{1} << by) - 1);
  return value >> by | (lost != 0);
}

// a * c + b. Product and addend are aligned at bits 125 and 124 of 128, so that the sum has a bit for its
// carry and one for its sign; the product has 20 bits free below, see AlignedSum for why jamming is enough.
template <Precision p>
CommonCase common_multiply_add(u64 a, u64 c, u64 b) {
  const u128 product = u128{significand(a) >> 1} * (significand(c) >> 1);
  const u128 addend = u128{significand(b)} << 61;
  const int product_exp = exponent_of(a) + exponent_of(c), addend_exp = exponent_of(b);
  const int distance = product_exp - addend_exp;
  const u128 x = shifted_right(product, distance < 0 ? -distance : 0);
  const u128 y = shifted_right(addend, distance > 0 ? distance : 0);
  const bool product_sign = is_negative(a ^ c), differ = is_negative(a ^ c ^ b);
  const u128 sum = differ ? x - y : x + y;
  const bool flip = static_cast<u64>(sum >> 64) >> 63;
  const u128 magnitude = flip ? 0 - sum : sum;
  const u64 high = static_cast<u64>(magnitude >> 64), low = static_cast<u64>(magnitude);
  const int leading = high ? std::countl_zero(high) : 64 + (low ? std::countl_zero(low) : 0);
  const u128 aligned = magnitude << leading;
  const u64 sig = static_cast<u64>(aligned >> 64) | (static_cast<u64>(aligned) != 0);
  const int exp = (distance < 0 ? addend_exp : product_exp) + 3 - leading;
  const bool valid = is_normal(a) && is_normal(c) && is_normal(b) && magnitude != 0;
  return nearest<p>(product_sign != flip, exp, sig, valid);
}

// What a valid case leaves. Only XX can have become 1, and with it FX and FEX.
inline Result finished(const CommonCase& c, u32 fpscr) {
  const u32 fi = u32{c.inexact} << 17, fr = u32{c.up} << 18;
  static_assert(fpscr::fi == 1u << 17 && fpscr::fr == 1u << 18 && fpscr::xx == fpscr::fi << 8);
  const u32 newly = fi << 8 & ~fpscr;
  u32 next = (fpscr & ~(fpscr::fprf | fpscr::fr | fpscr::fi)) |
             (fi << 8 | fi | fr | fpscr::fg << (c.bits >> 63) | newly << 6);
  static_assert(fpscr::xx << 6 == fpscr::fx && fpscr::fg << 1 == fpscr::fl);
  next |= (next & fpscr::xx) << 5 & (next & fpscr::xe) << 27;
  static_assert(fpscr::xx << 5 == fpscr::fex && fpscr::xe << 27 == fpscr::fex);
  return {c.bits, next, true, (next & fpscr::fex) != 0};
}

}  // namespace quince::ppc::fpu
