// The decrementer and the interrupts that wait for MSR[EE] (PEM 2.3.14 and 6.4.5, 6.4.9;
// MPC750UM 4.5.5, 4.5.9). Nothing ticks: whether DEC has passed zero is worked out from the clock when
// somebody asks.
#include "guest-ppc/cpu.h"

namespace quince::ppc {

namespace {
constexpr u32 sign = bit32(0);
}

// Turns a passage through zero that lies in the past into a pending exception, which stays until it is taken.
void Cpu::latch_decrementer() {
  const u64 now = clock_.ticks(instructions()), passage = decrementer_deadline();
  if (now < passage) return;
  decrementer_pending_ = true;
  decrementer_set_ =
      now - ((now - passage) & 0xffff'ffff);  // the last passage, should there have been several
  decrementer_base_ = 0xffff'ffff;
}

void Cpu::set_decrementer(u32 value) {
  latch_decrementer();
  // Software that sets the sign bit signals the exception as counting does.
  if (!(decrementer() & sign) && (value & sign)) decrementer_pending_ = true;
  decrementer_set_ = clock_.ticks(instructions());
  decrementer_base_ = value;
  request_attention();  // whoever sleeps until the deadline must look again
}

void Cpu::set_external_interrupt(bool asserted) {
  external_interrupt_ = asserted;
  if (asserted) request_attention();
}

bool Cpu::interrupt_waiting() {
  if (!(state.msr & msr::ee)) return false;
  if (external_interrupt_) return true;
  latch_decrementer();
  return decrementer_pending_;
}

u64 Cpu::quiet_until() {
  latch_decrementer();
  if (external_interrupt_ || decrementer_pending_) return 0;
  return clock_.instructions_before(decrementer_deadline(), instructions());
}

// The external interrupt comes before the decrementer (PEM table 6-3).
bool Cpu::take_interrupt() {
  if (!interrupt_waiting()) return false;
  if (external_interrupt_) {
    deliver({.vector = Vector::external_interrupt}, state.pc);
  } else {
    decrementer_pending_ = false;
    deliver({.vector = Vector::decrementer}, state.pc);
  }
  return true;
}

void Cpu::take_unmasked() {
  if (fp_exception_waiting()) {
    deliver({Vector::program, program_cause::fp_enabled | program_cause::srr0_is_next}, state.pc);
  } else {
    take_interrupt();
  }
}

}  // namespace quince::ppc
