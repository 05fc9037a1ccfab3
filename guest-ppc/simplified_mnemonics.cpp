#include "guest-ppc/simplified_mnemonics.h"

#include <array>
#include <cctype>
#include <string_view>

namespace quince::ppc {
namespace {

constexpr u32 bit_range(unsigned first, unsigned last) { return rotate_mask(first, last); }

// Simplified mnemonics that depend on fixed bits, or on fields being alike.
enum class Same { any, s_is_b, a_is_b, d_is_a_is_b };

struct Alias {
  Op op;
  u32 mask, match;
  Same same;
  const char* mnemonic;
  const char* format;
};

constexpr u32 ra_bits = bit_range(11, 15), operand_bits = bit_range(6, 31), l_bit = bit32(10);

constexpr auto aliases = std::to_array<Alias>({
    {Op::addi, ra_bits, 0, Same::any, "li", "D,i"},
    {Op::addis, ra_bits, 0, Same::any, "lis", "D,i"},
    {Op::ori, operand_bits, 0, Same::any, "nop", ""},
    {Op::xori, operand_bits, 0, Same::any, "xnop", ""},
    {Op::or_, 0, 0, Same::s_is_b, "mr", "A,D"},
    {Op::nor, 0, 0, Same::s_is_b, "not", "A,D"},
    {Op::vor, 0, 0, Same::a_is_b, "vmr", "V,X"},
    {Op::vnor, 0, 0, Same::a_is_b, "vnot", "V,X"},
    {Op::creqv, 0, 0, Same::d_is_a_is_b, "crset", "p"},
    {Op::crxor, 0, 0, Same::d_is_a_is_b, "crclr", "p"},
    {Op::cror, 0, 0, Same::a_is_b, "crmove", "p,q"},
    {Op::crnor, 0, 0, Same::a_is_b, "crnot", "p,q"},
    {Op::cmp, l_bit, 0, Same::any, "cmpw", "oA,B"},
    {Op::cmpi, l_bit, 0, Same::any, "cmpwi", "oA,i"},
    {Op::cmpl, l_bit, 0, Same::any, "cmplw", "oA,B"},
    {Op::cmpli, l_bit, 0, Same::any, "cmplwi", "oA,u"},
    {Op::mtcrf, bit_range(12, 19), bit_range(12, 19), Same::any, "mtcr", "D"},
    {Op::rlwnm, bit_range(21, 30), bit_range(26, 30), Same::any, "rotlw", "A,D,B"},
    {Op::sync, bit_range(9, 10), bit32(10), Same::any, "lwsync", ""},
    {Op::mftb, bit_range(11, 20), 12 << 16 | 8 << 11, Same::any, "mftb", "D"},
    {Op::mftb, bit_range(11, 20), 13 << 16 | 8 << 11, Same::any, "mftbu", "D"},
    {Op::tw, bit_range(6, 20), bit_range(6, 10), Same::any, "trap", ""},
});

bool matches(Same same, Insn insn) {
  switch (same) {
    case Same::any: return true;
    case Same::s_is_b: return insn.rs() == insn.rb();
    case Same::a_is_b: return insn.ra() == insn.rb();
    case Same::d_is_a_is_b: return insn.rd() == insn.ra() && insn.ra() == insn.rb();
  }
  return false;
}

std::optional<AssemblyText> look_up(const Line& line) {
  for (const Alias& alias : aliases) {
    if (alias.op == line.op && (line.insn.word() & alias.mask) == alias.match &&
        matches(alias.same, line.insn)) {
      return AssemblyText{alias.mnemonic + mnemonic_suffixes(line), operand_text(alias.format, line)};
    }
  }
  return std::nullopt;
}

// Rotates as shifts and clears (PEM F.4).
std::optional<AssemblyText> rotate(const Line& line) {
  const unsigned sh = line.insn.sh(), mb = line.insn.mb(), me = line.insn.me();
  struct {
    bool applies;
    const char* mnemonic;
    unsigned operand;
  } const forms[] = {
      {mb == 0 && me == 31, "rotlwi", sh},     {sh == 0 && me == 31, "clrlwi", mb},
      {sh == 0 && mb == 0, "clrrwi", 31 - me}, {me == 31 && sh + mb == 32, "srwi", mb},
      {mb == 0 && sh + me == 31, "slwi", sh},
  };
  for (const auto& form : forms) {
    if (!form.applies) continue;
    return AssemblyText{form.mnemonic + mnemonic_suffixes(line),
                        operand_text("A,D,", line) + std::to_string(form.operand)};
  }
  return std::nullopt;
}

std::optional<AssemblyText> trap(const Line& line) {
  static constexpr struct {
    unsigned to;
    const char* condition;
  } conditions[] = {{1, "lgt"}, {2, "llt"}, {4, "eq"},  {5, "lge"}, {6, "lle"}, {8, "gt"},
                    {12, "ge"}, {16, "lt"}, {20, "le"}, {24, "ne"}, {31, "u"}};
  for (const auto& row : conditions) {
    if (row.to != line.insn.to()) continue;
    const std::string name = std::string("tw") + row.condition;
    return line.op == Op::tw ? AssemblyText{name, operand_text("A,B", line)}
                             : AssemblyText{name + "i", operand_text("A,i", line)};
  }
  return std::nullopt;
}

// Branches by condition (PEM F.5). A hint says which way the processor is to guess: '+' taken.
bool predicted_taken(const Line& line) {
  const bool y = line.insn.bo() & 1;
  return line.op == Op::bc && line.insn.bd() < 0 ? !y : y;
}

struct Condition {
  std::string name;
  const char* format;  // in front of the target, or alone
};

// BO without its hint is made of bits: no test of CR, test for 1 (or reserved), no count, count to 0.
std::optional<Condition> condition(const Line& line) {
  static constexpr const char* tests[2][4] = {{"bge", "ble", "bne", "bns"}, {"blt", "bgt", "beq", "bso"}};
  static constexpr const char* counts_and_tests[2][2] = {{"bdnzf", "bdzf"}, {"bdnzt", "bdzt"}};
  static constexpr const char* counts[] = {"bdnz", "bdz"};
  const unsigned bo = line.insn.bo(), bi = line.insn.bi();
  const bool no_test = bo & 16, for_1 = bo & 8, no_count = bo & 4, to_0 = bo & 2;
  if (no_count && !no_test) return Condition{tests[for_1][bi & 3], bi < 4 ? "" : "g"};
  if (no_count || line.op == Op::bcctr) return std::nullopt;
  if (!no_test) return Condition{counts_and_tests[for_1][to_0], "q"};
  if (bi != 0) return std::nullopt;
  return Condition{counts[to_0], ""};
}

AssemblyText branch(const Line& line) {
  static constexpr u32 always = 20;
  const std::string to = line.op == Op::bclr ? "lr" : line.op == Op::bcctr ? "ctr" : "";
  const std::string suffixes = mnemonic_suffixes(line);
  if (line.op != Op::bc && line.insn.bo() == always && line.insn.bi() == 0) return {"b" + to + suffixes, ""};
  const std::optional<Condition> found = condition(line);
  if (!found) {
    const bool hint = line.insn.bo() < always && (line.insn.bo() & 1) && predicted_taken(line);
    return {info(line.op).mnemonic + suffixes + (hint ? "+" : ""),
            operand_text(operand_format(line.op), line)};
  }
  std::string operands = operand_text(found->format, line);
  if (line.op == Op::bc) operands += (operands.empty() ? "" : ",") + operand_text("%", line);
  return {found->name + to + suffixes + (predicted_taken(line) ? '+' : '-'), operands};
}

// Special registers have mnemonics of their own: mfNAME, mtNAME in small letters. The table of registers (see
// spr_table.h) knows the names.
enum class Level { none, user, supervisor };

struct SprName {
  unsigned number;
  std::string_view name;
  bool readable, writable;
};

constexpr auto spr_names = std::to_array<SprName>({
#define SPR(number, name, models, read, write, kind, writable, reset) \
  {number, name, Level::read != Level::none, Level::write != Level::none},
#include "guest-ppc/spr_table.inc"
#undef SPR
});

// The time base is read by mftb.
constexpr bool has_own_instruction(unsigned spr) { return spr == 268 || spr == 269; }

// The number in SPRG2 and DBAT2U is an operand, that in HID0 is part of the name.
bool is_indexed(std::string_view name) {
  return name.starts_with("SPRG") || name.substr(1).starts_with("BAT");
}

std::optional<AssemblyText> special_register(const Line& line) {
  const bool read = line.op == Op::mfspr;
  const std::string gpr = operand_text("D", line);
  for (const SprName& spr : spr_names) {
    if (spr.number != line.insn.spr() || !(read ? spr.readable : spr.writable)) continue;
    if (has_own_instruction(spr.number)) break;
    AssemblyText text{read ? "mf" : "mt", gpr};
    for (const char c : spr.name) {
      if (is_indexed(spr.name) && c >= '0' && c <= '9') {
        text.operands = read ? gpr + "," + c : std::string(1, c) + "," + gpr;
      } else {
        text.mnemonic += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    return text;
  }
  return std::nullopt;
}

}  // namespace

std::optional<AssemblyText> simplified_mnemonic(const Line& line) {
  if (std::optional<AssemblyText> found = look_up(line)) return found;
  switch (line.op) {
    case Op::rlwinm: return rotate(line);
    case Op::tw:
    case Op::twi: return trap(line);
    case Op::bc:
    case Op::bclr:
    case Op::bcctr: return branch(line);
    case Op::mfspr:
    case Op::mtspr: return special_register(line);
    default: return std::nullopt;
  }
}

}  // namespace quince::ppc
