#include <utility>

#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {
namespace {

// x + y, aligned with one bit of headroom. A jammed bit can't spoil a difference: bits are only lost from y
// if it is at least ten (or twenty) binary places below x, and then the difference is no more than one place
// below x.
template <class Wide>
struct Aligned {
  Wide sig;
  bool sign;
};

template <class Wide>
Aligned<Wide> add_aligned(bool x_sign, Wide x, bool y_sign, Wide y) {
  if (x_sign == y_sign) return {x + y, x_sign};
  return x >= y ? Aligned<Wide>{x - y, x_sign} : Aligned<Wide>{y - x, y_sign};
}

}  // namespace

std::optional<Exact> exact_sum(const Exact& x, const Exact& y) {
  // Register values have eleven low bits clear, so halving loses nothing.
  u64 x_sig = x.sig >> 1, y_sig = y.sig >> 1;
  int exp = x.exp;
  if (x.exp >= y.exp) {
    y_sig = shift_right_jam(y_sig, x.exp - y.exp);
  } else {
    x_sig = shift_right_jam(x_sig, y.exp - x.exp);
    exp = y.exp;
  }
  const auto sum = add_aligned(x.sign, x_sig, y.sign, y_sig);
  if (sum.sig == 0) return std::nullopt;
  const int leading = std::countl_zero(sum.sig);
  return Exact{sum.sign, exp + 1 - leading, sum.sig << leading};
}

std::optional<Exact> exact_sum(const Product& x, const Exact& y) {
  // A product of registers has 22 low bits clear.
  u128 x_sig = x.sig >> 1, y_sig = u128{y.sig} << 63;
  int exp = x.exp;
  if (x.exp >= y.exp) {
    y_sig = shift_right_jam(y_sig, x.exp - y.exp);
  } else {
    x_sig = shift_right_jam(x_sig, y.exp - x.exp);
    exp = y.exp;
  }
  const auto sum = add_aligned(x.sign, x_sig, y.sign, y_sig);
  if (sum.sig == 0) return std::nullopt;
  const u64 high = static_cast<u64>(sum.sig >> 64);
  const int leading = high ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<u64>(sum.sig));
  return narrowed({sum.sign, exp + 1 - leading, sum.sig << leading});
}

}  // namespace quince::ppc::fpu
