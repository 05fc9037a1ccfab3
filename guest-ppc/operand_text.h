// The operands of assembly language: one format string for each value of Operands.
#pragma once

#include <string>

#include "guest-ppc/insn.h"
#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

// A decoded word and where it stands.
struct Line {
  Op op;
  Insn insn;
  u32 address;
};

// The row's operand list: a letter for each operand (see operand_text.cpp) and commas.
const char* operand_format(Op op);

// A format string applied to a word.
std::string operand_text(const char* format, const Line& line);

// The suffixes that bits of the word add to a mnemonic: o l a .
std::string mnemonic_suffixes(const Line& line);

}  // namespace quince::ppc
