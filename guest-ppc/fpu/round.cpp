#include "guest-ppc/fpu/round.h"

namespace quince::ppc::fpu {
namespace {

// A denormal of double precision has the exponent field 0, one of single precision is an ordinary number in a
// register. exp: that of the format's smallest normal number.
u64 denormal_bits(const Rounded& r, Precision precision) {
  if (precision == Precision::double_) return r.sig >> 11;
  const int leading = std::countl_zero(r.sig);
  const int biased = r.exp - leading + 1023;
  return static_cast<u64>(biased) << 52 | (r.sig << leading >> 11 & fraction_bits);
}

u32 exceptions_of(const Rounded& r) { return r.fr_fi & fpscr::fi ? fpscr::ux | fpscr::xx : 0; }

}  // namespace

// Tininess is detected before rounding.
Result underflow(Exact exact, Precision precision, bool negate, u32 fpscr, Quirks quirks) {
  const Format& format = format_of(precision);
  if (fpscr & fpscr::ue) {
    exact.exp += format.adjust;
    return normal(round(exact, format, fpscr), negate, fpscr::ux, fpscr);
  }
  const bool sign = exact.sign != negate;
  if ((fpscr & fpscr::ni) && quirks.ni_flushes_denormals) {
    return written(with_sign(0, sign), zero_class(sign) | fpscr::fi, fpscr::ux | fpscr::xx, fpscr);
  }
  exact.sig = shift_right_jam(exact.sig, format.min_exp - exact.exp);
  exact.exp = format.min_exp;
  const Rounded r = round(exact, format, fpscr);
  const u32 raised = exceptions_of(r);
  if (r.sig & top_bit) return normal(r, negate, raised, fpscr);
  if (r.sig == 0) return written(with_sign(0, sign), zero_class(sign) | r.fr_fi, raised, fpscr);
  const u64 bits = with_sign(denormal_bits(r, precision), sign);
  return written(bits, denormal_class(sign) | r.fr_fi, raised, fpscr);
}

Result overflow(Rounded r, Precision precision, bool negate, u32 fpscr) {
  const Format& format = format_of(precision);
  if (fpscr & fpscr::oe) {
    r.exp -= format.adjust;
    return normal(r, negate, fpscr::ox, fpscr);
  }
  // FR, which the PEM calls undefined here, tells whether the fraction was rounded up, as on the 750CL.
  const bool sign = r.sign != negate;
  const u32 fr_fi = r.fr_fi | fpscr::fi;
  constexpr u32 raised = fpscr::ox | fpscr::xx;
  const bool away = rounds_up(rounding_mode(fpscr), r.sign, 3, 2, true);
  if (away) return written(with_sign(infinity_bits, sign), infinity_class(sign) | fr_fi, raised, fpscr);
  return written(with_sign(format.largest, sign), normal_class(sign) | fr_fi, raised, fpscr);
}

}  // namespace quince::ppc::fpu
