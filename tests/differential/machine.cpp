#include "tests/differential/machine.h"

#include <algorithm>

#include "tests/differential/assembler.h"
#include "tests/differential/slot.h"

namespace quince::differential {

u32 program_address(unsigned slot) {
  return LAYOUT_SLOT_AREA + slot * LAYOUT_SLOT_BYTES + 4 * static_cast<u32>(words_before_program);
}

Machine::Machine(const ppc::CpuModel& model, test::EngineKind kind)
    : machine_(model, ram_bytes, test::maker_of(kind)) {
  machine_.cpu.alignment_traps = static_cast<u8>(ppc::AlignedOperand::reservation);  // as under Linux
}

void Machine::load(const State& state) {
  ppc::CpuState& r = registers();
  r.gpr = state.gpr;
  r.fpr = state.fpr;
  r.vr = state.vr;
  r.set_cr_word(state.cr);
  r.set_xer(state.xer);
  r.ctr = state.ctr;
  r.lr = state.lr;
  r.fpscr = state.fpscr;
  r.vscr = state.vscr;
  r.vrsave = state.vrsave;
  r.reservation = false;
  std::copy(state.memory.begin(), state.memory.end(), scratch().begin());
}

State Machine::store() const {
  const ppc::CpuState& r = machine_.cpu.state;
  State state;
  state.gpr = r.gpr;
  state.fpr = r.fpr;
  state.vr = r.vr;
  state.cr = r.cr_word();
  state.xer = r.xer();
  state.ctr = r.ctr;
  state.lr = r.lr;
  state.fpscr = r.fpscr;
  state.vscr = r.vscr;
  state.vrsave = r.vrsave;
  std::copy_n(machine_.memory.ram.begin() + LAYOUT_SCRATCH, LAYOUT_SCRATCH_BYTES, state.memory.begin());
  return state;
}

std::optional<ppc::GuestException> Machine::run(std::span<const u32> words, u32 address) {
  u32 at = address;
  for (const u32 word : words) machine_.put_word(at, word), at += 4;
  machine_.put_word(at, assembler::system_call);
  registers().pc = address;
  const ppc::GuestException end = machine_.resume();
  if (end.vector != ppc::Vector::system_call || registers().pc != at + 4) return end;
  return std::nullopt;
}

Stepper::Stepper(const ppc::CpuModel& model) : Machine(model, test::EngineKind::interpreter) {
  for (u32 n = 0; n < LAYOUT_SLOTS * LAYOUT_SLOT_BYTES; n += 4) {
    put_word(std::span(machine_.memory.ram).subspan(LAYOUT_SLOT_AREA + n), assembler::system_call);
  }
}

std::optional<ppc::GuestException> Stepper::step(u32 word) {
  const u32 pc = registers().pc;
  machine_.put_word(pc, word);
  const ppc::GuestException end = machine_.resume();
  machine_.put_word(pc, assembler::system_call);
  if (end.vector != ppc::Vector::system_call) return end;
  registers().pc -= 4;
  return std::nullopt;
}

}  // namespace quince::differential
