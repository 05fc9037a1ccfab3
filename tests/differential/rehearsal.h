// A case in our interpreter before QEMU sees it: instructions for which QEMU is no reference are taken out,
// and what should come of the rest is noted.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "guest-ppc/coverage.h"
#include "tests/differential/effects_check.h"
#include "tests/differential/exclusions.h"
#include "tests/differential/program.h"

namespace quince::differential {

struct Rehearsed {
  Case c;
  State after;
  Ignored ignored;
  u64 executed = 0;    // instructions, without those taken out
  std::string defect;  // if not empty: what our own checks found
};

// A case that ends in an instruction for which a row of exclusions() holds.
struct Example {
  std::size_t row;
  Case c;
  Ignored ignored;   // by other rows
  Ignored expected;  // what the row says may differ; if nothing: anything
};

class Rehearsal {
 public:
  // Of the instructions one in `read_checks` is tested for what it reads. `on_example` may be called at each
  // exclusion.
  Rehearsal(const ppc::CpuModel& model, u64 seed, u32 read_checks,
            std::function<void(const Example&)> on_example);

  Rehearsed run(Case c, unsigned slot);

  const ppc::Coverage& coverage() const { return coverage_; }
  u64 hits(std::size_t row) const { return hits_[row]; }
  // Instructions taken out because they would read what an earlier exclusion has left differing.
  u64 readers() const { return readers_; }

 private:
  struct Attempt;
  enum class Next : u8 { go_on, stop, start_again };

  Next one_instruction(Attempt& attempt);
  Next take_out(Attempt& attempt, std::size_t index, const Moment& before);
  bool excluded(Attempt& attempt, const Step& step, std::size_t index);
  std::string check_effects(u32 word, const Moment& before);
  void example(const Attempt& attempt, std::size_t row, std::size_t index, Ignored expected);
  static u32 fpscr_after(void* self, const Step& step, u32 fpscr_before);
  static u64 result_after(void* self, const Step& step, u32 fpscr_before);
  ppc::CpuState again(const Step& step, u32 fpscr_before);

  const ppc::CpuModel& model_;
  Stepper stepper_;
  Random random_;
  u32 read_checks_;
  std::function<void(const Example&)> on_example_;
  ppc::Coverage coverage_;
  std::vector<u64> hits_;
  u64 readers_ = 0;
};

}  // namespace quince::differential
