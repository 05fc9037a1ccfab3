// Sums, products and quotients without rounding error: one file each. Arguments are finite and not zero
// unless said otherwise.
#pragma once

#include <optional>

#include "guest-ppc/fpu/number.h"

namespace quince::ppc::fpu {

// A product with all its bits: (-1)^sign * sig * 2^(exp - 127), the top bit of sig 1.
struct Product {
  bool sign;
  int exp;
  u128 sig;
};

std::optional<Exact> exact_sum(const Exact& x, const Exact& y);  // nothing: x = -y
Product exact_product(const Exact& x, const Exact& y);
std::optional<Exact> exact_sum(const Product& x, const Exact& y);  // nothing: x = -y
Exact exact_quotient(const Exact& x, const Exact& y);

// The upper half of a product, jammed.
inline Exact narrowed(const Product& p) {
  const u64 low = static_cast<u64>(p.sig);
  return {p.sign, p.exp, static_cast<u64>(p.sig >> 64) | (low != 0 ? 1 : 0)};
}

// x with 25 significant bits, half rounded away from zero.
inline Exact rounded_to_25_bits(Exact x) {
  constexpr u64 unit = u64{1} << 39;
  x.sig = (x.sig & ~(unit - 1)) + (x.sig & unit / 2) * 2;
  if (x.sig == 0) return {x.sign, x.exp + 1, top_bit};
  return x;
}

}  // namespace quince::ppc::fpu
