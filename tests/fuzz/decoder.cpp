// Any word decodes to the one row of the table whose opcode bits it has, and to illegal if there is none; its
// text and its effects can be had and agree with the row.
#include "guest-ppc/decoder.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"

namespace {

using namespace quince::ppc;

// The table read literally, row by row.
Op search(u32 word) {
  for (const InsnInfo& row : instruction_table)
    if (row.op != Op::illegal && (word & row.mask) == row.match) return row.op;
  return Op::illegal;
}

void require(bool condition, u32 word, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "0x%08x, %s: %s\n", word, info(decode(word)).mnemonic, what);
  std::abort();
}

bool is_subset(const StateSet& part, const StateSet& whole) {
  return !(part.gpr & ~whole.gpr) && !(part.fpr & ~whole.fpr) && !(part.vr & ~whole.vr) &&
         !(part.cr & ~whole.cr) && !(part.other & ~whole.other);
}

void check_decoding(u32 word) {
  const Op op = decode(word);
  require(op == search(word), word, "another row of the table matches");
  for (const IsaSet isa : {isa_750, isa_7400, isa_all}) {
    const Op found = decode(word, isa);
    require(found == (isa.has(info(op).part) ? op : Op::illegal), word, "a processor decodes it otherwise");
  }
}

void check_text(u32 word, u32 address) {
  const Op op = decode(word);
  for (const Style style : {Style::simplified, Style::standard}) {
    const std::string text = disassemble(word, address, style);
    require(!text.empty() && text.size() < 48, word, "its text has an odd length");
    require(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789 .,+-*()") == std::string::npos, word,
            "its text has an odd character");
    require(text.starts_with(".long ") == (op == Op::illegal), word, "its text is that of another kind");
    if (op != Op::illegal)
      require(text == disassemble(word & used_bits(op), address, style), word,
              "a reserved bit shows in its text");
  }
}

void check_effects(u32 word) {
  const InsnInfo& row = info(decode(word));
  const Effects found = effects(word);
  require(is_subset(found.kills, found.writes), word, "it kills what it does not write");
  require(!found.reads.fpr || row.has(flag::fp), word, "it reads FPRs without MSR[FP]");
  require(!(found.reads.vr | found.writes.vr) || row.has(flag::vec), word, "it needs MSR[VEC]");
  require(!(found.flags & flag::by_spr), word, "a flag is left open");
  if (row.op != Op::illegal)
    require(found.writes == effects(word & used_bits(row.op)).writes, word, "a reserved bit has an effect");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    const u32 word = u32{data[i]} << 24 | u32{data[i + 1]} << 16 | u32{data[i + 2]} << 8 | u32{data[i + 3]};
    check_decoding(word);
    check_text(word, word * 0x9e37'79b1);
    check_effects(word);
  }
  return 0;
}
