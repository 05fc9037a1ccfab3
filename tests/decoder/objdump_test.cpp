// The decoder and both styles of the disassembler against GNU objdump.
#include <gtest/gtest.h>

#include <algorithm>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"
#include "guest-ppc/insn.h"
#include "tests/decoder/differences.h"
#include "tests/decoder/tool.h"
#include "tests/decoder/words.h"

namespace quince::ppc::test {
namespace {

bool no_instruction(const Comparison& c) { return c.theirs.starts_with(".long"); }

bool has_reserved_bits(const Comparison& c) { return (c.word & ~used_bits(c.op)) != 0; }

std::string mnemonic(const std::string& text) { return text.substr(0, text.find(' ')); }

bool is_one_of(Op op, std::initializer_list<Op> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

// Their text is ours and a number more, after a comma or, if there was no operand, blanks and perhaps "cr0,".
bool has_one_more_operand(const Comparison& c) {
  if (!c.theirs.starts_with(c.ours)) return false;
  const std::size_t number = c.theirs.find_last_of(" ,") + 1;
  const std::string between = c.theirs.substr(c.ours.size(), number - c.ours.size());
  const bool separates = between == "," || between.ends_with(" ") || between.ends_with(" cr0,");
  return separates && c.theirs.find_first_not_of("-0123456789", number) == std::string::npos;
}

bool base_is_loaded(const Comparison& c) {
  const Insn insn(c.word);
  switch (c.op) {
    case Op::lmw: return insn.ra() >= insn.rd();
    case Op::lswx: return insn.ra() == insn.rd() || insn.rb() == insn.rd();
    case Op::lswi: return (effects(c.word).kills.gpr >> insn.ra() & 1) != 0;
    default: return false;
  }
}

bool updates_wrongly(const Comparison& c) {
  const InsnInfo& row = info(c.op);
  const Insn insn(c.word);
  if (!row.has(flag::load | flag::store) || !(row.writes & role::RA)) return false;
  return insn.ra() == 0 || ((row.writes & role::RD) && insn.ra() == insn.rd());
}

bool has_z_bits(u32 bo) {
  const bool no_test = bo & 16, no_count = bo & 4;
  if (no_test && no_count) return (bo & 11) != 0;
  return (no_test && (bo & 8)) || (no_count && (bo & 2));
}

bool splat_index_is_too_big(const Comparison& c) {
  const u32 index = Insn(c.word).vuimm();
  return (c.op == Op::vspltb && index > 15) || (c.op == Op::vsplth && index > 7) ||
         (c.op == Op::vspltw && index > 3);
}

bool names_the_same_spr(const Comparison& c) {
  const Insn insn(c.word);
  const std::string spr = std::to_string(insn.spr()), gpr = "r" + std::to_string(insn.rd());
  return (c.op == Op::mfspr && c.theirs == "mfspr   " + gpr + "," + spr) ||
         (c.op == Op::mtspr && c.theirs == "mtspr   " + spr + "," + gpr);
}

std::vector<Explanation> explanations() {
  return {
      {"reserved bit, .long",
       "the 750 and the 7400 ignore reserved bits, and programs rely on it; binutils does not "
       "(the same word without them is compared too)",
       [](const Comparison& c) { return has_reserved_bits(c) && no_instruction(c); }},
      {"one more operand", "a field that later processors gave a meaning: BH, L, EH, LEV, WC",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::bclr, Op::bcctr, Op::dcbf, Op::fres, Op::frsqrte, Op::lwarx, Op::mfcr,
                                 Op::mtmsr, Op::sc, Op::sync, Op::tlbie}) &&
                has_one_more_operand(c);
       }},
      {"sync with L of 2 or 3", "likewise; the 7400 ignores the field",
       [](const Comparison& c) { return c.op == Op::sync && Insn(c.word).bit(9) && no_instruction(c); }},
      {"mfocrf, mtocrf", "a reserved bit here: the whole of CR, all fields of the mask",
       [](const Comparison& c) {
         return has_reserved_bits(c) && ((c.op == Op::mfcr && mnemonic(c.theirs) == "mfocrf") ||
                                         (c.op == Op::mtcrf && mnemonic(c.theirs) == "mtocrf"));
       }},
      {"update of r0 or of the loaded register",
       "an invalid form, which the processor executes none the less",
       [](const Comparison& c) { return updates_wrongly(c) && no_instruction(c); }},
      {"base among the loaded registers", "an invalid form of lmw, lswi and lswx, likewise",
       [](const Comparison& c) { return base_is_loaded(c) && no_instruction(c); }},
      {"BO with z bits", "an invalid form, likewise",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::bc, Op::bclr, Op::bcctr}) && has_z_bits(Insn(c.word).bo()) &&
                no_instruction(c);
       }},
      {"mftb of another register", "an invalid form: the opcode is mftb's",
       [](const Comparison& c) {
         return c.op == Op::mftb && Insn(c.word).spr() != 268 && Insn(c.word).spr() != 269 &&
                no_instruction(c);
       }},
      {"vsplt with an index beyond the vector", "the processor takes the low bits of the index",
       [](const Comparison& c) { return splat_index_is_too_big(c) && no_instruction(c); }},
      {"dcba", "the 7400 has it, binutils gives it to the 7450 and to embedded processors",
       [](const Comparison& c) { return c.op == Op::dcba && no_instruction(c); }},
      {"tlbld, tlbli", "instructions of the 603, which binutils gives to all",
       [](const Comparison& c) {
         return c.op == Op::illegal && (mnemonic(c.theirs) == "tlbld" || mnemonic(c.theirs) == "tlbli");
       }},
      {"mfrtcu, mfrtcl, mtrtcu, mtrtcl", "special registers of the 601 only",
       [](const Comparison& c) {
         const u32 spr = Insn(c.word).spr();
         return (c.op == Op::mfspr && (spr == 4 || spr == 5) && mnemonic(c.theirs).starts_with("mfrtc")) ||
                (c.op == Op::mtspr && (spr == 20 || spr == 21) && mnemonic(c.theirs).starts_with("mtrtc"));
       }},
      {"names of special registers", "binutils does not know the 7400's own, we do",
       [](const Comparison& c) { return names_the_same_spr(c); }},
  };
}

