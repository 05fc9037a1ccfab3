// The disassembler against the examples of the DingusPPC project (address, word, mnemonic, operands...),
// which were made independently of binutils. They are not part of this repository; see
// tests/vectors/dingus_csv.h.
#include <gtest/gtest.h>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/insn.h"
#include "tests/decoder/differences.h"
#include "tests/vectors/dingus_csv.h"

namespace quince::ppc::test {
namespace {

std::string mnemonic(const std::string& text) { return text.substr(0, text.find(' ')); }

// The numbers among the operands, in order.
std::vector<unsigned> numbers(const std::string& text) {
  std::vector<unsigned> result;
  for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(',', at + 1)) {
    const char* operand = text.c_str() + at + 1;
    if (*operand >= '0' && *operand <= '9') result.push_back(static_cast<unsigned>(std::atoi(operand)));
  }
  return result;
}

struct Rotate {
  unsigned sh, mb, me;
  friend bool operator==(const Rotate&, const Rotate&) = default;
};

// Rotates by the definitions of PEM F.4, of which binutils and we print only the common ones.
bool is_the_same_rotate(const Comparison& c) {
  static constexpr struct {
    const char* mnemonic;
    Rotate (*fields)(unsigned first, unsigned second);
  } forms[] = {
      {"extlwi",
       [](unsigned n, unsigned b) {
         return Rotate{b, 0, n - 1};
       }},
      {"extrwi",
       [](unsigned n, unsigned b) {
         return Rotate{(b + n) % 32, 32 - n, 31};
       }},
      {"inslwi",
       [](unsigned n, unsigned b) {
         return Rotate{32 - b, b, b + n - 1};
       }},
      {"insrwi",
       [](unsigned n, unsigned b) {
         return Rotate{32 - (b + n), b, b + n - 1};
       }},
      {"rotrwi",
       [](unsigned n, unsigned) {
         return Rotate{32 - n, 0, 31};
       }},
      {"clrlslwi",
       [](unsigned b, unsigned n) {
         return Rotate{n, b - n, 31 - n};
       }},
  };
  const Insn insn(c.word);
  const std::vector<unsigned> given = numbers(c.theirs);
  const std::string registers = " r" + std::to_string(insn.ra()) + ",r" + std::to_string(insn.rs()) + ",";
  for (const auto& form : forms) {
    if (mnemonic(c.theirs) != form.mnemonic + std::string(insn.rc() ? "." : "") || given.empty()) continue;
    const Rotate fields = form.fields(given[0], given.back());
    return c.theirs.find(registers) != std::string::npos && fields == Rotate{insn.sh(), insn.mb(), insn.me()};
  }
  return false;
}

// Of the 601, and those of the 603 that load its TLBs.
bool is_of_another_processor(const Comparison& c) {
  static const std::string names =
      " abs abso clcs div divo divs divso doz dozi dozo maskg maskir mul mulo nabs nabso rlmi rrib sle sleq "
      "sliq slliq "
      "sllq sre sreq sriq srlq tlbld tlbli ";
  std::string name = mnemonic(c.theirs);
  if (name.ends_with('.')) name.pop_back();
  return c.op == Op::illegal && names.find(" " + name + " ") != std::string::npos;
}

std::vector<Explanation> explanations() {
  return {
      {"instructions of the 601 and the 603", "illegal here", is_of_another_processor},
      {"dc.l", "reserved bits, which the 750 and the 7400 ignore",
       [](const Comparison& c) { return c.theirs.starts_with("dc.l ") && (c.word & ~used_bits(c.op)) != 0; }},
      {"extlwi extrwi inslwi insrwi rotrwi clrlslwi", "other names of the same rotate", is_the_same_rotate},
      {"lwz r0,12092", "no base instead of a base of 0",
       [](const Comparison& c) { return c.ours == c.theirs + "(0)" && Insn(c.word).ra() == 0; }},
      {"mtfsfi cr7,15", "a field of FPSCR, written as one of CR",
       [](const Comparison& c) {
         std::string ours = c.ours;
         return c.op == Op::mtfsfi && ours.insert(ours.find(' ') + 1, "cr") == c.theirs;
       }},
      {"b for bc 20", "bc that does not look at anything",
       [](const Comparison& c) {
         return c.ours.starts_with("bc 20,lt,") && c.theirs == "b " + c.ours.substr(9);
       }},
      {"cmp cr7,r31,r23", "L = 1, an invalid form, left out",
       [](const Comparison& c) { return c.op == Op::cmp && c.ours == "cmp cr7,1,r31,r23"; }},
  };
}

TEST(Disassembler, AgreesWithDingusPpc) {
  const auto path = quince::test::find_dingus_file("ppcdisasmtest.csv");
  if (!path)
    GTEST_SKIP() << "needs vectors/dingusppc/ppcdisasmtest.csv beside the source tree or in $QUINCE_SHARED";
  Differences differences(explanations());
  std::ifstream in(*path);
  std::string text;
  unsigned rows = 0;
  while (std::getline(in, text)) {
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.empty() || text[0] == '#') continue;
    std::istringstream cells(text);
    std::string address, word, mnemonic, operands;
    std::getline(cells, address, ',');
    std::getline(cells, word, ',');
    std::getline(cells, mnemonic, ',');
    std::getline(cells, operands);
    const u32 at = static_cast<u32>(std::stoul(address, nullptr, 16));
    const u32 value = static_cast<u32>(std::stoul(word, nullptr, 16));
    const std::string theirs = in_common_notation(mnemonic.append(" ").append(operands));
    const std::string ours = in_common_notation(disassemble(value, at));
    differences.compare({value, decode(value), ours, theirs});
    ++rows;
  }
  EXPECT_EQ(rows, 397u);
  differences.check(Rows::all_needed);
}

}  // namespace
}  // namespace quince::ppc::test
