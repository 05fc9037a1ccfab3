// Which rows of the instruction table a run has met: counters for a test or an engine to fill, and a report.
#pragma once

#include <array>
#include <string>

#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

class Coverage {
 public:
  void count(Op op) { ++counts_[static_cast<std::size_t>(op)]; }
  u64 times(Op op) const { return counts_[static_cast<std::size_t>(op)]; }
  Coverage& operator+=(const Coverage& other);

  // Rows of these parts that were never met, Op::illegal not among them.
  unsigned uncovered(IsaSet isa) const;

  // A table for people: one line for each part with rows covered and rows there are, the rows covered with
  // their counts, and those that are not.
  std::string report(IsaSet isa) const;

 private:
  std::array<u64, op_count> counts_{};
};

}  // namespace quince::ppc
