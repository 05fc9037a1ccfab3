#include "tests/decoder/differences.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace quince::ppc::test {

std::string in_common_notation(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const bool starts = result.empty() || !std::isalnum(static_cast<unsigned char>(result.back()));
    const bool negative =
        text[i] == '-' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]));
    if (starts && (negative || std::isdigit(static_cast<unsigned char>(text[i])))) {
      char* end = nullptr;
      const u64 value = std::strtoull(&text[i + negative], &end, 0);
      result += std::to_string(static_cast<u32>(negative ? 0 - value : value));
      i = static_cast<std::size_t>(end - text.c_str());
      continue;
    }
    const bool hint = (text[i] == '+' || text[i] == '-') && (i + 1 == text.size() || text[i + 1] == ' ');
    const bool blank = text[i] == ' ' && result.find(' ') != std::string::npos;
    if (!hint && !blank) result += text[i];
    ++i;
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

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
