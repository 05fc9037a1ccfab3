// The rules for special operands around the exact arithmetic (PEM 3.3.6.1 and the instructions in 8.2).
#include "guest-ppc/fpu/common_case.h"
#include "guest-ppc/fpu/product.h"
#include "guest-ppc/fpu/quotient.h"
#include "guest-ppc/fpu/round.h"
#include "guest-ppc/fpu/sum.h"

namespace quince::ppc::fpu {
namespace {

// What every operation is told besides its operands.
struct Context {
  Precision precision;
  u32 fpscr;
  Quirks quirks;
};

Result finish(const Exact& exact, bool negate, const Context& ctx) {
  return round_and_pack(exact, ctx.precision, negate, ctx.fpscr, ctx.quirks);
}

// The sign of x + y = 0 with both zero or of opposite sign.
bool sign_of_zero_sum(bool x, bool y, u32 fpscr) {
  return x == y ? x : rounding_mode(fpscr) == Rounding::downward;
}

Result zero_sum(bool x, bool y, bool negate, const Context& ctx) {
  return exact_zero(sign_of_zero_sum(x, y, ctx.fpscr) != negate, ctx.fpscr);
}

// b: of any value, with its sign already changed for fsub; nan_b is the operand as it came, for NaNs.
Result add(u64 a, u64 b, u64 nan_b, const Context& ctx) {
  if (is_nan(a) || is_nan(nan_b)) return nan_result(a, nan_b, nan_b, ctx.precision, 0, ctx.fpscr);
  if (is_infinite(a)) {
    if (is_infinite(b) && a != b) return invalid(fpscr::vxisi, default_nan, ctx.fpscr);
    return exact_infinity(is_negative(a), ctx.fpscr);
  }
  if (is_infinite(b)) return exact_infinity(is_negative(b), ctx.fpscr);
  if (is_zero(a)) {
    if (is_zero(b)) return zero_sum(is_negative(a), is_negative(b), false, ctx);
    return finish(unpack(b), false, ctx);
  }
  if (is_zero(b)) return finish(unpack(a), false, ctx);
  const auto sum = exact_sum(unpack(a), unpack(b));
  if (!sum) return zero_sum(is_negative(a), is_negative(b), false, ctx);
  return finish(*sum, false, ctx);
}

// frC as the multiplier sees it.
Exact multiplier(u64 c, const Context& ctx) {
  const Exact exact = unpack(c);
  const bool narrow = ctx.precision == Precision::single && ctx.quirks.round_frc_to_25_bits;
  return narrow ? rounded_to_25_bits(exact) : exact;
}

bool is_zero_times_infinity(u64 a, u64 c) {
  return (is_zero(a) && is_infinite(c)) || (is_infinite(a) && is_zero(c));
}

Result mul(u64 a, u64 c, const Context& ctx) {
  if (is_nan(a) || is_nan(c)) return nan_result(a, c, c, ctx.precision, 0, ctx.fpscr);
  if (is_zero_times_infinity(a, c)) return invalid(fpscr::vximz, default_nan, ctx.fpscr);
  const bool sign = is_negative(a ^ c);
  if (is_infinite(a) || is_infinite(c)) return exact_infinity(sign, ctx.fpscr);
  if (is_zero(a) || is_zero(c)) return exact_zero(sign, ctx.fpscr);
  return finish(narrowed(exact_product(unpack(a), multiplier(c, ctx))), false, ctx);
}

Result div(u64 a, u64 b, const Context& ctx) {
  if (is_nan(a) || is_nan(b)) return nan_result(a, b, b, ctx.precision, 0, ctx.fpscr);
  const bool sign = is_negative(a ^ b);
  if (is_infinite(a)) {
    if (is_infinite(b)) return invalid(fpscr::vxidi, default_nan, ctx.fpscr);
    return exact_infinity(sign, ctx.fpscr);
  }
  if (is_infinite(b)) return exact_zero(sign, ctx.fpscr);
  if (is_zero(b)) {
    if (is_zero(a)) return invalid(fpscr::vxzdz, default_nan, ctx.fpscr);
    return zero_divide(sign, ctx.fpscr);
  }
  if (is_zero(a)) return exact_zero(sign, ctx.fpscr);
  return finish(exact_quotient(unpack(a), unpack(b)), false, ctx);
}

// a * c + b, b and nan_b as in add; NaNs are not negated.
Result multiply_add(u64 a, u64 c, u64 b, u64 nan_b, bool negate, const Context& ctx) {
  const bool no_product = is_zero_times_infinity(a, c);
  if (is_nan(a) || is_nan(nan_b) || is_nan(c)) {
    return nan_result(a, nan_b, c, ctx.precision, no_product ? fpscr::vximz : 0, ctx.fpscr);
  }
  if (no_product) return invalid(fpscr::vximz, default_nan, ctx.fpscr);
  const bool product_sign = is_negative(a ^ c);
  if (is_infinite(a) || is_infinite(c)) {
    if (is_infinite(b) && is_negative(b) != product_sign) {
      return invalid(fpscr::vxisi, default_nan, ctx.fpscr);
    }
    return exact_infinity(product_sign != negate, ctx.fpscr);
  }
  if (is_infinite(b)) return exact_infinity(is_negative(b) != negate, ctx.fpscr);
  if (is_zero(a) || is_zero(c)) {
    if (is_zero(b)) return zero_sum(product_sign, is_negative(b), negate, ctx);
    return finish(unpack(b), negate, ctx);
  }
  const Product product = exact_product(unpack(a), multiplier(c, ctx));
  if (is_zero(b)) return finish(narrowed(product), negate, ctx);
  const auto sum = exact_sum(product, unpack(b));
  if (!sum) return zero_sum(product_sign, is_negative(b), negate, ctx);
  return finish(*sum, negate, ctx);
}

CommonCase negated(CommonCase c) {
  c.bits ^= sign_bit;
  return c;
}

template <Precision p>
CommonCase common_case(ArithOp op, u64 a, u64 c, u64 b, Quirks quirks) {
  if (op == ArithOp::add) return common_sum<p>(a, b);
  if (op == ArithOp::sub) return common_sum<p>(a, b ^ sign_bit);
  if (op == ArithOp::div) return common_quotient<p>(a, b);
  if (p == Precision::single && quirks.round_frc_to_25_bits && (c & 0xfff'ffff) != 0) return {};
  switch (op) {
    case ArithOp::mul: return common_product<p>(a, c);
    case ArithOp::madd: return common_multiply_add<p>(a, c, b);
    case ArithOp::msub: return common_multiply_add<p>(a, c, b ^ sign_bit);
    case ArithOp::nmadd: return negated(common_multiply_add<p>(a, c, b));
    default: return negated(common_multiply_add<p>(a, c, b ^ sign_bit));
  }
}

}  // namespace

Result arith_exactly(ArithOp op, Precision precision, u64 a, u64 c, u64 b, u32 fpscr, Quirks quirks) {
  const Context ctx{precision, fpscr, quirks};
  switch (op) {
    case ArithOp::add: return add(a, b, b, ctx);
    case ArithOp::sub: return add(a, b ^ sign_bit, b, ctx);
    case ArithOp::mul: return mul(a, c, ctx);
    case ArithOp::div: return div(a, b, ctx);
    case ArithOp::madd: return multiply_add(a, c, b, b, false, ctx);
    case ArithOp::msub: return multiply_add(a, c, b ^ sign_bit, b, false, ctx);
    case ArithOp::nmadd: return multiply_add(a, c, b, b, true, ctx);
    default: return multiply_add(a, c, b ^ sign_bit, b, true, ctx);
  }
}

Result arith(ArithOp op, Precision precision, u64 a, u64 c, u64 b, u32 fpscr, Quirks quirks) {
  if (rounding_mode(fpscr) == Rounding::nearest_even) {
    const CommonCase common = precision == Precision::single
                                  ? common_case<Precision::single>(op, a, c, b, quirks)
                                  : common_case<Precision::double_>(op, a, c, b, quirks);
    if (common.valid) return finished(common, fpscr);
  }
  return arith_exactly(op, precision, a, c, b, fpscr, quirks);
}

}  // namespace quince::ppc::fpu