// With each word that has reserved bits set comes the same word without them.
std::vector<u32> with_canonical_words(const std::vector<u32>& words) {
  std::vector<u32> result;
  for (const u32 word : words) {
    result.push_back(word);
    const u32 canonical = word & used_bits(decode(word));
    if (decode(word) != Op::illegal && canonical != word) result.push_back(canonical);
  }
  return result;
}

void compare(const std::vector<u32>& words, Style style, const char* options, Differences& differences) {
  static constexpr std::size_t chunk = 500'000;
  for (std::size_t begin = 0; begin < words.size(); begin += chunk) {
    const std::vector<u32> part(
        words.begin() + static_cast<std::ptrdiff_t>(begin),
        words.begin() + static_cast<std::ptrdiff_t>(std::min(begin + chunk, words.size())));
    const std::vector<std::string> theirs = objdump(part, options);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const std::string ours = disassemble(part[i], static_cast<u32>(4 * i), style);
      differences.compare({part[i], decode(part[i]), ours, theirs[i]});
    }
  }
}

void compare_both_styles(const std::vector<u32>& words, Rows rows) {
  const std::vector<u32> all = with_canonical_words(words);
  Differences differences(explanations());
  compare(all, Style::simplified, "7400", differences);
  compare(all, Style::standard, "7400,raw", differences);
  differences.check(rows);
}

TEST(Objdump, AgreesOnEveryOpcode) {
  WordSource source(1);
  std::vector<u32> words = source.every_opcode();
  const std::vector<u32> rows = source.rows(word_count());
  words.insert(words.end(), rows.begin(), rows.end());
  compare_both_styles(words, Rows::all_needed);
}

TEST(Objdump, AgreesOnTheCLibrary) {
  for (const char* library : {"libc.so.6", "libm.so.6", "ld.so.1"}) {
    const std::vector<u32> words = library_text(library);
    ASSERT_GT(words.size(), 10'000u) << library;
    std::printf("%s: %zu instructions\n", library, words.size());
    compare_both_styles(words, Rows::some_needed);
  }
}

}  // namespace
}  // namespace quince::ppc::test
