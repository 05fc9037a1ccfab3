// Taking registers apart, and the flag word put together: what the files of this folder share. Not for
// others.
#pragma once

#include "guest-ppc/fpu/fpu.h"
#include "guest-ppc/types.h"

namespace quince::ppc::fpu {

inline constexpr u64 sign_bit = u64{1} << 63;
inline constexpr u64 quiet_bit = u64{1} << 51;
inline constexpr u64 fraction_bits = (u64{1} << 52) - 1;
inline constexpr u64 infinity_bits = u64{0x7ff} << 52;
inline constexpr u64 default_nan = u64{0x7ff8} << 48;
inline constexpr u64 top_bit = u64{1} << 63;

constexpr bool is_negative(u64 bits) { return bits >> 63 != 0; }
constexpr bool is_nan(u64 bits) { return (bits & ~sign_bit) > infinity_bits; }
constexpr bool is_signalling(u64 bits) { return is_nan(bits) && !(bits & quiet_bit); }
constexpr bool is_infinite(u64 bits) { return (bits & ~sign_bit) == infinity_bits; }
constexpr bool is_zero(u64 bits) { return (bits & ~sign_bit) == 0; }
constexpr bool is_finite(u64 bits) { return (bits & infinity_bits) != infinity_bits; }

// FPRF values (PEM table 3-10), in place.
namespace result_class {
inline constexpr u32 quiet_nan = fpscr::c | fpscr::fu, positive_infinity = fpscr::fg | fpscr::fu,
                     negative_infinity = fpscr::fl | fpscr::fu, positive_normal = fpscr::fg,
                     negative_normal = fpscr::fl, positive_denormal = fpscr::c | fpscr::fg,
                     negative_denormal = fpscr::c | fpscr::fl, positive_zero = fpscr::fe,
                     negative_zero = fpscr::c | fpscr::fe;
}
constexpr u32 normal_class(bool sign) {
  return sign ? result_class::negative_normal : result_class::positive_normal;
}
constexpr u32 denormal_class(bool sign) {
  return sign ? result_class::negative_denormal : result_class::positive_denormal;
}
constexpr u32 zero_class(bool sign) {
  return sign ? result_class::negative_zero : result_class::positive_zero;
}
constexpr u32 infinity_class(bool sign) {
  return sign ? result_class::negative_infinity : result_class::positive_infinity;
}

// A result that is written: its class, FR and FI replace the old ones, `raised` are exception bits.
inline Result written(u64 bits, u32 class_fr_fi, u32 raised, u32 fpscr) {
  u32 next = (fpscr & ~(fpscr::fprf | fpscr::fr | fpscr::fi)) | class_fr_fi;
  next = with_exceptions(next, raised);
  return {bits, next, true, (next & fpscr::fex) != 0};
}

// frD keeps its value, FPRF too; FR and FI are cleared (PEM tables 3-12 and 3-13).
inline Result not_written(u32 raised, u32 fpscr) {
  const u32 next = with_exceptions(fpscr & ~(fpscr::fr | fpscr::fi), raised);
  return {0, next, false, (next & fpscr::fex) != 0};
}

inline Result exact_zero(bool sign, u32 fpscr) {
  return written(sign ? sign_bit : 0, zero_class(sign), 0, fpscr);
}
inline Result exact_infinity(bool sign, u32 fpscr) {
  return written(infinity_bits | (sign ? sign_bit : 0), infinity_class(sign), 0, fpscr);
}

// An invalid operation for one or more causes; nan is the (quiet) result if VE = 0.
inline Result invalid(u32 causes, u64 nan, u32 fpscr) {
  if (fpscr & fpscr::ve) return not_written(causes, fpscr);
  return written(nan, result_class::quiet_nan, causes, fpscr);
}

// A finite number, not zero, divided by zero.
inline Result zero_divide(bool sign, u32 fpscr) {
  if (fpscr & fpscr::ze) return not_written(fpscr::zx, fpscr);
  return written(infinity_bits | (sign ? sign_bit : 0), infinity_class(sign), fpscr::zx, fpscr);
}

// What an operand that is a NaN becomes: quiet, and of single precision where the result is one.
inline u64 quieted(u64 nan, Precision precision) {
  const u64 quiet = nan | quiet_bit;
  return precision == Precision::single ? quiet >> 29 << 29 : quiet;
}

// The result of an operation with a NaN among its operands, given in the order of choice frA, frB, frC;
// causes are those found besides a signalling NaN.
Result nan_result(u64 first, u64 second, u64 third, Precision precision, u32 causes, u32 fpscr);

}  // namespace quince::ppc::fpu
