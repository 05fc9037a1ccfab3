// Exact sums. Both operands are finite and not zero.
#pragma once

#include <optional>

#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {

// x + y, both aligned to one exponent with one bit of headroom. A jammed bit can't spoil a difference: bits
// are only lost from an operand that is ten or more binary places below the other, and then the difference is
// at most one place below that.
template <class Wide>
struct AlignedSum {
  Wide sig;
  bool sign;
};

template <class Wide>
AlignedSum<Wide> add_aligned(bool x_sign, Wide x, bool y_sign, Wide y) {
  if (x_sign == y_sign) return {x + y, x_sign};
  return x >= y ? AlignedSum<Wide>{x - y, x_sign} : AlignedSum<Wide>{y - x, y_sign};
}

// Nothing if x = -y.
inline std::optional<Exact> exact_sum(const Exact& x, const Exact& y) {
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

inline std::optional<Exact> exact_sum(const Product& x, const Exact& y) {
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
