// Random cases: register states biased to values on which arithmetic turns, and programs of all instructions
// that a user-mode program may execute.
#pragma once

#include <vector>

#include "guest-ppc/cpu_model.h"
#include "tests/differential/program.h"
#include "tests/differential/random.h"

namespace quince::differential {

// Instructions that are never generated, and why.
struct NeverGenerated {
  ppc::Op op;
  const char* reason;
};
std::span<const NeverGenerated> never_generated();

class Generator {
 public:
  Generator(const ppc::CpuModel& model, u64 seed);

  Case next();

 private:
  enum class Kind : u8 { integer, floating, vector, memory, branch, special };

  // State
  u32 integer();
  u32 single();
  u64 floating();
  u64 near_to(u64 value);
  V128 vector_value();
  State state();

  // Programs
  Program program();
  Body body(std::size_t& room);
  Piece piece(bool in_loop);
  Kind kind();
  unsigned reg();
  unsigned free_reg();   // no base register, not 0
  unsigned fresh_reg();  // that, and none that `taken_` names
  bool writable(const std::vector<u32>& words, bool in_loop) const;
  u32 random_word(ppc::Op op);
  Piece computation(const std::vector<ppc::Op>& ops);
  Piece memory_access();
  Piece memory_access(ppc::Op op);
  Piece displacement_form(ppc::Op op, i32 offset);
  Piece indexed_form(ppc::Op op, i32 offset);
  Piece string_form(ppc::Op op, i32 offset);
  Piece branch(bool in_loop);
  Piece computed_branch(bool in_loop);
  Piece call_and_return();
  Piece special();
  Piece reservation_pair();
  Piece set_fpscr();
  Piece read_fpscr();
  Piece set_vscr();
  Piece set_xer();
  Piece move_spr();
  i32 offset(unsigned bytes);
  unsigned branch_options(bool may_count);
  void load_constant(std::vector<u32>& words, unsigned target, u32 value) const;

  const ppc::CpuModel& model_;
  Random random_;
  unsigned base_ = 1;
  bool narrow_ = false;  // few registers, so that results are used soon
  std::array<u8, 8> pool_{};
  std::array<u32, 6> weights_{};  // of the kinds
  std::vector<ppc::Op> integer_, floating_, vector_, memory_;
};

}  // namespace quince::differential
