// From an exact result to a register and the flags that rounding sets (PEM 3.3.5, 3.3.6.2).
#pragma once

#include <bit>

#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {

// Exponents are those of a significand in [1, 2). adjust is what an enabled overflow or underflow takes from
// or adds to the exponent of the result.
struct Format {
  int precision, min_exp, max_exp, adjust;
  u64 largest;
};
inline constexpr Format formats[] = {
    {24, -126, 127, 192, 0x47ef'ffff'e000'0000},
    {53, -1022, 1023, 1536, 0x7fef'ffff'ffff'ffff},
};
inline const Format& format_of(Precision p) { return formats[static_cast<unsigned>(p)]; }

// Whether rounding to a multiple of a unit makes the magnitude larger. half: of that unit; odd: the bit of
// weight unit is set; rest: what is below it.
inline bool rounds_up(Rounding mode, bool sign, u64 rest, u64 half, bool odd) {
  switch (mode) {
    case Rounding::nearest_even: return rest > half || (rest == half && odd);
    case Rounding::toward_zero: return false;
    case Rounding::upward: return !sign && rest != 0;
    default: return sign && rest != 0;
  }
}

// Rounded to a format's precision, the exponent still unbounded. The top bit of sig is clear in a denormal,
// and where a carry has made a power of two: then sig is 0.
struct Rounded {
  bool sign;
  int exp;
  u64 sig;
  u32 fr_fi;  // FR, FI
};

inline Rounded round(const Exact& exact, const Format& format, u32 fpscr) {
  const u64 unit = u64{1} << (64 - format.precision);
  const u64 rest = exact.sig & (unit - 1);
  const bool up = rounds_up(rounding_mode(fpscr), exact.sign, rest, unit / 2, (exact.sig & unit) != 0);
  const u64 sig = exact.sig - rest + (up ? unit : 0);
  const u32 fr_fi = (rest != 0 ? fpscr::fi : 0) | (up ? fpscr::fr : 0);
  return {exact.sign, exact.exp + (sig == 0 ? 1 : 0), sig, fr_fi};
}

inline u64 with_sign(u64 bits, bool sign) { return bits | u64{sign} << 63; }

// The exponent field for a biased exponent. An enabled exception can leave it outside the format of a
// register (only with extreme double operands of single-precision instructions); the architecture says
// nothing of that, and a 604 was seen to form bit 10 as below. It makes no difference to exponents in range.
inline u64 exponent_field(int biased) {
  const u64 e = static_cast<u64>(biased);
  return (e & 0x3ff) | (((e >> 11) ^ (e >> 10)) & 1) << 10;
}

inline Result normal(const Rounded& r, bool negate, u32 raised, u32 fpscr) {
  const bool sign = r.sign != negate;
  const u64 bits = with_sign(exponent_field(r.exp + 1023) << 52 | (r.sig >> 11 & fraction_bits), sign);
  const u32 inexact = (r.fr_fi & fpscr::fi) << 8;
  static_assert(fpscr::fi << 8 == fpscr::xx);
  return written(bits, normal_class(sign) | r.fr_fi, raised | inexact, fpscr);
}

// The rare ends of the range.
Result underflow(Exact exact, Precision precision, bool negate, u32 fpscr, Quirks quirks);
Result overflow(Rounded r, Precision precision, bool negate, u32 fpscr);

// negate: change the sign after rounding (fnmadd, fnmsub).
inline Result round_and_pack(const Exact& exact, Precision precision, bool negate, u32 fpscr, Quirks quirks) {
  const Format& format = format_of(precision);
  if (exact.exp < format.min_exp) [[unlikely]]
    return underflow(exact, precision, negate, fpscr, quirks);
  const Rounded r = round(exact, format, fpscr);
  if (r.exp > format.max_exp) [[unlikely]]
    return overflow(r, precision, negate, fpscr);
  return normal(r, negate, 0, fpscr);
}

}  // namespace quince::ppc::fpu
