// Differences between our disassembler and another one, each to be explained by a row of a table.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "guest-ppc/instruction_table.h"

namespace quince::ppc::test {

struct Comparison {
  u32 word;
  Op op;
  const std::string& ours;
  const std::string& theirs;
};

struct Explanation {
  const char* pattern;
  const char* reason;
  bool (*applies)(const Comparison&);
};

// A line of assembly with numbers as unsigned decimals of 32 bits, one blank after the mnemonic and none
// elsewhere, and without hints.
std::string in_common_notation(const std::string& text);

enum class Rows { all_needed, some_needed };

// Counts how often each row of a table was needed; what no row explains is a failure of the test.
class Differences {
 public:
  explicit Differences(std::vector<Explanation> table) : table_(std::move(table)), uses_(table_.size()) {}

  void compare(const Comparison& comparison);

  // Reports through GoogleTest: failures for unexplained differences and, if all rows are needed, for those
  // that explain nothing.
  void check(Rows rows) const;

 private:
  std::vector<Explanation> table_;
  std::vector<u64> uses_;
  u64 words_ = 0, unexplained_ = 0;
  std::map<std::string, std::string> examples_;  // by our row and their mnemonic
};

}  // namespace quince::ppc::test
