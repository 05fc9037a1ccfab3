// Instruction words to compare disassemblers with: repeatable, and shaped so that forms with names of their
// own and reserved bits come up often enough.
#pragma once

#include <random>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::ppc::test {

class WordSource {
 public:
  explicit WordSource(u32 seed) : random_(seed) {}

  // Every primary opcode with every value of bits 21-31, the other bits 0 and random: 2^18 words.
  std::vector<u32> every_opcode();
  // Rows of the instruction table in turn with random operands; each tenth word is entirely random.
  std::vector<u32> rows(std::size_t count);

 private:
  u32 operands(u32 free_bits);
  u32 maybe_known_spr(u32 word);

  std::mt19937 random_;
  std::size_t next_row_ = 0;
};

// The executable bytes of a library of the PowerPC cross compiler, such as libc.so.6.
std::vector<u32> library_text(const char* library);

// QUINCE_DECODER_WORDS, or a number that suits every day.
std::size_t word_count();

}  // namespace quince::ppc::test
