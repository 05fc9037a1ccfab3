// Cases in our own engines: one instruction at a time (in the interpreter), or as ordinary code.
#pragma once

#include <optional>
#include <span>

#include "tests/differential/state.h"
#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"

namespace quince::differential {

// Where the first word of a case's program is, in this slot.
u32 program_address(unsigned slot);

class Machine {
 public:
  Machine(const ppc::CpuModel& model, test::EngineKind kind);

  void load(const State& state);
  State store() const;

  // Runs the words from their address on to the end. The exception, if they did not get there.
  std::optional<ppc::GuestException> run(std::span<const u32> words, u32 address);

  ppc::CpuState& registers() { return machine_.cpu.state; }
  std::span<u8> scratch() { return {&machine_.memory.ram[LAYOUT_SCRATCH], LAYOUT_SCRATCH_BYTES}; }

 protected:
  static constexpr u32 ram_bytes = 4u << 20;
  test::FlatMachine machine_;
};

// All memory that may hold code holds system calls, but for the instruction that is being executed: it ends
// there, wherever it leads.
class Stepper : public Machine {
 public:
  explicit Stepper(const ppc::CpuModel& model);

  // The instruction at registers().pc. Afterwards that is the next one's address, if there was no exception.
  std::optional<ppc::GuestException> step(u32 word);
};

}  // namespace quince::differential
