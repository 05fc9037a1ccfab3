// From an instruction word to its row of the instruction table.
#pragma once

#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

namespace decoder_detail {

// All opcode bits of the architecture lie in bits 0-5 and 21-31, so one look-up decides: the primary opcode
// says which of the low bits count and where its entries begin.
struct Primary {
  u16 base = 0;
  u16 low_mask = 0;
};
struct Primaries {
  std::array<Primary, 64> row{};
  u32 entries = 0;
};

constexpr Primaries make_primaries() {
  Primaries result;
  for (const InsnInfo& insn : instruction_table) {
    if (insn.op != Op::illegal) result.row[insn.match >> 26].low_mask |= static_cast<u16>(insn.mask & 0x7ff);
  }
  for (Primary& primary : result.row) {
    primary.base = static_cast<u16>(result.entries);
    result.entries += primary.low_mask + 1u;
  }
  return result;
}
inline constexpr Primaries primaries = make_primaries();

extern const std::array<Op, primaries.entries> ops;
extern const std::array<Part, op_count> parts;

}  // namespace decoder_detail

// The row whose opcode bits the word has, whatever processor implements it; Op::illegal if there is none.
inline Op decode(u32 word) {
  const decoder_detail::Primary primary = decoder_detail::primaries.row[word >> 26];
  return decoder_detail::ops[primary.base + (word & primary.low_mask)];
}

// The same as a processor with these parts sees it.
inline Op decode(u32 word, IsaSet isa) {
  const Op op = decode(word);
  return isa.has(decoder_detail::parts[static_cast<std::size_t>(op)]) ? op : Op::illegal;
}

}  // namespace quince::ppc
