#include "tests/fpu/mpfr_model.h"

#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace quince::test {
namespace {

constexpr std::uint32_t FX = 1u << 31, FEX = 1u << 30, VX = 1u << 29, OX = 1u << 28, UX = 1u << 27,
                        ZX = 1u << 26, XX = 1u << 25, VXISI = 1u << 23, VXIDI = 1u << 22, VXZDZ = 1u << 21,
                        VXIMZ = 1u << 20, FR = 1u << 18, FI = 1u << 17, FPRF = 0x1f000, VXCVI = 1u << 8,
                        VE = 1u << 7, OE = 1u << 6, UE = 1u << 5, ZE = 1u << 4, XE = 1u << 3;
constexpr std::uint32_t any_invalid = 0x01f8'0700;

constexpr mpfr_rnd_t modes[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};
mpfr_rnd_t mode_of(const FpCase& c) { return modes[c.fpscr & 3]; }

bool negates(FpOp op) { return op == FpOp::nmadd || op == FpOp::nmsub; }
bool multiplies(FpOp op) { return op == FpOp::mul || (op >= FpOp::madd && op <= FpOp::nmsub); }

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
double value_of(std::uint64_t bits) { return std::bit_cast<double>(bits); }

// FPRF by the class of the result: C < > = ?
std::uint32_t class_of(double value, double smallest_normal) {
  if (std::isnan(value)) return 0x11000;
  const bool minus = std::signbit(value);
  if (std::isinf(value)) return minus ? 0x9000 : 0x5000;
  if (value == 0) return minus ? 0x12000 : 0x2000;
  const std::uint32_t sign = minus ? 0x8000 : 0x4000;
  return std::fabs(value) < smallest_normal ? sign | 0x10000 : sign;
}

std::uint32_t summarised(std::uint32_t before, std::uint32_t after) {
  if (after & ~before & (OX | UX | ZX | XX | any_invalid)) after |= FX;
  after &= ~(VX | FEX);
  if (after & any_invalid) after |= VX;
  const bool enabled = ((after & VX) && (after & VE)) || ((after & OX) && (after & OE)) ||
                       ((after & UX) && (after & UE)) || ((after & ZX) && (after & ZE)) ||
                       ((after & XX) && (after & XE));
  return enabled ? after | FEX : after;
}

FpOutcome written(const FpCase& c, double value, std::uint32_t fprf, std::uint32_t flags) {
  const std::uint32_t after = (c.fpscr & ~(FPRF | FR | FI)) | fprf | flags;
  return {true, true, bits_of(value), summarised(c.fpscr, after)};
}

FpOutcome suppressed(const FpCase& c, std::uint32_t flags) {
  return {true, false, 0, summarised(c.fpscr, (c.fpscr & ~(FR | FI)) | flags)};
}

FpOutcome invalid(const FpCase& c, std::uint32_t cause) {
  if (c.fpscr & VE) return suppressed(c, cause);
  return written(c, value_of(0x7ff8'0000'0000'0000), 0x11000, cause);
}

}  // namespace

struct MpfrModel::Format {
  int precision;
  long min_exp, max_exp, adjust;
  double smallest_normal, largest;
};

struct MpfrModel::Rounded {
  mpfr_ptr value;
  int ternary;  // sign of value - exact
};

MpfrModel::MpfrModel() {
  for (mpfr_ptr x : {a_, c_, b_, double_, work_}) mpfr_init2(x, 53);
  mpfr_init2(single_, 24);
}

MpfrModel::~MpfrModel() {
  for (mpfr_ptr x : {a_, c_, b_, double_, work_, single_}) mpfr_clear(x);
}

// 25 bits, half away from zero: away if the 26th bit is 1, else toward zero.
static void narrow(mpfr_ptr x, mpfr_ptr work) {
  if (!mpfr_regular_p(x)) return;
  mpfr_set_prec(work, 26);
  mpfr_set(work, x, MPFR_RNDZ);
  const bool half = mpfr_min_prec(work) == 26;
  mpfr_set_prec(work, 25);
  mpfr_set(work, x, half ? MPFR_RNDA : MPFR_RNDZ);
  mpfr_set(x, work, MPFR_RNDZ);
}

void MpfrModel::load(const FpCase& c) {
  mpfr_set_d(a_, value_of(c.a), MPFR_RNDN);
  mpfr_set_d(c_, value_of(c.c), MPFR_RNDN);
  mpfr_set_d(b_, value_of(c.b), MPFR_RNDN);
  if (c.op == FpOp::sub || c.op == FpOp::msub || c.op == FpOp::nmsub) mpfr_neg(b_, b_, MPFR_RNDN);
  if (c.single && c.narrow_frc && multiplies(c.op)) narrow(c_, work_);
}

int MpfrModel::compute(mpfr_ptr result, FpOp op, mpfr_rnd_t mode) {
  switch (op) {
    case FpOp::add:
    case FpOp::sub: return mpfr_add(result, a_, b_, mode);
    case FpOp::mul: return mpfr_mul(result, a_, c_, mode);
    case FpOp::div: return mpfr_div(result, a_, b_, mode);
    case FpOp::round_to_single: return mpfr_set(result, b_, mode);
    default: return mpfr_fma(result, a_, c_, b_, mode);
  }
}

FpOutcome MpfrModel::run(const FpCase& c) {
  load(c);
  return c.op >= FpOp::to_int ? to_int(c) : arithmetic(c);
}

FpOutcome MpfrModel::arithmetic(const FpCase& c) {
  static const Format formats[] = {
      {53, -1022, 1023, 1536, std::numeric_limits<double>::min(), std::numeric_limits<double>::max()},
      {24, -126, 127, 192, std::numeric_limits<float>::min(), std::numeric_limits<float>::max()}};
  const Format& format = formats[c.single];
  mpfr_t& truncated = c.single ? single_ : double_;
  compute(truncated, c.op, MPFR_RNDZ);
  if (mpfr_regular_p(truncated)) return finite(c, format, mpfr_get_exp(truncated) - 1);
  if (mpfr_nan_p(truncated)) {
    if (c.op == FpOp::div) return invalid(c, mpfr_zero_p(a_) ? VXZDZ : VXIDI);
    if (!multiplies(c.op)) return invalid(c, VXISI);
    mpfr_mul(work_, a_, c_, MPFR_RNDN);
    return invalid(c, mpfr_nan_p(work_) ? VXIMZ : VXISI);
  }
  if (c.op == FpOp::div && mpfr_zero_p(b_) && !mpfr_inf_p(a_)) {
    if (c.fpscr & ZE) return suppressed(c, ZX);
    const double infinity = mpfr_get_d(truncated, MPFR_RNDN);
    return written(c, infinity, class_of(infinity, 0), ZX);
  }
  // An infinity or a zero, exactly; MPFR knows the sign of x - x.
  compute(truncated, c.op, mode_of(c));
  const double value = mpfr_get_d(truncated, MPFR_RNDN);
  const double result = negates(c.op) ? -value : value;
  return written(c, result, class_of(result, 0), 0);
}

// exponent: of the exact result.
MpfrModel::Rounded MpfrModel::round(const FpCase& c, const Format& format, long exponent) {
  const bool denormal = exponent < format.min_exp && !(c.fpscr & UE);
  const long precision = format.precision - (denormal ? format.min_exp - exponent : 0);
  if (precision == format.precision) {
    mpfr_t& result = c.single ? single_ : double_;
    return {result, compute(result, c.op, mode_of(c))};
  }
  mpfr_set_prec(work_, precision >= 1 ? precision : 2);
  if (precision >= 1) return {work_, compute(work_, c.op, mode_of(c))};
  // Below the smallest denormal: that one or zero.
  const bool inexact = compute(work_, c.op, MPFR_RNDZ) != 0;
  const bool minus = mpfr_signbit(work_);
  const bool above_half = precision == 0 && (inexact || mpfr_min_prec(work_) > 1);
  const mpfr_rnd_t mode = mode_of(c);
  const bool away = mode == MPFR_RNDN ? above_half : mode == (minus ? MPFR_RNDD : MPFR_RNDU);
  mpfr_set_si_2exp(work_, away ? 1 : 0, format.min_exp - format.precision + 1, MPFR_RNDN);
  mpfr_setsign(work_, work_, minus, MPFR_RNDN);
  return {work_, away != minus ? 1 : -1};
}

FpOutcome MpfrModel::finite(const FpCase& c, const Format& format, long exponent) {
  const bool tiny = exponent < format.min_exp;
  const Rounded r = round(c, format, exponent);
  const bool minus = mpfr_signbit(r.value);
  const bool inexact = r.ternary != 0;
  std::uint32_t flags = inexact ? FI | XX : 0;
  if (inexact && (r.ternary > 0) != minus) flags |= FR;
  long adjust = 0;
  if (tiny && (c.fpscr & UE)) {
    flags |= UX;
    adjust = format.adjust;
  } else if (tiny && inexact) {
    flags |= UX;
  }
  const bool overflow = !mpfr_zero_p(r.value) && mpfr_get_exp(r.value) - 1 > format.max_exp;
  if (overflow) {
    flags |= OX;
    adjust = -format.adjust;
    if (!(c.fpscr & OE)) {
      const mpfr_rnd_t mode = mode_of(c);
      const bool infinite = mode == MPFR_RNDN || mode == (minus ? MPFR_RNDD : MPFR_RNDU);
      double value = infinite ? std::numeric_limits<double>::infinity() : format.largest;
      if (minus != negates(c.op)) value = -value;
      return written(c, value, class_of(value, 0), flags | FI | XX);
    }
  }
  if (adjust) mpfr_mul_2si(r.value, r.value, adjust, MPFR_RNDN);
  double value = mpfr_get_d(r.value, MPFR_RNDZ);
  if (negates(c.op)) value = -value;
  const bool representable = mpfr_cmp_d(r.value, negates(c.op) ? -value : value) == 0;
  FpOutcome outcome = written(c, value, class_of(value, adjust ? 0 : format.smallest_normal), flags);
  // An adjusted single can still lie outside the doubles (or among their denormals).
  if (adjust) outcome.defined = representable && std::isnormal(value);
  return outcome;
}

FpOutcome MpfrModel::to_int(const FpCase& c) {
  const mpfr_rnd_t mode = c.op == FpOp::to_int ? mode_of(c) : MPFR_RNDZ;
  mpfr_set_prec(work_, 64);
  const int ternary = mpfr_rint(work_, b_, mode);
  const bool minus = mpfr_signbit(b_);
  std::uint32_t integer = minus ? 0x8000'0000 : 0x7fff'ffff;
  std::uint32_t flags = VXCVI;
  if (mpfr_fits_sint_p(work_, MPFR_RNDN)) {
    integer = static_cast<std::uint32_t>(mpfr_get_si(work_, MPFR_RNDN));
    flags = ternary ? FI | XX : 0;
    if (ternary && (ternary > 0) != minus) flags |= FR;
  }
  if ((flags & VXCVI) && (c.fpscr & VE)) return suppressed(c, flags);
  const std::uint64_t high = minus && integer == 0 ? 0xfff8'0001 : 0xfff8'0000;
  return {true, true, high << 32 | integer, summarised(c.fpscr, (c.fpscr & ~(FR | FI)) | flags)};
}

}  // namespace quince::test
