// Random code without any order: every instruction of the processor, with random registers, wherever it may
// lead; between it, the ordered programs of tests/differential.
#pragma once

#include <vector>

#include "tests/differential/generator.h"
#include "tests/jit/board.h"

namespace quince::jit_test {

class Chaos {
 public:
  Chaos(const ppc::CpuModel& model, BoardKind board, u64 seed);

  // Fills the pages at places::code.
  std::vector<u32> code();
  // A word to be put anywhere in it.
  u32 another_word() { return random_word(random_.pick(random_.one_in(4) ? all_ : computing_)); }
  // Changes registers at random; pc leads into the code. Two boards with equal registers get equal ones.
  void set_registers(Board& board);

 private:
  void piece();
  void put(u32 word) { code_.push_back(word); }
  void put(std::initializer_list<u32> words) { code_.insert(code_.end(), words); }
  void constant(unsigned reg, u32 value);
  void forget_constant(unsigned r);
  unsigned reg();
  unsigned reg_not_0() { return random_.between(1, 31); }
  u32 random_word(ppc::Op op);
  u32 here() const { return places::code + 4 * static_cast<u32>(code_.size()); }
  u32 number();
  u32 data_address();
  u32 code_address();
  u32 machine_state();
  u32 distance();
  void memory_access();
  void chain();
  void branch();
  void indirect_branch();
  void loop();
  void walk();
  void call();
  void system();
  void ordered_program();
  void written_code();

  const BoardKind board_;
  Random random_;
  differential::Generator ordered_;
  std::vector<ppc::Op> all_, computing_, plain_, memory_, system_, carrying_, conditional_;
  std::vector<u32> code_;
  std::array<u8, 8> pool_{};
  std::array<u32, 11> weights_{};
};

}  // namespace quince::jit_test
