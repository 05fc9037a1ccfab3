// What Linux for 32-bit PowerPC leaves on the stack of a signal handler (arch/powerpc/include/uapi/asm:
// sigcontext.h, ucontext.h, elf.h, ptrace.h).
#pragma once

#include <array>
#include <cstddef>

#include "machine/process/guest_structs.h"

namespace quince::machine::process {

struct GuestRegisters {  // struct pt_regs, as elf_gregset_t of 48 words
  std::array<be32, 32> gpr;
  be32 nip, msr, original_gpr3, ctr, link, xer, ccr, mq, trap, dar, dsisr, result;
  std::array<be32, 4> unused;
};
static_assert(sizeof(GuestRegisters) == 48 * 4);

struct alignas(16) GuestContext {  // struct mcontext
  GuestRegisters registers;
  std::array<be64, 33> fpr;  // and FPSCR
  std::array<be32, 2> trampoline;
  alignas(16) std::array<std::array<be32, 4>, 33> vr;  // and VRSAVE in word 0, VSCR in word 3 of the last
};
static_assert(offsetof(GuestContext, trampoline) == 456 && offsetof(GuestContext, vr) == 464);
static_assert(sizeof(GuestContext) == 992);

struct GuestUserContext {  // struct ucontext
  be32 flags, link;
  GuestStack stack;
  std::array<be32, 7> unused;
  be32 registers;  // address of `context`
  GuestSignalSet mask;
  std::array<be32, 30> mask_room;
  std::array<be32, 3> more_unused;
  GuestContext context;
};
static_assert(offsetof(GuestUserContext, registers) == 48 && offsetof(GuestUserContext, mask) == 52);
static_assert(offsetof(GuestUserContext, context) == 192);

struct GuestSignalContext {    // struct sigcontext
  std::array<be32, 4> unused;  // word 3: upper half of the mask
  be32 signal, handler, mask, registers;
};

// Some ABIs let a function use this much below r1 before it moves r1.
inline constexpr std::size_t abi_gap = 56 * 4;

struct GuestFrame {  // of a handler without SA_SIGINFO
  GuestSignalContext signal;
  GuestContext context;
  std::array<u8, abi_gap> gap;
};
struct GuestInfoFrame {  // of a handler with SA_SIGINFO
  GuestSignalInfo info;
  GuestUserContext user;
  std::array<u8, abi_gap> gap;
};
static_assert(offsetof(GuestFrame, context) == 32 && offsetof(GuestInfoFrame, user) == 128);

// Room below the frame for the handler's caller, which is nobody: its back chain leads to the interrupted r1.
inline constexpr u32 caller_bytes = 64, info_caller_bytes = caller_bytes + 16;

inline constexpr u32 smallest_alternate_stack = 2048;  // MINSIGSTKSZ

class Kernel;
GuestStack guest_stack(const AlternateStack& alternate, u32 sp);
// A ucontext of the running thread, for swapcontext. Throw BadAddress.
void save_user_context(Kernel& k, u32 address);
void restore_user_context(Kernel& k, u32 address);

}  // namespace quince::machine::process
