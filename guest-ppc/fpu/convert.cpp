// frsp, fctiw, fctiwz, and the conversions of loads and stores (PEM 8.2, appendix C and D).
#include "guest-ppc/fpu/round.h"

namespace quince::ppc::fpu {
namespace {

Result converted(u32 integer, bool negative, u32 fr_fi, u32 fpscr) {
  const u64 high = negative && integer == 0 ? 0xfff8'0001 : 0xfff8'0000;
  u32 next = (fpscr & ~(fpscr::fr | fpscr::fi)) | fr_fi;
  next = with_exceptions(next, fr_fi & fpscr::fi ? fpscr::xx : 0);
  return {high << 32 | integer, next, true, (next & fpscr::fex) != 0};
}

// Out of range or a NaN: the nearest integer, the most negative one for a NaN. FPRF stays.
Result not_convertible(u32 integer, u32 causes, u32 fpscr) {
  Result r = not_written(fpscr::vxcvi | causes, fpscr);
  r.bits = u64{0xfff8'0000} << 32 | integer;
  r.write = !(fpscr & fpscr::ve);
  return r;
}

constexpr u32 most_positive = 0x7fff'ffff, most_negative = 0x8000'0000;

}  // namespace

Result round_to_single(u64 b, u32 fpscr, Quirks quirks) {
  if (is_nan(b)) return nan_result(b, b, b, Precision::single, 0, fpscr);
  if (is_infinite(b)) return exact_infinity(is_negative(b), fpscr);
  if (is_zero(b)) return exact_zero(is_negative(b), fpscr);
  return round_and_pack(unpack(b), Precision::single, false, fpscr, quirks);
}

Result to_int32(u64 b, bool toward_zero, u32 fpscr) {
  if (is_nan(b)) return not_convertible(most_negative, is_signalling(b) ? fpscr::vxsnan : 0, fpscr);
  const bool sign = is_negative(b);
  if (is_zero(b)) return converted(0, sign, 0, fpscr);
  const u32 nearest_integer = sign ? most_negative : most_positive;
  if (is_infinite(b)) return not_convertible(nearest_integer, 0, fpscr);
  const Exact exact = unpack(b);
  if (exact.exp > 31) return not_convertible(nearest_integer, 0, fpscr);
  // 32.32 fixed point.
  const u64 fixed = shift_right_jam(exact.sig, 31 - exact.exp);
  const u64 rest = fixed & 0xffff'ffff;
  const Rounding mode = toward_zero ? Rounding::toward_zero : rounding_mode(fpscr);
  const bool up = rounds_up(mode, sign, rest, 0x8000'0000, fixed >> 32 & 1);
  const u64 magnitude = (fixed >> 32) + (up ? 1 : 0);
  if (magnitude > u64{nearest_integer}) return not_convertible(nearest_integer, 0, fpscr);
  const u32 integer = static_cast<u32>(sign ? 0 - magnitude : magnitude);
  return converted(integer, sign, (rest ? fpscr::fi : 0) | (up ? fpscr::fr : 0), fpscr);
}

u64 load_single(u32 bits) {
  const u64 sign = u64{bits >> 31} << 63;
  const u64 exponent = bits >> 23 & 0xff;
  const u64 fraction = bits & 0x7f'ffff;
  if (exponent == 0xff) return sign | infinity_bits | fraction << 29;
  if (exponent != 0) return sign | (exponent + 896) << 52 | fraction << 29;
  if (fraction == 0) return sign;
  const int leading = std::countl_zero(fraction);  // 41..63: the implicit bit goes to bit 52
  return sign | static_cast<u64>(896 - (leading - 41)) << 52 | (fraction << (leading - 11) & fraction_bits);
}

u32 store_single(u64 bits) {
  const unsigned exponent = static_cast<unsigned>(bits >> 52 & 0x7ff);
  const u32 sign = static_cast<u32>(bits >> 32) & 0x8000'0000;
  if (exponent >= 874 && exponent <= 896) {
    const u32 significand = static_cast<u32>((bits & fraction_bits) >> 29) | 0x80'0000;
    return sign | significand >> (897 - exponent);
  }
  return (static_cast<u32>(bits >> 32) & 0xc000'0000) | (static_cast<u32>(bits >> 29) & 0x3fff'ffff);
}

}  // namespace quince::ppc::fpu
