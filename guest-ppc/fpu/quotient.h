// Quotients to 64 bits and a sign of the rest. Both operands are finite and not zero.
#pragma once

#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {

inline Exact exact_quotient(const Exact& x, const Exact& y) {
  // Shifted so that the quotient has exactly 64 bits.
  const bool smaller = x.sig < y.sig;
  const u128 dividend = u128{x.sig} << (smaller ? 64 : 63);
  const u64 quotient = static_cast<u64>(dividend / y.sig);
  const u64 remainder = static_cast<u64>(dividend) - quotient * y.sig;
  return {x.sign != y.sign, x.exp - y.exp - (smaller ? 1 : 0), quotient | (remainder != 0 ? 1 : 0)};
}

}  // namespace quince::ppc::fpu
