// The floating-point instructions against MPFR: exact arithmetic, rounded once, with the AltiVec rules for
// NaNs and denormals written a second time. QUINCE_VECTOR_RECORDS: how many operands in all (default
// 200,000).
#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "guest-ppc/vector/interp_ops.h"
#include "tests/vector/operands.h"

namespace quince::test {
namespace {

using namespace ppc::vec;
using ppc::i32;
using ppc::u32;
using ppc::V128;

// Sums of products of singles span 2^-298 to 2^257.
constexpr mpfr_prec_t exact_bits = 640;

class Number {
 public:
  Number() { mpfr_init2(value, exact_bits); }
  explicit Number(u32 bits) : Number() { mpfr_set_flt(value, std::bit_cast<float>(bits), MPFR_RNDN); }
  ~Number() { mpfr_clear(value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;

  mpfr_t value;
};

constexpr bool is_nan(u32 bits) { return (bits & 0x7fff'ffff) > 0x7f80'0000; }
constexpr u32 flush(u32 bits) { return (bits & 0x7f80'0000) == 0 ? bits & 0x8000'0000 : bits; }

// Rounded to nearest; with NJ a number that is below the least normal one before rounding is a zero.
u32 to_single(Number& n, bool nj) {
  if (mpfr_nan_p(n.value)) return 0x7fc0'0000;
  if (nj && mpfr_regular_p(n.value) && mpfr_get_exp(n.value) <= -126) {  // |n| < 2^exp
    return mpfr_signbit(n.value) ? 0x8000'0000 : 0;
  }
  return std::bit_cast<u32>(mpfr_get_flt(n.value, MPFR_RNDN));
}

struct Lane {
  u32 a, b, c, uimm;
  bool nj;
};
struct Result {
  u32 bits;
  bool saturated = false;
};

// f computes into its last argument; operands as bits, in the order in which NaNs win.
template <class F, class... Operand>
Result arithmetic(bool nj, F f, Operand... operands) {
  for (const u32 operand : {operands...}) {
    if (is_nan(operand)) return {operand | 0x0040'0000};
  }
  Number result;
  f(Number(nj ? flush(operands) : operands)..., result);
  return {to_single(result, nj)};
}

Result converted(u32 bits, u32 uimm, double low, double high) {
  if (is_nan(bits)) return {0};
  Number n(bits);
  mpfr_mul_2ui(n.value, n.value, uimm, MPFR_RNDN);
  mpfr_trunc(n.value, n.value);
  const bool below = mpfr_cmp_d(n.value, low)<0, above = mpfr_cmp_d(n.value, high)> 0;
  const double value = below ? low : above ? high : mpfr_get_d(n.value, MPFR_RNDN);
  return {static_cast<u32>(static_cast<std::int64_t>(value)), below || above};
}

Result expected(Op op, const Lane& x) {
  switch (op) {
    case Op::vaddfp:
      return arithmetic(
          x.nj, [](auto&& a, auto&& b, Number& r) { mpfr_add(r.value, a.value, b.value, MPFR_RNDN); }, x.a,
          x.b);
    case Op::vsubfp:
      return arithmetic(
          x.nj, [](auto&& a, auto&& b, Number& r) { mpfr_sub(r.value, a.value, b.value, MPFR_RNDN); }, x.a,
          x.b);
    case Op::vmaddfp:
      return arithmetic(
          x.nj,
          [](auto&& a, auto&& b, auto&& c, Number& r) {
            mpfr_fma(r.value, a.value, c.value, b.value, MPFR_RNDN);
          },
          x.a, x.b, x.c);
    case Op::vnmsubfp:
      return arithmetic(
          x.nj,
          [](auto&& a, auto&& b, auto&& c, Number& r) {
            mpfr_fms(r.value, a.value, c.value, b.value, MPFR_RNDN);
            mpfr_neg(r.value, r.value, MPFR_RNDN);
          },
          x.a, x.b, x.c);
    case Op::vmaxfp:
      return arithmetic(
          x.nj, [](auto&& a, auto&& b, Number& r) { mpfr_max(r.value, a.value, b.value, MPFR_RNDN); }, x.a,
          x.b);
    case Op::vminfp:
      return arithmetic(
          x.nj, [](auto&& a, auto&& b, Number& r) { mpfr_min(r.value, a.value, b.value, MPFR_RNDN); }, x.a,
          x.b);
    case Op::vrfin:
      return arithmetic(
          x.nj, [](auto&& b, Number& r) { mpfr_roundeven(r.value, b.value); }, x.b);
    case Op::vrfiz:
      return arithmetic(
          x.nj, [](auto&& b, Number& r) { mpfr_trunc(r.value, b.value); }, x.b);
    case Op::vrfip:
      return arithmetic(
          x.nj, [](auto&& b, Number& r) { mpfr_ceil(r.value, b.value); }, x.b);
    case Op::vrfim:
      return arithmetic(
          x.nj, [](auto&& b, Number& r) { mpfr_floor(r.value, b.value); }, x.b);
    case Op::vrefp:
      return arithmetic(
          x.nj, [](auto&& b, Number& r) { mpfr_ui_div(r.value, 1, b.value, MPFR_RNDN); }, x.b);
    case Op::vrsqrtefp:
      // 1/sqrt(-0) is -infinity here, +infinity for MPFR.
      return arithmetic(
          x.nj,
          [](auto&& b, Number& r) {
            mpfr_rec_sqrt(r.value, b.value, MPFR_RNDN);
            if (mpfr_zero_p(b.value)) mpfr_setsign(r.value, r.value, mpfr_signbit(b.value), MPFR_RNDN);
          },
          x.b);
    case Op::vcfux:
    case Op::vcfsx: {
      Number n;
      if (op == Op::vcfux) mpfr_set_ui_2exp(n.value, x.b, -static_cast<int>(x.uimm), MPFR_RNDN);
      if (op == Op::vcfsx)
        mpfr_set_si_2exp(n.value, static_cast<i32>(x.b), -static_cast<int>(x.uimm), MPFR_RNDN);
      return {to_single(n, false)};
    }
    case Op::vctuxs: return converted(x.b, x.uimm, 0, 4294967295.0);
    case Op::vctsxs: return converted(x.b, x.uimm, -2147483648.0, 2147483647.0);
    default: ADD_FAILURE() << "no model of " << info(op).name; return {};
  }
}

u32 records(u32 parts) {
  const char* text = std::getenv("QUINCE_VECTOR_RECORDS");
  return (text ? static_cast<u32>(std::stoul(text)) : 200'000) / parts;
}

constexpr Op modelled[] = {Op::vaddfp, Op::vsubfp, Op::vmaddfp, Op::vnmsubfp, Op::vmaxfp, Op::vminfp,
                           Op::vrfin,  Op::vrfiz,  Op::vrfip,   Op::vrfim,    Op::vrefp,  Op::vrsqrtefp,
                           Op::vcfux,  Op::vcfsx,  Op::vctuxs,  Op::vctsxs};

void check(Op op, const Operands& o, u32 uimm) {
  Vscr vscr = o.vscr, expected_vscr = o.vscr;
  const V128 d = apply_function(op)(o.a, o.b, o.c, uimm, vscr);
  for (unsigned i = 0; i < 4; ++i) {
    const Lane lane{o.a.element<u32>(i), o.b.element<u32>(i), o.c.element<u32>(i), uimm,
                    (o.vscr & vscr_nj) != 0};
    const Result result = expected(op, lane);
    if (result.saturated) expected_vscr |= vscr_sat;
    ASSERT_EQ(d.element<u32>(i), result.bits)
        << info(op).name << std::hex << ' ' << lane.a << ' ' << lane.b << ' ' << lane.c << " NJ " << lane.nj;
  }
  ASSERT_EQ(vscr, expected_vscr) << info(op).name;
}

TEST(VectorFloat, AgreesWithExactArithmetic) {
  OperandSource source(3);
  for (const Op op : modelled) {
    for (u32 n = records(std::size(modelled)); n-- > 0 && !testing::Test::HasFatalFailure();) {
      check(op, source.operands_for(op), source.below(32));
    }
  }
}

// A product that ends within a few bits of half a unit of the result: where rounding twice would go wrong.
TEST(VectorFloat, MultiplyAddRoundsOnceNearTies) {
  OperandSource source(4);
  for (u32 n = records(4); n-- > 0 && !testing::Test::HasFatalFailure();) {
    Operands o = source.operands_for(Op::vmaddfp);
    for (unsigned i = 0; i < 4; ++i) {
      // a * c = (1 + 2^-j)(1 - 2^-j) * 2^k is a hair off a power of two; b is far above or below it.
      const u32 j = 1 + source.below(23), k = source.below(240), gap = 22 + source.below(6);
      const u32 product = std::clamp(k, 1u, 253u), addend = std::clamp(product + gap, 1u, 254u);
      o.a.set_element<u32>(i, 127u << 23 | 0x80'0000u >> j);
      o.c.set_element<u32>(i, product << 23 | (0x80'0000u - (0x100'0000u >> j)) % 0x80'0000u);
      o.b.set_element<u32>(i, source.below(2) << 31 | addend << 23 | source.below(4) | source.below(2) << 22);
    }
    check(source.below(2) ? Op::vmaddfp : Op::vnmsubfp, o, 0);
  }
}

// All fractions of 1/sqrt(x) would take MPFR half a minute: every 61st from a random start, odd and even
// exponents.
TEST(VectorFloat, ReciprocalRootIsCorrectlyRounded) {
  OperandSource source(5);
  Operands o{};
  for (u32 bits = 127u << 23 | source.below(61); bits < 129u << 23 && !testing::Test::HasFatalFailure();) {
    for (unsigned i = 0; i < 4; ++i, bits += 61) o.b.set_element<u32>(i, bits);
    check(Op::vrsqrtefp, o, 0);
  }
}

// |ours - true| in units of ours' last place.
double error_in_ulps(u32 ours, Number& exact) {
  Number difference(ours);
  mpfr_sub(difference.value, difference.value, exact.value, MPFR_RNDN);
  const int exponent = std::max(static_cast<int>(ours >> 23 & 255), 1);
  mpfr_mul_2si(difference.value, difference.value, 150 - exponent, MPFR_RNDN);
  return std::abs(mpfr_get_d(difference.value, MPFR_RNDN));
}

// f(result, operand) in MPFR. Finite results only; the others are in hand_test.cpp.
template <class F>
void check_estimate(Op op, F f) {
  OperandSource source(6);
  for (u32 n = records(2 * 4); n-- > 0;) {
    Operands o = source.operands_for(op);
    o.vscr = 0;
    const V128 d = apply_function(op)(o.a, o.b, o.c, 0, o.vscr);
    for (unsigned i = 0; i < 4; ++i) {
      Number exact, operand(o.b.element<u32>(i));
      mpfr_set_prec(exact.value, 128);
      f(exact.value, operand.value);
      const u32 ours = d.element<u32>(i);
      if (!mpfr_number_p(exact.value) || std::isinf(mpfr_get_flt(exact.value, MPFR_RNDN))) {
        EXPECT_EQ(ours & 0x7f80'0000, 0x7f80'0000u);
        continue;
      }
      ASSERT_LE(error_in_ulps(ours, exact), 0.501) << info(op).name << std::hex << ' ' << o.b.element<u32>(i);
    }
  }
}

TEST(VectorFloat, ExponentialIsWithinItsBound) {
  check_estimate(Op::vexptefp, [](mpfr_t r, mpfr_t x) { mpfr_exp2(r, x, MPFR_RNDN); });
}
TEST(VectorFloat, LogarithmIsWithinItsBound) {
  check_estimate(Op::vlogefp, [](mpfr_t r, mpfr_t x) { mpfr_log2(r, x, MPFR_RNDN); });
}

}  // namespace
}  // namespace quince::test
