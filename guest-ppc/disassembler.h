// Instruction words as assembly language, in the notation of the PowerPC manuals and of the GNU tools.
#pragma once

#include <string>

#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

enum class Style {
  simplified,  // li, mr, beq-, slwi, mflr ... (PEM appendix F), chosen as GNU objdump chooses them
  standard,    // addi, or, bc, rlwinm, mfspr ...: one mnemonic per row of the instruction table
};

// One line without its address: the mnemonic padded to seven columns, a blank, the operands. `address` is the
// word's own and serves branch targets. Every row of the table is known, whatever processor implements it;
// reserved bits do not show. A word that is no instruction is
// ".long 0x...".
std::string disassemble(u32 word, u32 address, Style style = Style::simplified);

// The bits of a word of this row that say something: opcode, operands, Rc and the like. The others are
// reserved.
u32 used_bits(Op op);

}  // namespace quince::ppc
