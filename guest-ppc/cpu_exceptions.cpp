// The machine state register, and how exceptions change it (PEM chapter 6; MPC750UM chapter 4; MPC7400UM
// chapter 4).
#include "guest-ppc/cpu.h"
#include "guest-ppc/spr_table.h"

namespace quince::ppc {

namespace {

constexpr u32 msr_bits = msr::pow | msr::ile | msr::ee | msr::pr | msr::fp | msr::me | msr::fe0 | msr::se |
                         msr::be | msr::fe1 | msr::ip | msr::ir | msr::dr | msr::pm | msr::ri | msr::le;

// Bits that exceptions save in SRR1 and rfi restores: 0, 5-9, 16-31. POW and ILE are not among them.
constexpr u32 saved_bits = 0x87c0'ffff;
// A machine check reports its cause in the upper half, where other exceptions save bits (MPC7400UM table
// 4-9).
constexpr u32 saved_by_machine_check = 0x0000'ffff;

constexpr u32 kept_by_exceptions = msr::ile | msr::me | msr::ip;

constexpr u32 power_modes = hid0::doze | hid0::nap | hid0::sleep;
constexpr u32 fpscr_fex = bit32(1);

u32 msr_in_handler(u32 old, Vector vector) {
  u32 now = old & kept_by_exceptions;
  if (vector == Vector::machine_check) now &= ~msr::me;
  if (old & msr::ile) now |= msr::le;
  return now;
}

}  // namespace

void Cpu::set_msr(u32 value) {
  const u32 old = state.msr;
  state.msr = value & (model.has_altivec() ? msr_bits | msr::vec : msr_bits);
  if ((old ^ state.msr) & (msr::ir | msr::dr | msr::pr)) tlb.leave_window();
  if (napping()) request_attention();
}

bool Cpu::napping() const { return (state.msr & msr::pow) && (state.spr[spr::hid0] & power_modes); }

bool Cpu::fp_exception_waiting() const {
  return (state.msr & (msr::fe0 | msr::fe1)) && (state.fpscr & fpscr_fex);
}

void Cpu::deliver(const GuestException& exception, u32 return_address) {
  const bool machine_check = exception.vector == Vector::machine_check;
  if (machine_check && !(state.msr & msr::me)) {
    checkstop = true;
    request_attention();
    return;
  }
  ++counters.exceptions[static_cast<u32>(exception.vector) / 0x100];
  if (on_exception) [[unlikely]]
    on_exception(exception, return_address);
  state.srr0 = return_address;
  state.srr1 = exception.srr1 | (state.msr & (machine_check ? saved_by_machine_check : saved_bits));
  if (exception.vector == Vector::dsi || exception.vector == Vector::alignment) {
    state.dar = exception.dar;
    state.dsisr = exception.dsisr;
  }
  state.pc = (state.msr & msr::ip ? 0xfff0'0000 : 0) | static_cast<u32>(exception.vector);
  set_msr(msr_in_handler(state.msr, exception.vector));
}

void Cpu::deliver_fault(const GuestException& exception, u32 pc) {
  if (retired == last_fault_) ++retired;
  last_fault_ = retired;
  deliver(exception, pc);
}

void Cpu::return_from_interrupt() {
  state.pc = state.srr0 & ~3u;
  set_msr((state.msr & ~saved_bits) | (state.srr1 & saved_bits));
}

}  // namespace quince::ppc
