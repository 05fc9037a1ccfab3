// The vector status and control register (AltiVec PEM 2.3.2), the word that CpuState keeps.
#pragma once

#include "guest-ppc/types.h"
#include "guest-ppc/vector_value.h"

namespace quince::ppc::vec {

using Vscr = u32;

inline constexpr Vscr vscr_nj = bit32(15);   // non-Java mode: denormal operands and results are zeros
inline constexpr Vscr vscr_sat = bit32(31);  // sticky: some element saturated
inline constexpr Vscr vscr_mask = vscr_nj | vscr_sat;

// mfvscr: the register right-justified, zeros to its left.
inline V128 mfvscr(Vscr vscr) {
  V128 result;
  result.set_element<u32>(3, vscr);
  return result;
}

// mtvscr: the last word; the bits that the architecture reserves are dropped and read back as zero.
inline Vscr mtvscr(const V128& b) { return b.element<u32>(3) & vscr_mask; }

}  // namespace quince::ppc::vec
