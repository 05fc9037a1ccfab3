// Random straight and branching programs of floating-point instructions, and states to start them from.
#pragma once

#include <vector>

#include "guest-ppc/cpu_state.h"
#include "guest-ppc/fpu/fpscr.h"
#include "tests/fpu/operands.h"

namespace quince::test {

class FloatPrograms {
 public:
  // Where the programs load and store: GPR 3 points into [data_base, data_base + data_bytes), GPR 4 to where
  // there is no memory.
  static constexpr ppc::u32 data_base = 0x8000, data_bytes = 0x100;

  explicit FloatPrograms(std::uint64_t seed) : random_(seed), operands_(seed ^ 0x5eed) {}

  // Ends with sc. faults: some accesses go where there is no memory.
  std::vector<ppc::u32> program(bool faults);
  // Floating-point registers, FPSCR, CR, and MSR[FE0,FE1] where exceptions are enabled.
  void randomise(ppc::CpuState& state);
  std::uint64_t operand();
  std::uint64_t bits() { return random_.next(); }

 private:
  ppc::u32 instruction(ppc::u32 left, bool faults);
  ppc::u32 arithmetic();
  ppc::u32 memory(bool faults);
  ppc::u32 words();
  ppc::u32 status_instruction();
  ppc::u32 fpr();
  ppc::u32 rc() { return random_.one_in(24) ? 1 : 0; }
  ppc::u32 below(std::uint64_t n) { return static_cast<ppc::u32>(random_.below(n)); }

  Random random_;
  Operands operands_;
};

}  // namespace quince::test
