#include "tests/decoder/words.h"

#include <cstdlib>
#include <string>

#include "guest-ppc/disassembler.h"
#include "guest-ppc/insn.h"
#include "tests/decoder/tool.h"

namespace quince::ppc::test {
namespace {

constexpr unsigned interesting_sprs[] = {1,   4,   8,   9,   20,  22,  26,   256, 268,
                                         272, 284, 287, 528, 541, 936, 1008, 1017};

u32 with_spr(u32 word, unsigned spr) {
  return (word & ~rotate_mask(11, 20)) | (spr & 31) << 16 | (spr >> 5) << 11;
}

u32 copy_field(u32 word, unsigned from, unsigned to) {
  const u32 value = Insn(word).bits(from, from + 4);
  return (word & ~rotate_mask(to, to + 4)) | value << (27 - to);
}

}  // namespace

std::vector<u32> WordSource::every_opcode() {
  std::vector<u32> words;
  for (u32 primary = 0; primary < 64; ++primary) {
    for (u32 low = 0; low < 2048; ++low) {
      const u32 opcode = primary << 26 | low;
      words.push_back(opcode);
      words.push_back(opcode | operands(0x03ff'f800));
    }
  }
  return words;
}

u32 WordSource::operands(u32 free_bits) {
  u32 word = random_();
  switch (random_() % 16) {
    case 0: word = copy_field(word, 6, 16); break;
    case 1: word = copy_field(word, 11, 16); break;
    case 2: word = copy_field(copy_field(word, 11, 6), 11, 16); break;
    case 3: word &= ~rotate_mask(11, 15); break;
    case 4: word &= ~rotate_mask(11, 31); break;
    case 5: word &= ~rotate_mask(16, 31); break;
    case 6: word &= ~rotate_mask(6, 20); break;
    case 7: word |= rotate_mask(26, 30); break;
    case 8: word &= ~rotate_mask(6, 15); break;
    case 9: word = copy_field(word & ~rotate_mask(21, 30), 16, 21) | rotate_mask(26, 30); break;
    default: break;
  }
  return word & free_bits;
}

u32 WordSource::maybe_known_spr(u32 word) {
  return random_() % 2 ? with_spr(word, interesting_sprs[random_() % std::size(interesting_sprs)]) : word;
}

std::vector<u32> WordSource::rows(std::size_t count) {
  std::vector<u32> words;
  while (words.size() < count) {
    if (random_() % 10 == 0) {
      words.push_back(random_());
      continue;
    }
    const InsnInfo& row = instruction_table[1 + next_row_++ % (op_count - 1)];
    u32 word = row.match | operands(~row.mask);
    if (row.reads & role::SPR || row.writes & role::SPR || row.op == Op::mftb) word = maybe_known_spr(word);
    // Most of what programs contain has no reserved bit set.
    words.push_back(random_() % 4 ? word & used_bits(row.op) : word);
  }
  return words;
}

std::vector<u32> library_text(const char* library) {
  const std::string path = output_of("powerpc-linux-gnu-gcc -print-file-name=" + std::string(library));
  const TemporaryFile text;
  output_of("powerpc-linux-gnu-objcopy -O binary --only-section=.text " + path.substr(0, path.find('\n')) +
            " " + text.path());
  return text.read_words();
}

std::size_t word_count() {
  const char* wanted = std::getenv("QUINCE_DECODER_WORDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 300'000;
}

}  // namespace quince::ppc::test
