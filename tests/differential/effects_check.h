// guest-ppc/effects.h tested on an instruction that has just been executed: nothing else has changed than it
// says, and what it does not count as read has no influence.
#pragma once

#include <string>

#include "tests/differential/machine.h"
#include "tests/differential/random.h"

namespace quince::differential {

using Memory = std::array<u8, LAYOUT_SCRATCH_BYTES>;

struct Moment {
  ppc::CpuState registers;
  Memory memory;

  static Moment of(Machine& machine);
  void restore(Machine& machine) const;
};

// Empty if all is well.
std::string undeclared_writes(u32 word, const Moment& before, const Moment& after);

// Executes the word again with everything changed that it does not read. Leaves the stepper as at `after`.
std::string undeclared_reads(u32 word, const Moment& before, const Moment& after, Stepper& stepper,
                             Random& random);

}  // namespace quince::differential
