// Exact products. Both operands are finite and not zero.
#pragma once

#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {

inline Product exact_product(const Exact& x, const Exact& y) {
  const u128 sig = u128{x.sig} * y.sig;
  const int carry = static_cast<int>(static_cast<u64>(sig >> 64) >> 63);
  return {x.sign != y.sign, x.exp + y.exp + carry, sig << (1 - carry)};
}

// x with 25 significant bits, half rounded away from zero.
inline Exact rounded_to_25_bits(Exact x) {
  constexpr u64 unit = u64{1} << 39;
  x.sig = (x.sig & ~(unit - 1)) + (x.sig & unit / 2) * 2;
  if (x.sig == 0) return {x.sign, x.exp + 1, top_bit};
  return x;
}

}  // namespace quince::ppc::fpu
