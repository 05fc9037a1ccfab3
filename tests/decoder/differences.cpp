#include "tests/decoder/differences.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace quince::ppc::test {

void Differences::compare(const Comparison& comparison) {
  ++words_;
  if (comparison.ours == comparison.theirs) return;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (!table_[i].applies(comparison)) continue;
    ++uses_[i];
    return;
  }
  ++unexplained_;
  char word[16];
  std::snprintf(word, sizeof word, "%08x", comparison.word);
  const std::string kind = std::string(info(comparison.op).mnemonic) + " / " +
                           comparison.theirs.substr(0, comparison.theirs.find(' '));
  examples_.try_emplace(
      kind, std::string(word) + " ours \"" + comparison.ours + "\", theirs \"" + comparison.theirs + "\"");
}

void Differences::check(Rows rows) const {
  std::printf("%llu texts compared\n", static_cast<unsigned long long>(words_));
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (uses_[i] == 0 && rows == Rows::some_needed) continue;
    std::printf("%10llu  %s: %s\n", static_cast<unsigned long long>(uses_[i]), table_[i].pattern,
                table_[i].reason);
    EXPECT_NE(uses_[i], 0u) << "explains nothing: " << table_[i].pattern;
  }
  for (const auto& [kind, example] : examples_) ADD_FAILURE() << kind << ": " << example;
  EXPECT_EQ(unexplained_, 0u);
}

}  // namespace quince::ppc::test
