// From an exact result to a register and the flags that rounding sets (PEM 3.3.5, 3.3.6.2).
#pragma once

#include "guest-ppc/fpu/number.h"

namespace quince::ppc::fpu {

// negate: change the sign after rounding (fnmadd, fnmsub).
Result round_and_pack(const Exact& exact, Precision precision, bool negate, u32 fpscr, Quirks quirks);

// Whether rounding to a multiple of unit makes the magnitude larger. odd: the bit of weight unit is set.
inline bool rounds_up(Rounding mode, bool sign, u64 rest, u64 half, bool odd) {
  switch (mode) {
    case Rounding::nearest_even: return rest > half || (rest == half && odd);
    case Rounding::toward_zero: return false;
    case Rounding::upward: return !sign && rest != 0;
    default: return sign && rest != 0;
  }
}

}  // namespace quince::ppc::fpu
