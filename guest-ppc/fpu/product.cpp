#include "guest-ppc/fpu/exact.h"

namespace quince::ppc::fpu {

Product exact_product(const Exact& x, const Exact& y) {
  const u128 sig = u128{x.sig} * y.sig;
  const bool sign = x.sign != y.sign;
  if (static_cast<u64>(sig >> 64) & top_bit) return {sign, x.exp + y.exp + 1, sig};
  return {sign, x.exp + y.exp, sig << 1};
}

}  // namespace quince::ppc::fpu
