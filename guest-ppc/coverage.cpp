#include "guest-ppc/coverage.h"

#include <vector>

namespace quince::ppc {
namespace {

// Words in lines of at most 110 columns, indented by four.
std::string wrapped(const std::string& title, const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string text = "  " + title + ":", line;
  for (const std::string& word : words) {
    if (line.empty() || line.size() + 1 + word.size() > 106) {
      text += line + "\n   ";
      line.clear();
    }
    line += ' ' + word;
  }
  return text + line + '\n';
}

}  // namespace

Coverage& Coverage::operator+=(const Coverage& other) {
  for (std::size_t i = 0; i < op_count; ++i) counts_[i] += other.counts_[i];
  return *this;
}

unsigned Coverage::uncovered(IsaSet isa) const {
  unsigned rows = 0;
  for (const InsnInfo& row : instruction_table) rows += isa.has(row.part) && times(row.op) == 0;
  return rows;
}

std::string Coverage::report(IsaSet isa) const {
  std::string text;
  for (unsigned i = 0; i < static_cast<unsigned>(Part::count); ++i) {
    const Part part{static_cast<u8>(i)};
    if (!isa.has(part)) continue;
    std::vector<std::string> covered, missing;
    for (const InsnInfo& row : instruction_table) {
      if (row.part != part) continue;
      const u64 count = times(row.op);
      if (count == 0)
        missing.emplace_back(row.mnemonic);
      else
        covered.push_back(std::string(row.mnemonic) + " " + std::to_string(count));
    }
    const std::size_t all = covered.size() + missing.size();
    text +=
        std::string(name(part)) + ": " + std::to_string(covered.size()) + " of " + std::to_string(all) + "\n";
    text += wrapped("covered", covered) + wrapped("not covered", missing);
  }
  return text;
}

}  // namespace quince::ppc
