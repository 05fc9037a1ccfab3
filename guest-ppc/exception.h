// Exceptions as the processor reports them: vector, the bits that go into SRR1, and DAR/DSISR where the
// exception sets them (PEM chapter 6; MPC750UM chapter 4; MPC7400UM chapter 4; AltiVec PEM chapter 5).
#pragma once

#include "guest-ppc/insn.h"
#include "guest-ppc/types.h"

namespace quince::ppc {

// The value is the vector's offset from the exception prefix.
enum class Vector : u32 {
  debugger = 0,  // not the guest's: a breakpoint or watchpoint of DebugPoints was met; run() returns, always
  system_reset = 0x100,
  machine_check = 0x200,
  dsi = 0x300,
  isi = 0x400,
  external_interrupt = 0x500,
  alignment = 0x600,
  program = 0x700,
  fp_unavailable = 0x800,
  decrementer = 0x900,
  system_call = 0xc00,
  trace = 0xd00,
  performance_monitor = 0xf00,
  vector_unavailable = 0xf20,
  instruction_breakpoint = 0x1300,
  system_management = 0x1400,
  vector_assist = 0x1600,
  thermal = 0x1700,
};

// SRR1 bits of a program exception (PEM table 6-10).
namespace program_cause {
inline constexpr u32 fp_enabled = bit32(11), illegal = bit32(12), privileged = bit32(13), trap = bit32(14),
                     srr0_is_next = bit32(15);  // fp_enabled only: SRR0 is not the instruction that caused it
}

// What Vector::debugger has in place of SRR1 bits. A watchpoint also tells DAR, the first watched byte, and
// DSISR as a DSI would.
namespace debugger_cause {
inline constexpr u32 breakpoint = 0, watchpoint = 1;
}

// SRR1 bits of an ISI, DSISR bits of a DSI (PEM tables 6-7, 6-8).
namespace isi_cause {
inline constexpr u32 no_translation = bit32(1), no_execute_or_guarded = bit32(3), protection = bit32(4);
}
namespace dsi_cause {
inline constexpr u32 direct_store = bit32(0), no_translation = bit32(1), protection = bit32(4),
                     reserved_access_not_cacheable = bit32(5), store = bit32(6), dabr_match = bit32(9),
                     external_access = bit32(11);
}

// Thrown by a memory access or a helper in the middle of an instruction; nothing of the instruction that a
// restart would notice has been written yet. SRR0 is the address of the instruction itself.
struct GuestException {
  Vector vector;
  u32 srr1 = 0;   // cause bits only; the saved MSR is added on delivery
  u32 dar = 0;    // DSI and alignment
  u32 dsisr = 0;  // DSI and alignment
};

// DSISR of an alignment exception describes the instruction (PEM table 6-9): its opcode bits, rD and rA.
constexpr u32 alignment_dsisr(Insn i) {
  const u32 registers = i.bits(6, 10) << 5 | i.bits(11, 15);
  if (i.opcd() == 31) return i.bits(29, 30) << 15 | i.bits(25, 25) << 14 | i.bits(21, 24) << 10 | registers;
  return i.bits(5, 5) << 14 | i.bits(1, 4) << 10 | registers;
}

}  // namespace quince::ppc
