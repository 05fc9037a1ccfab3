// The lazy part of FPSCR. Generated code computes with the host's instructions, whose sticky flags in MXCSR
// are XX, UX, OX and ZX of the guest, and notes the last operation; FPRF, FR and FI follow from doing that
// again, exactly. Whatever makes an operation invalid, and every result whose flags the host might have
// otherwise, is left to the exact functions at once (jit-x86/lower_float.cpp).
#pragma once

#include "translator/backend.h"
#include "translator/runtime.h"

namespace quince::translator {

// FloatStatus::arith of frsp, whose operand takes a's place; of the others it is arith_valid | aux of
// fp_arith.
inline constexpr u8 arith_valid = 0x80, round_to_single = arith_valid | 8;

// Brings CpuState::fpscr up to date. Whoever is not generated code sees it only after this.
void settle_float_status(ppc::Cpu& cpu);
// Forgets what FPSCR lacks: it is overwritten.
void drop_float_status(ppc::Cpu& cpu);

// Tells FloatStatus what `record` says.
void recall(const FloatRecord& record, ppc::Cpu& cpu);

}  // namespace quince::translator
