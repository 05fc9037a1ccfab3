// What the guest's processor exceptions become: system calls, signals, or instructions that Linux emulates.
#include "machine/process/kernel.h"

namespace quince::machine::process {

namespace {

using ppc::Vector;

constexpr u32 unknown_fpe = 14;  // FPE_FLTUNK

struct FloatingPointCause {
  u32 enabled, happened;  // FPSCR bits
  int code;
};
constexpr FloatingPointCause floating_point_causes[] = {{ppc::bit32(24), ppc::bit32(2), FPE_FLTINV},
                                                        {ppc::bit32(25), ppc::bit32(3), FPE_FLTOVF},
                                                        {ppc::bit32(26), ppc::bit32(4), FPE_FLTUND},
                                                        {ppc::bit32(27), ppc::bit32(5), FPE_FLTDIV},
                                                        {ppc::bit32(28), ppc::bit32(6), FPE_FLTRES}};

int floating_point_code(u32 fpscr) {
  for (const auto& cause : floating_point_causes) {
    if ((fpscr & cause.enabled) && (fpscr & cause.happened)) return cause.code;
  }
  return int{unknown_fpe};
}

SignalInfo program_signal(const ppc::CpuState& state, u32 cause) {
  using namespace ppc::program_cause;
  if (cause & fp_enabled) return SignalInfo::fault(SIGFPE, floating_point_code(state.fpscr), state.pc);
  if (cause & trap) return SignalInfo::fault(SIGTRAP, TRAP_BRKPT, state.pc);
  if (cause & privileged) return SignalInfo::fault(SIGILL, ILL_PRVOPC, state.pc);
  return SignalInfo::fault(SIGILL, ILL_ILLOPC, state.pc);
}

// Instructions that Linux performs for a program whose processor does not (arch/powerpc/kernel/traps.c).
constexpr u32 mfpvr_mask = 0xfc1f'ffff, mfpvr = 0x7c1f'42a6;
constexpr u32 dcba_mask = 0xfc00'07fe, dcba = 0x7c00'05ec;

}  // namespace

bool Kernel::emulate_instruction() {
  auto& state = cpu.state;
  u32 word;
  try {
    word = memory.get<be32>(state.pc);
  } catch (BadAddress) {
    return false;
  }
  if ((word & mfpvr_mask) == mfpvr) {
    state.gpr[word >> 21 & 31] = cpu.model.pvr;
  } else if ((word & dcba_mask) != dcba) {
    return false;
  }
  state.pc += 4;
  return true;
}

void Kernel::exception(const ppc::GuestException& what) {
  const u32 pc = cpu.state.pc;
  const auto segv = [&](u32 address) {
    force_signal(SignalInfo::fault(SIGSEGV, memory.is_mapped(address) ? SEGV_ACCERR : SEGV_MAPERR, address));
  };
  switch (what.vector) {
    case Vector::system_call: return system_call();
    case Vector::dsi: cpu.state.dar = what.dar, cpu.state.dsisr = what.dsisr; return segv(what.dar);
    case Vector::isi: return segv(pc);
    case Vector::alignment:
      cpu.state.dar = what.dar;
      return force_signal(SignalInfo::fault(SIGBUS, BUS_ADRALN, what.dar));
    case Vector::program:
      if (!(what.srr1 & (ppc::program_cause::illegal | ppc::program_cause::privileged)) ||
          !emulate_instruction()) {
        force_signal(program_signal(cpu.state, what.srr1));
      }
      return;
    case Vector::trace: return force_signal(SignalInfo::fault(SIGTRAP, TRAP_TRACE, pc));
    case Vector::external_interrupt:
    case Vector::decrementer: return;  // nothing is connected, and MSR[EE] is off
    default: return force_signal(SignalInfo::fault(SIGILL, ILL_ILLOPC, pc));
  }
}

}  // namespace quince::machine::process
