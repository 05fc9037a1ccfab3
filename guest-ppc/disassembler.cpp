#include "guest-ppc/disassembler.h"

#include <cstdio>

#include "guest-ppc/decoder.h"
#include "guest-ppc/simplified_mnemonics.h"

namespace quince::ppc {
namespace {

// Bit 6 of the stream instructions makes other mnemonics of them (AltiVec PEM chapter 6).
std::optional<AssemblyText> stream(const Line& line) {
  if (!line.insn.bit(6)) return std::nullopt;
  switch (line.op) {
    case Op::dst: return AssemblyText{"dstt", operand_text("A,B,T", line)};
    case Op::dstst: return AssemblyText{"dststt", operand_text("A,B,T", line)};
    case Op::dss: return AssemblyText{"dssall", ""};
    default: return std::nullopt;
  }
}

AssemblyText standard(const Line& line) {
  if (std::optional<AssemblyText> found = stream(line)) return *found;
  return {info(line.op).mnemonic + mnemonic_suffixes(line), operand_text(operand_format(line.op), line)};
}

AssemblyText choose(const Line& line, Style style) {
  if (style == Style::simplified) {
    if (std::optional<AssemblyText> found = simplified_mnemonic(line)) return *found;
  }
  return standard(line);
}

}  // namespace

std::string disassemble(u32 word, u32 address, Style style) {
  const Op op = decode(word);
  if (op == Op::illegal) {
    char text[24];
    std::snprintf(text, sizeof text, ".long 0x%x", word);
    return text;
  }
  AssemblyText text = choose({op, Insn(word), address}, style);
  if (text.operands.empty()) return text.mnemonic;
  if (text.mnemonic.size() < 7) text.mnemonic.resize(7, ' ');
  return text.mnemonic + ' ' + text.operands;
}

}  // namespace quince::ppc
