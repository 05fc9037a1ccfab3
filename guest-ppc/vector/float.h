// Single-precision arithmetic, exact to the bit (AltiVec PEM 3.2 and 4.2.2): round to nearest, one rounding
// per instruction, no exceptions. The host's MXCSR must be in its default state.
//
// NaNs: the first NaN among vA, vB, vC is the result, made quiet; an invalid operation gives 0x7fc00000.
// VSCR[NJ] = 1: a denormal operand counts as a zero of its sign; a result that before rounding is below
// 2^-126 is a zero of its sign. VSCR[NJ] = 0: denormals as in IEEE 754. (The MPC7400 then leaves most of them
// to software, through its AltiVec assist exception; the software's answer is what is computed here.)
#pragma once

#include "guest-ppc/vector/lanes.h"

namespace quince::ppc::vec {

// Rare or long; see float.cpp and estimate.cpp.
namespace detail {

// result, with each NaN lane replaced by what the rule above gives for the operands.
V128 choose_nans(const V128& result, Arg a, Arg b);
V128 choose_nans(const V128& result, Arg a, Arg b, Arg c);

}  // namespace detail

V128 vmaddfp(Arg a, Arg b, Arg c, Vscr vscr);   // a * c + b
V128 vnmsubfp(Arg a, Arg b, Arg c, Vscr vscr);  // -(a * c - b)

// To an integer: to nearest (even), towards zero, upwards, downwards. The sign of a zero is the operand's.
V128 vrfin(Arg b, Vscr vscr);
V128 vrfiz(Arg b, Vscr vscr);
V128 vrfip(Arg b, Vscr vscr);
V128 vrfim(Arg b, Vscr vscr);

// The estimates. The architecture grants 1/vB and 1/sqrt(vB) a relative error of 1/4096, 2^vB one of 1/16 and
// log2(vB) an absolute one of 1/32; the MPC7400's own results are not known to us. The first two are
// correctly rounded here, the others within 0.501 units in the last place and exact for integers and powers
// of two.
V128 vrefp(Arg b, Vscr vscr);
V128 vrsqrtefp(Arg b, Vscr vscr);
V128 vexptefp(Arg b, Vscr vscr);
V128 vlogefp(Arg b, Vscr vscr);

V128 vctuxs(Arg b, u32 uimm, Vscr& vscr);  // vB * 2^uimm, towards zero; NaN gives 0
V128 vctsxs(Arg b, u32 uimm, Vscr& vscr);

namespace detail {

inline constexpr u32 sign_bit = 0x8000'0000, exponent_bits = 0x7f80'0000, default_nan = 0x7fc0'0000;

inline Lanes<float> flush_denormals(Lanes<float> x) {
  const auto bits = recast<u32>(x);
  const auto small = recast<u32>((bits & exponent_bits) == 0u);
  return recast<float>(bits & (~small | sign_bit));
}
// An operand or a result as VSCR[NJ] lets it be.
inline Lanes<float> flush_if(Lanes<float> x, Vscr vscr) { return vscr & vscr_nj ? flush_denormals(x) : x; }

// An exact sum below 2^-126 is a denormal that needs no rounding, so the rounded result tells tiny ones.
template <class F>
inline V128 add_or_subtract(Arg a, Arg b, Vscr vscr, F f) {
  const auto result = f(flush_if(get<float>(a), vscr), flush_if(get<float>(b), vscr));
  if (any(result != result)) [[unlikely]]
    return choose_nans(put(flush_if(result, vscr)), a, b);
  return put(flush_if(result, vscr));
}

// a_wins: the lanes in which a is the result; zeros and NaNs are dealt with here. -0 is below +0.
template <class F>
inline V128 max_or_min(Arg a, Arg b, Vscr vscr, F a_wins) {
  const auto x = flush_if(get<float>(a), vscr), y = flush_if(get<float>(b), vscr);
  // Ordered like the floats they stand for, -0 below +0; NaNs are replaced below.
  const auto order = [](Lanes<float> v) {
    const auto bits = recast<i32>(v);
    return bits ^ (recast<i32>(bits < 0) & 0x7fff'ffff);
  };
  const auto take_a = recast<u32>(a_wins(order(x), order(y)));
  const auto result = recast<float>((recast<u32>(x) & take_a) | (recast<u32>(y) & ~take_a));
  const auto nan = recast<u32>(x != x) | recast<u32>(y != y);
  if (any(nan)) [[unlikely]]
    return choose_nans(put(recast<u32>(result) | (nan & default_nan)), a, b);
  return put(result);
}

template <class F>
inline V128 compare(Arg a, Arg b, Vscr vscr, F f) {
  return put(f(flush_if(get<float>(a), vscr), flush_if(get<float>(b), vscr)));
}

// 2^-uimm or 2^uimm, exact for 0..31.
inline float inverse_power(u32 uimm) { return 1.0f / static_cast<float>(1u << (uimm & 31)); }
inline double power(u32 uimm) { return static_cast<double>(1u << (uimm & 31)); }

}  // namespace detail

inline V128 vaddfp(Arg a, Arg b, Vscr vscr) {
  return detail::add_or_subtract(a, b, vscr, [](Lanes<float> x, Lanes<float> y) { return x + y; });
}
inline V128 vsubfp(Arg a, Arg b, Vscr vscr) {
  return detail::add_or_subtract(a, b, vscr, [](Lanes<float> x, Lanes<float> y) { return x - y; });
}

inline V128 vmaxfp(Arg a, Arg b, Vscr vscr) {
  return detail::max_or_min(a, b, vscr, [](Lanes<i32> x, Lanes<i32> y) { return x > y; });
}
inline V128 vminfp(Arg a, Arg b, Vscr vscr) {
  return detail::max_or_min(a, b, vscr, [](Lanes<i32> x, Lanes<i32> y) { return x < y; });
}

inline V128 vcmpeqfp(Arg a, Arg b, Vscr vscr) {
  return detail::compare(a, b, vscr, [](Lanes<float> x, Lanes<float> y) { return x == y; });
}
inline V128 vcmpgefp(Arg a, Arg b, Vscr vscr) {
  return detail::compare(a, b, vscr, [](Lanes<float> x, Lanes<float> y) { return x >= y; });
}
inline V128 vcmpgtfp(Arg a, Arg b, Vscr vscr) {
  return detail::compare(a, b, vscr, [](Lanes<float> x, Lanes<float> y) { return x > y; });
}
// Bit 0 of a word: a > b, bit 1: a < -b; a NaN is out of bounds both ways.
inline V128 vcmpbfp(Arg a, Arg b, Vscr vscr) {
  return detail::compare(a, b, vscr, [](Lanes<float> x, Lanes<float> y) {
    return (~recast<u32>(x <= y) & 0x8000'0000u) | (~recast<u32>(x >= -y) & 0x4000'0000u);
  });
}

// Integers, rounded to single once; the division by 2^uimm is exact.
inline V128 vcfux(Arg b, u32 uimm) {
  const auto x = get<u32>(b);
  return put(get<float>(generate<float>([&](unsigned i) { return static_cast<float>(x[i]); })) *
             detail::inverse_power(uimm));
}
inline V128 vcfsx(Arg b, u32 uimm) {
  const auto x = get<i32>(b);
  return put(get<float>(generate<float>([&](unsigned i) { return static_cast<float>(x[i]); })) *
             detail::inverse_power(uimm));
}

}  // namespace quince::ppc::vec
