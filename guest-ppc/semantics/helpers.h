// Instructions as ordinary functions on a processor: the exact definition of everything too rare or too long
// to be worth an emitter's operations. Every engine calls the same ones. They may throw GuestException.
#pragma once

#include "guest-ppc/cpu.h"
#include "guest-ppc/insn.h"

namespace quince::ppc::helper {

// Memory
void lswi(Cpu&, Insn);
void lswx(Cpu&, Insn);
void stswi(Cpu&, Insn);
void stswx(Cpu&, Insn);
void dcba(Cpu&, Insn);
void eciwx(Cpu&, Insn);
void ecowx(Cpu&, Insn);

// Special registers and the operating environment
void mfspr(Cpu&, Insn);
void mtspr(Cpu&, Insn);
void mftb(Cpu&, Insn);
void mfsrin(Cpu&, Insn);
void mtsr(Cpu&, Insn);
void mtsrin(Cpu&, Insn);
void tlbie(Cpu&, Insn);
void tlbia(Cpu&, Insn);

// FPSCR
void mtfsf(Cpu&, Insn);
void mtfsfi(Cpu&, Insn);
void mtfsb0(Cpu&, Insn);
void mtfsb1(Cpu&, Insn);
void mcrfs(Cpu&, Insn);

}  // namespace quince::ppc::helper
