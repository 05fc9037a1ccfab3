// One line of data/altivec.txt: an instruction, its operands and what came of it.
//   vcmpequb. imm=0 vscr=00010000 a=... b=... : d=... vscr=00010000 cr6=2
// Registers are in the manual's order; those that the instruction does not read are left out.
#pragma once

#include <string>

#include "tests/vector/qemu.h"

namespace quince::test {

struct Recorded {
  ppc::vec::Op op{};
  bool record = false;
  ppc::u32 imm = 0;  // the field's bits
  Operands in;
  Outcome out;
};

std::string to_line(const Recorded&);
// Throws std::runtime_error on a line that is not like the above.
Recorded from_line(const std::string& line);

}  // namespace quince::test
