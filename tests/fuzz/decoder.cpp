// Any word decodes to the one row of the table whose opcode bits it has, and to illegal if there is none.
#include "guest-ppc/decoder.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using quince::ppc::Op;
using quince::ppc::u32;

// The table read literally, row by row.
Op search(u32 word) {
  for (const quince::ppc::InsnInfo& row : quince::ppc::instruction_table)
    if (row.op != Op::illegal && (word & row.mask) == row.match) return row.op;
  return Op::illegal;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    const u32 word = u32{data[i]} << 24 | u32{data[i + 1]} << 16 | u32{data[i + 2]} << 8 | u32{data[i + 3]};
    if (quince::ppc::decode(word) != search(word)) {
      std::fprintf(stderr, "0x%08x decodes to row %u, but row %u of the table matches\n", word,
                   static_cast<unsigned>(quince::ppc::decode(word)), static_cast<unsigned>(search(word)));
      std::abort();
    }
  }
  return 0;
}
