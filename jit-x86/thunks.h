// The code that all blocks share, and the way in and out of generated code.
#pragma once

#include "jit-x86/code_cache.h"
#include "jit-x86/lowering.h"

namespace quince::jit {

// Assembles the thunks for this processor at the assembler's position; base is the address at which they will
// run.
Thunks make_thunks(x86::Assembler& assembler, Cpu& cpu, const u8* base);

// FPSCR as mffs gives it, to rax; then it returns. Overwrites rcx, rdx, xmm0 and xmm1. Jumps to `slow` with
// nothing but those changed where it needs help.
void emit_read_fpscr(x86::Assembler& assembler, asmjit::Label slow);

}  // namespace quince::jit
