// The guest program of guest/execute.c under qemu-ppc, as a function from operands to results.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "guest-ppc/vector/op.h"
#include "guest-ppc/vector/vscr.h"

namespace quince::test {

struct Operands {
  ppc::V128 a, b, c;
  ppc::vec::Vscr vscr = 0;
};

struct Outcome {
  ppc::V128 d;
  ppc::vec::Vscr vscr = 0;
  ppc::u32 cr6 = 0;  // 0 if the instruction was not in record form
};

class Qemu {
 public:
  static constexpr unsigned batch = 4096;  // the most operands of one run

  Qemu(const std::string& emulator, const std::string& program);
  ~Qemu();
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  // One instruction on many operands. Empty if the emulator has gone.
  std::vector<Outcome> run(ppc::vec::Op op, ppc::u32 imm, bool record, std::span<const Operands> operands);

 private:
  pid_t child_ = -1;
  int to_child_ = -1, from_child_ = -1;
};

}  // namespace quince::test
