#include "guest-ppc/fpu/round.h"

namespace quince::ppc::fpu {
namespace {

// Exponents are those of a significand in [1, 2). adjust is what an enabled overflow or underflow adds to or
// takes from the exponent of the result.
struct Format {
  int precision, min_exp, max_exp, adjust;
  u64 largest;
};
constexpr Format formats[] = {
    {24, -126, 127, 192, 0x47ef'ffff'e000'0000},
    {53, -1022, 1023, 1536, 0x7fef'ffff'ffff'ffff},
};

// Rounded to the format's precision, the exponent still unbounded.
struct Rounded {
  bool sign;
  int exp;
  u64 sig;     // the top bit is clear only in a denormal or zero
  u32 fr_fi;   // FR, FI
  u32 raised;  // exception bits
};

Rounded round(const Exact& exact, const Format& format, u32 fpscr) {
  const u64 unit = u64{1} << (64 - format.precision);
  const u64 rest = exact.sig & (unit - 1);
  const bool up = rounds_up(rounding_mode(fpscr), exact.sign, rest, unit / 2, exact.sig & unit);
  Rounded r{exact.sign, exact.exp, exact.sig - rest, 0, 0};
  if (rest) {
    r.fr_fi = fpscr::fi;
    r.raised = fpscr::xx;
  }
  if (up) {
    r.fr_fi |= fpscr::fr;
    r.sig += unit;
    if (r.sig == 0) {
      r.sig = top_bit;
      ++r.exp;
    }
  }
  return r;
}

u64 with_sign(u64 bits, bool sign) { return bits | (sign ? sign_bit : 0); }

// A normal number. Exponents that an enabled exception has left outside even the double format (only extreme
// double operands of single-precision instructions can) wrap around; the architecture says nothing of them.
Result normal(const Rounded& r, bool negate, u32 fpscr) {
  const bool sign = r.sign != negate;
  const u64 biased = static_cast<u64>(r.exp + 1023) & 0x7ff;
  const u64 bits = with_sign(biased << 52 | (r.sig >> 11 & fraction_bits), sign);
  return written(bits, normal_class(sign) | r.fr_fi, r.raised, fpscr);
}

Result overflow(Rounded r, const Format& format, bool negate, u32 fpscr) {
  r.raised |= fpscr::ox;
  if (fpscr & fpscr::oe) {
    r.exp -= format.adjust;
    return normal(r, negate, fpscr);
  }
  // FR, which the PEM calls undefined here, tells whether the fraction was rounded up, as on the 750CL.
  const bool sign = r.sign != negate;
  const u32 fr_fi = r.fr_fi | fpscr::fi;
  r.raised |= fpscr::xx;
  if (rounds_up(rounding_mode(fpscr), r.sign, 3, 2, true)) {
    return written(with_sign(infinity_bits, sign), infinity_class(sign) | fr_fi, r.raised, fpscr);
  }
  return written(with_sign(format.largest, sign), normal_class(sign) | fr_fi, r.raised, fpscr);
}

// Double bits of a denormal of the format: one of double precision has the exponent field 0, one of single
// precision is an ordinary number in a register.
u64 denormal_bits(const Rounded& r, Precision precision) {
  if (precision == Precision::double_) return r.sig >> 11;
  const int leading = std::countl_zero(r.sig);
  const u64 biased = static_cast<u64>(r.exp - leading + 1023);
  return biased << 52 | (r.sig << leading >> 11 & fraction_bits);
}

// Tininess is detected before rounding.
Result underflow(Exact exact, Precision precision, bool negate, u32 fpscr, Quirks quirks) {
  const Format& format = formats[static_cast<unsigned>(precision)];
  if (fpscr & fpscr::ue) {
    exact.exp += format.adjust;
    Rounded r = round(exact, format, fpscr);
    r.raised |= fpscr::ux;
    return normal(r, negate, fpscr);
  }
  const bool sign = exact.sign != negate;
  if ((fpscr & fpscr::ni) && quirks.ni_flushes_denormals) {
    return written(with_sign(0, sign), zero_class(sign) | fpscr::fi, fpscr::ux | fpscr::xx, fpscr);
  }
  exact.sig = shift_right_jam(exact.sig, format.min_exp - exact.exp);
  exact.exp = format.min_exp;
  Rounded r = round(exact, format, fpscr);
  if (r.raised) r.raised |= fpscr::ux;
  if (r.sig & top_bit) return normal(r, negate, fpscr);
  if (r.sig == 0) return written(with_sign(0, sign), zero_class(sign) | r.fr_fi, r.raised, fpscr);
  const u64 bits = with_sign(denormal_bits(r, precision), sign);
  return written(bits, denormal_class(sign) | r.fr_fi, r.raised, fpscr);
}

}  // namespace

Result round_and_pack(const Exact& exact, Precision precision, bool negate, u32 fpscr, Quirks quirks) {
  const Format& format = formats[static_cast<unsigned>(precision)];
  if (exact.exp < format.min_exp) [[unlikely]]
    return underflow(exact, precision, negate, fpscr, quirks);
  const Rounded r = round(exact, format, fpscr);
  if (r.exp > format.max_exp) [[unlikely]]
    return overflow(r, format, negate, fpscr);
  return normal(r, negate, fpscr);
}

}  // namespace quince::ppc::fpu
