#include "guest-ppc/operand_text.h"

#include <cstdio>
#include <string_view>

#include "guest-ppc/disassembler.h"

namespace quince::ppc {
namespace {

// An operand list is a string with a letter for each operand and literal commas.
enum class Kind {
  gpr,
  gpr_base,
  fpr,
  vr,
  cr_field,
  cr_field_but_0,
  cr_bit,
  number,
  signed_number,
  count_32,
  displacement,
  spr,
  target,
  hidden
};

struct Operand {
  char letter;
  Kind kind;
  unsigned first, last;  // bits, numbered from the left
};

constexpr auto operand_kinds = std::to_array<Operand>({
    {'D', Kind::gpr, 6, 10},
    {'A', Kind::gpr, 11, 15},
    {'0', Kind::gpr_base, 11, 15},
    {'B', Kind::gpr, 16, 20},
    {'d', Kind::fpr, 6, 10},
    {'a', Kind::fpr, 11, 15},
    {'b', Kind::fpr, 16, 20},
    {'c', Kind::fpr, 21, 25},
    {'V', Kind::vr, 6, 10},
    {'X', Kind::vr, 11, 15},
    {'Y', Kind::vr, 16, 20},
    {'Z', Kind::vr, 21, 25},
    {'f', Kind::cr_field, 6, 8},
    {'g', Kind::cr_field, 11, 13},
    {'o', Kind::cr_field_but_0, 6, 8},
    {'p', Kind::cr_bit, 6, 10},
    {'q', Kind::cr_bit, 11, 15},
    {'r', Kind::cr_bit, 16, 20},
    {'L', Kind::number, 10, 10},         // L of compares
    {'t', Kind::number, 6, 10},          // TO, BO, a bit of FPSCR
    {'G', Kind::number, 6, 8},           // a field of FPSCR
    {'F', Kind::number, 7, 14},          // FM
    {'T', Kind::number, 9, 10},          // STRM
    {'U', Kind::number, 11, 15},         // UIMM of AltiVec
    {'v', Kind::signed_number, 11, 15},  // SIMM of AltiVec
    {'R', Kind::number, 12, 15},         // SR
    {'C', Kind::number, 12, 19},         // CRM
    {'I', Kind::number, 16, 19},         // IMM of mtfsfi
    {'S', Kind::number, 16, 20},
    {'N', Kind::count_32, 16, 20},
    {'u', Kind::number, 16, 31},
    {'i', Kind::signed_number, 16, 31},
    {'M', Kind::number, 21, 25},
    {'E', Kind::number, 26, 30},
    {'H', Kind::number, 22, 25},        // SH of vsldoi
    {'m', Kind::displacement, 11, 31},  // d(rA)
    {'s', Kind::spr, 11, 20},
    {'%', Kind::target, 16, 30},  // BD and AA
    {'@', Kind::target, 6, 30},   // LI and AA
    {'y', Kind::hidden, 9, 10},   // L of later processors' sync
    {'z', Kind::hidden, 6, 6},    // T of data streams
});

// By Operands.
constexpr auto formats = std::to_array<const char*>({
    "",        "D",       "D,A",       "D,A,B",     "D,A,i", "D,0,i", "D,0,B",   "D,0,N",   "D,m",
    "D,B",     "D,s",     "D,s",       "D,R",       "s,D",   "R,D",   "C,D",     "A,D",     "A,D,B",
    "A,D,u",   "A,D,S",   "A,D,S,M,E", "A,D,B,M,E", "0,B",   "B",     "t,A,B",   "t,A,i",   "f,L,A,B",
    "f,L,A,i", "f,L,A,u", "@",         "t,q,%",     "t,q",   "p,q,r", "f,g",     "f",       "t",
    "G,I",     "F,b",     "y",         "d",         "d,b",   "d,a,b", "d,a,c",   "d,a,c,b", "d,m",
    "d,0,B",   "f,a,b",   "V",         "Y",         "V,Y",   "V,X,Y", "V,X,Y,Z", "V,X,Z,Y", "V,X,Y,H",
    "V,Y,U",   "V,v",     "V,0,B",     "zA,B,T",    "zT",
});
static_assert(formats.size() == static_cast<std::size_t>(Operands::strm) + 1);

const Operand* find_operand(char letter) {
  for (const Operand& operand : operand_kinds) {
    if (operand.letter == letter) return &operand;
  }
  return nullptr;
}

std::string number(i64 value) { return std::to_string(value); }

std::string hex(u32 value, const char* format) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string cr_bit(unsigned bit) {
  static constexpr const char* names[] = {"lt", "gt", "eq", "so"};
  const std::string name = names[bit & 3];
  return bit < 4 ? name : "4*cr" + number(bit >> 2) + "+" + name;
}

u32 target(const Line& line) {
  const i32 offset = line.op == Op::b ? line.insn.li() : line.insn.bd();
  return (line.insn.aa() ? 0 : line.address) + static_cast<u32>(offset);
}

// 0 is a register only where the table says so.
std::string base(const Line& line) {
  const unsigned ra = line.insn.ra();
  return ra == 0 && (info(line.op).reads & role::RA0) ? "0" : "r" + number(ra);
}

std::string text_of(const Operand& operand, const Line& line) {
  const u32 field = line.insn.bits(operand.first, operand.last);
  switch (operand.kind) {
    case Kind::gpr: return "r" + number(field);
    case Kind::gpr_base: return base(line);
    case Kind::fpr: return "f" + number(field);
    case Kind::vr: return "v" + number(field);
    case Kind::cr_field: return "cr" + number(field);
    case Kind::cr_field_but_0: return field == 0 ? "" : "cr" + number(field) + ",";
    case Kind::cr_bit: return cr_bit(field);
    case Kind::number: return number(field);
    case Kind::signed_number: {
      const unsigned shift = 31 - (operand.last - operand.first);
      return number(static_cast<i32>(field << shift) >> shift);
    }
    case Kind::count_32: return number(field == 0 ? 32 : field);
    case Kind::displacement: return number(line.insn.d()) + "(" + base(line) + ")";
    case Kind::spr: return number(line.insn.spr());
    case Kind::target: return hex(target(line), "0x%x");
    case Kind::hidden: break;
  }
  return "";
}

u32 record_bit(Op op) { return info(op).has(flag::vec) ? bit32(21) : bit32(31); }

}  // namespace

const char* operand_format(Op op) { return formats[static_cast<std::size_t>(info(op).operands)]; }

std::string operand_text(const char* format, const Line& line) {
  std::string text;
  for (const char letter : std::string_view(format)) {
    const Operand* operand = find_operand(letter);
    text += operand ? text_of(*operand, line) : std::string(1, letter);
  }
  return text;
}

std::string mnemonic_suffixes(const Line& line) {
  const InsnInfo& row = info(line.op);
  std::string text;
  if (row.has(flag::oe) && line.insn.oe()) text += 'o';
  if (row.has(flag::lk) && line.insn.lk()) text += 'l';
  if ((line.op == Op::b || line.op == Op::bc) && line.insn.aa()) text += 'a';
  if (row.has(flag::rc) && (line.insn.word() & record_bit(line.op))) text += '.';
  return text;
}

u32 used_bits(Op op) {
  const InsnInfo& row = info(op);
  u32 bits = row.mask;
  for (const char letter : std::string_view(operand_format(op))) {
    if (const Operand* operand = find_operand(letter)) bits |= rotate_mask(operand->first, operand->last);
  }
  if (row.has(flag::rc)) bits |= record_bit(op);
  if (row.has(flag::oe)) bits |= bit32(21);
  if (row.has(flag::lk)) bits |= bit32(31);
  return bits;
}

}  // namespace quince::ppc
