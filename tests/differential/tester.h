// The differential test of one processor: cases in batches, each rehearsed, executed by our engines as a
// whole and by QEMU, and compared.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/differential/generator.h"
#include "tests/differential/qemu.h"
#include "tests/differential/rehearsal.h"

namespace quince::differential {

struct Tools {
  std::string emulator;  // qemu-ppc
  std::string guest;     // the program of guest/
};

class Tester {
 public:
  Tester(const ppc::CpuModel& model, const Tools& tools, u64 seed);

  // One batch of cases more. What was found is appended to defects().
  void run_batch();

  // A test of the test: QEMU gets programs in which one instruction has another operand, and most of these
  // cases must be found to differ (not all: the instruction may have been jumped over, or its result is lost
  // later).
  bool notices_changes();

  u64 executed() const { return executed_; }
  u64 cases() const { return cases_; }
  const std::vector<std::string>& defects() const { return defects_; }
  const ppc::Coverage& coverage() const { return rehearsal_.coverage(); }

  u64 readers() const { return rehearsal_.readers(); }

  struct RowCount {
    u64 met = 0;        // how often an exclusion applied
    u64 differing = 0;  // and how often QEMU was seen to differ there; looked for until it is seen once
  };
  RowCount row(std::size_t n) const { return {rehearsal_.hits(n), differing_[n]}; }

 private:
  bool notices_change(const Case& c);
  void try_example(const Example& example);
  std::optional<State> ours_as_a_whole(Machine& machine, const Case& c, unsigned slot);
  std::string compare_engine(Machine& machine, const Rehearsed& rehearsed, unsigned slot,
                             const State& theirs);
  std::optional<State> theirs(const Case& c);
  std::string compare(const Rehearsed& rehearsed, unsigned slot, const State& theirs);
  std::string finding(const Case& c);
  Case shrink(Case c);
  void report(const Case& c, const std::string& found);

  const ppc::CpuModel& model_;
  Generator generator_;
  Random random_;
  Rehearsal rehearsal_;
  Rehearsal quiet_;  // for cases that have been seen
  Machine interpreter_, translator_;
  Qemu qemu_, single_;
  u64 executed_ = 0, cases_ = 0;
  std::vector<u64> tried_, differing_;
  std::vector<std::string> defects_;
};

}  // namespace quince::differential
