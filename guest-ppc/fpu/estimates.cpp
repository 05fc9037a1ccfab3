// fres and frsqrte as the 750 and its successors compute them: one linear piece per segment of the operand's
// significand.
//
// The significand of 1/x (or 1/sqrt(x)) is base - slope * position, in units of 2^-23 (2^-26); position
// counts the ten (eleven) significand bits after those that choose the segment. The numbers are facts about
// the chip, but hardly arbitrary ones, and the tests hold them to this:
//  - A slope is that of the secant of the curve over the segment, in half units for fres. It is rounded to
//    the nearest integer, or to an even one for the first half of the frsqrte table, whose segments are half
//    as wide. From x = 1.6875 on, two neighbouring fres segments share the secant of both. The last slope of
//    each table is the largest that keeps the significand from falling below 1.
//  - A base moves the secant down by half its greatest distance from the curve, so that the error is as large
//    on either side; it is a multiple of 2^9 (2^11), at most two of those off the ideal.
#include <array>

#include "guest-ppc/fpu/round.h"

namespace quince::ppc::fpu {
namespace {

struct Segment {
  u32 base;  // fraction at the left end
  u32 slope;
};

// Segment i begins at x = 1 + i/32.
constexpr std::array<Segment, 32> reciprocal_segments{{
    {0x7ff800, 993}, {0x783800, 935}, {0x70ea00, 881}, {0x6a0800, 832}, {0x638800, 787}, {0x5d6200, 746},
    {0x579000, 708}, {0x520800, 672}, {0x4cc800, 639}, {0x47ca00, 609}, {0x430800, 581}, {0x3e8000, 554},
    {0x3a2c00, 530}, {0x360800, 507}, {0x321400, 485}, {0x2e4a00, 465}, {0x2aa800, 446}, {0x272c00, 428},
    {0x23d600, 411}, {0x209e00, 395}, {0x1d8800, 380}, {0x1a9000, 366}, {0x17ae00, 347}, {0x14f800, 347},
    {0x124400, 323}, {0x0fbe00, 323}, {0x0d3800, 301}, {0x0ade00, 301}, {0x088400, 282}, {0x065000, 282},
    {0x041c00, 264}, {0x020c00, 262},
}};

// Segments 0..15 are x = 1 + i/16, for an even exponent; 16..31 are x = 2 + (i - 16)/8, for an odd one.
constexpr std::array<Segment, 32> rsqrt_segments{{
    {0x3ffa000, 1956}, {0x3c29000, 1792}, {0x38aa000, 1648}, {0x3572000, 1522}, {0x3279000, 1412},
    {0x2fb7000, 1316}, {0x2d26000, 1228}, {0x2ac0000, 1150}, {0x2881000, 1082}, {0x2665000, 1018},
    {0x2468000, 962},  {0x2287000, 910},  {0x20c1000, 862},  {0x1f12000, 818},  {0x1d79000, 778},
    {0x1bf4000, 742},  {0x1a7e800, 1384}, {0x17cb800, 1267}, {0x1552800, 1165}, {0x130c000, 1077},
    {0x10f2000, 999},  {0x0eff000, 930},  {0x0d2e000, 869},  {0x0b7c000, 814},  {0x09e5000, 764},
    {0x0867000, 720},  {0x06ff000, 680},  {0x05ab800, 643},  {0x046a000, 609},  {0x0339800, 579},
    {0x0218800, 550},  {0x0105800, 523},
}};

// FR is always 0, and so is FI of frsqrte: the architecture leaves both undefined.

u64 packed(bool sign, int exp, u64 sig) {
  return with_sign(exponent_field(exp + 1023) << 52 | (sig >> 11 & fraction_bits), sign);
}

// 1/x in half units of the last place of a single, 2^24 <= value < 2^25, for a significand of x.
u64 reciprocal_significand(u64 sig) {
  const Segment& s = reciprocal_segments[sig >> 58 & 31];
  const u32 position = sig >> 48 & 0x3ff;
  return u64{1} << 24 | (2 * s.base - s.slope * position);
}

// Everything below the last place is cut off, which shows in FI but not in XX: the 750CL does so, for a
// result in range as well as for a denormal one.
struct Truncated {
  u64 sig;
  u32 fi;
};
Truncated truncated(u64 half_units, int distance) {
  const u64 kept = distance < 32 ? half_units >> (1 + distance) : 0;
  const bool exact = distance < 32 && kept << (1 + distance) == half_units;
  return {kept, exact ? 0 : fpscr::fi};
}

constexpr int single_min_exp = -126, single_max_exp = 127, single_adjust = 192;
constexpr u64 largest_single = 0x47ef'ffff'e000'0000;

Result normal_reciprocal(bool sign, int exp, u64 half_units, u32 raised, u32 fpscr) {
  const Truncated t = truncated(half_units, 0);
  return written(packed(sign, exp, t.sig << 40), normal_class(sign) | t.fi, raised, fpscr);
}

Result tiny_reciprocal(bool sign, int exp, u64 half_units, u32 fpscr, Quirks quirks) {
  if (fpscr & fpscr::ue) return normal_reciprocal(sign, exp + single_adjust, half_units, fpscr::ux, fpscr);
  if ((fpscr & fpscr::ni) && quirks.ni_flushes_denormals) {
    return written(with_sign(0, sign), zero_class(sign) | fpscr::fi, fpscr::ux, fpscr);
  }
  const Truncated t = truncated(half_units, single_min_exp - exp);
  const u32 raised = t.fi ? fpscr::ux : 0;
  if (t.sig == 0) return written(with_sign(0, sign), zero_class(sign) | t.fi, raised, fpscr);
  const int leading = std::countl_zero(t.sig);
  const u64 bits = packed(sign, single_min_exp + 40 - leading, t.sig << leading);
  return written(bits, denormal_class(sign) | t.fi, raised, fpscr);
}

Result overflowed_reciprocal(bool sign, int exp, u64 half_units, u32 fpscr) {
  if (fpscr & fpscr::oe) return normal_reciprocal(sign, exp - single_adjust, half_units, fpscr::ox, fpscr);
  return written(with_sign(largest_single, sign), normal_class(sign) | fpscr::fi, fpscr::ox, fpscr);
}

u64 rsqrt_significand(const Exact& x) {
  const bool odd_exponent = x.exp & 1;
  const Segment& s = rsqrt_segments[(odd_exponent ? 16 : 0) + (x.sig >> 59 & 15)];
  const u32 position = x.sig >> 48 & 0x7ff;
  return top_bit | u64{s.base - s.slope * position} << 37;
}

}  // namespace

// Overflow gives the largest single in every rounding mode.
Result reciprocal_estimate(u64 b, u32 fpscr, Quirks quirks) {
  if (is_nan(b)) return nan_result(b, b, b, Precision::single, 0, fpscr);
  const bool sign = is_negative(b);
  if (is_infinite(b)) return exact_zero(sign, fpscr);
  if (is_zero(b)) return zero_divide(sign, fpscr);
  const Exact x = unpack(b);
  const int exp = -1 - x.exp;
  const u64 half_units = reciprocal_significand(x.sig);
  if (exp > single_max_exp) return overflowed_reciprocal(sign, exp, half_units, fpscr);
  if (exp < single_min_exp) return tiny_reciprocal(sign, exp, half_units, fpscr, quirks);
  return normal_reciprocal(sign, exp, half_units, 0, fpscr);
}

Result rsqrt_estimate(u64 b, u32 fpscr, Quirks) {
  if (is_nan(b)) return nan_result(b, b, b, Precision::double_, 0, fpscr);
  if (is_zero(b)) return zero_divide(is_negative(b), fpscr);
  if (is_negative(b)) return invalid(fpscr::vxsqrt, default_nan, fpscr);
  if (is_infinite(b)) return exact_zero(false, fpscr);
  const Exact x = unpack(b);
  const int exp = -1 - (x.exp >> 1);
  return written(packed(false, exp, rsqrt_significand(x)), normal_class(false), 0, fpscr);
}

}  // namespace quince::ppc::fpu
