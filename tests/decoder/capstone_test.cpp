// The decoder and the disassembler against Capstone.
#include <capstone/capstone.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"
#include "guest-ppc/insn.h"
#include "tests/decoder/differences.h"
#include "tests/decoder/words.h"

namespace quince::ppc::test {
namespace {

class Capstone {
 public:
  Capstone() {
    EXPECT_EQ(cs_open(CS_ARCH_PPC, static_cast<cs_mode>(CS_MODE_32 | CS_MODE_BIG_ENDIAN), &handle_),
              CS_ERR_OK);
    insn_ = cs_malloc(handle_);
  }
  ~Capstone() {
    cs_free(insn_, 1);
    cs_close(&handle_);
  }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;

  // Empty if it knows no such instruction.
  std::string operator()(u32 word, u32 address) {
    const u8 bytes[] = {static_cast<u8>(word >> 24), static_cast<u8>(word >> 16), static_cast<u8>(word >> 8),
                        static_cast<u8>(word)};
    const u8* code = bytes;
    std::size_t size = sizeof bytes;
    std::uint64_t at = address;
    if (!cs_disasm_iter(handle_, &code, &size, &at, insn_)) return "";
    return std::string(insn_->mnemonic) + " " + insn_->op_str;
  }

 private:
  csh handle_ = 0;
  cs_insn* insn_ = nullptr;
};

bool unknown(const Comparison& c) { return c.theirs.empty(); }

bool has_reserved_bits(const Comparison& c) { return (c.word & ~used_bits(c.op)) != 0; }

bool is_one_of(Op op, std::initializer_list<Op> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

std::string mnemonic(const std::string& text) { return text.substr(0, text.find(' ')); }

std::string last_operand(const std::string& text) { return text.substr(text.find_last_of(" ,") + 1); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The same as `ours`, with the last operand written as an unsigned 16-bit number.
std::string with_unsigned_immediate(const std::string& ours) {
  const std::string last = last_operand(ours);
  const u32 value = static_cast<u32>(std::strtoul(last.c_str(), nullptr, 10));
  return ours.substr(0, ours.size() - last.size()) + std::to_string(value & 0xffff);
}

// CR bits as numbers: those of a CR instruction in full, or of its simplified form.
std::string with_numbered_bits(const Comparison& c) {
  const Insn insn(c.word);
  const std::string name = mnemonic(c.theirs), d = std::to_string(insn.crbd()),
                    a = std::to_string(insn.crba());
  if (name == "crset" || name == "crclr") return mnemonic(c.ours) + " " + d;
  if (name == "crmove" || name == "crnot") return mnemonic(c.ours) + " " + d + "," + a;
  return mnemonic(c.ours) + " " + d + "," + a + "," + std::to_string(insn.crbb());
}

// Their text is ours and more operands, all numbers or registers.
bool has_more_operands(const Comparison& c) {
  const bool longer = c.theirs.size() > c.ours.size() && c.theirs.starts_with(c.ours);
  return longer && (c.theirs[c.ours.size()] == ',' || c.theirs[c.ours.size()] == ' ');
}

constexpr std::initializer_list<Op> cr_logic = {Op::crand, Op::crandc, Op::creqv, Op::crnand,
                                                Op::crnor, Op::cror,   Op::crorc, Op::crxor};

// Instructions of other processors in the opcodes that these leave free.
constexpr struct {
  u32 primary;
  const char* mnemonics;  // each between blanks, without a record bit's '.'; "*" is any
} others_instructions[] = {
    // 64-bit processors
    {2, "*"},
    {19, " rfid "},
    {30, "*"},
    {31, " cntlzd divd divdu extsw ldarx ldbrx ldux ldx lwaux lwax mfasr mtasr mtmsrd mulhd mulhdu mulld "},
    {31, " slbia slbie slbmfee slbmte sld srad sradi srd stdbrx stdcx stdux stdx tlbiel "},
    {31, " td tdeq tdgt tdlgt tdllt tdlt tdne tdu "},
    {58, "*"},
    {62, "*"},
    {63, " fcfid fctid fctidz "},
    // later processors of that kind
    {0, " attn "},
    {4,
     " vaddudm vclzb vclzd vclzh vclzw vcmpequd vcmpgtsd vcmpgtud veqv vmaxsd vmaxud vminsd vminud vmulesw "},
    {4,
     " vmuleuw vmulosw vmulouw vmuluwm vnand vorc vpopcntb vpopcntd vpopcnth vpopcntw vrld vsld vsrad vsrd "},
    {4, " vsubudm "},
    {31, " cmpb lbzcix ldcix lfiwax lfiwzx lhzcix lwzcix popcntd popcntw rfebb stbcix stdcix sthcix stwcix "},
    {31, " lxsdx lxvd2x lxvdsx lxvw4x stxsdx stxvd2x stxvw4x "},
    {59, " fcfids fcfidus frsqrtes fre "},
    {60, "*"},
    {63, " fcfidu fcpsgn fctiduz fctiwuz fre frim frin frip friz ftdiv ftsqrt "},
    // embedded processors and the 603
    {19, " rfci rfdi rfmci "},
    {31, " dccci dci iccci ici icbt isel mfbr0 mfdcr mtbr0 mtdcr tlbivax tlbre tlbrehi tlbrelo tlbsx tlbwe "},
    {31, " tlbwehi tlbwelo wait waitimpl waitrsv wrtee wrteei "},
    {31, " tlbld tlbli "},
};

bool is_of_another_processor(const Comparison& c) {
  std::string name = mnemonic(c.theirs);
  if (name.ends_with('.')) name.pop_back();
  for (const auto& row : others_instructions) {
    if (row.primary != c.word >> 26) continue;
    const std::string names = row.mnemonics;
    if (names == "*" || names.find(" " + name + " ") != std::string::npos) return true;
  }
  return false;
}

// BO with "no test" set, but BI not 0 or bits that must be 0 not 0.
bool is_odd_count_or_always(const Comparison& c) {
  const Insn insn(c.word);
  const bool same_target = c.op != Op::bc || insn.bd() == 0 || last_operand(c.ours) == last_operand(c.theirs);
  return (insn.bo() & 16) &&
         (mnemonic(c.theirs).starts_with("bdn") || mnemonic(c.theirs).starts_with("bdz")) && same_target;
}

bool names_another_spr(const Comparison& c) {
  const std::string name = mnemonic(c.theirs), gpr = "r" + std::to_string(Insn(c.word).rd());
  return (c.op == Op::mfspr && name.starts_with("mf") && c.theirs.find(gpr) != std::string::npos) ||
         (c.op == Op::mtspr && name.starts_with("mt") && c.theirs.find(gpr) != std::string::npos);
}

std::vector<Explanation> explanations() {
  return {
      {"reserved bit, unknown", "the 750 and the 7400 ignore reserved bits; Capstone does not",
       [](const Comparison& c) { return unknown(c) && has_reserved_bits(c); }},
      {"unknown: OE, and some", "not in Capstone's tables",
       [](const Comparison& c) {
         const bool oe = info(c.op).has(flag::oe) && Insn(c.word).oe();
         const bool records = is_one_of(c.op, {Op::mtfsb0, Op::mtfsb1}) && Insn(c.word).rc();
         return unknown(c) && (oe || records ||
                               is_one_of(c.op, {Op::eciwx, Op::ecowx, Op::mcrxr, Op::dcba, Op::lswx,
                                                Op::stswx, Op::fcmpo}));
       }},
      {"dssall with a stream", "dssall does not look at STRM; Capstone wants 0",
       [](const Comparison& c) { return unknown(c) && c.op == Op::dss && Insn(c.word).bit(6); }},
      {"instructions of other processors",
       "64-bit, VSX, embedded and later vector instructions: illegal here",
       [](const Comparison& c) { return c.op == Op::illegal && is_of_another_processor(c); }},
      {"li r,65535", "Capstone prints some signed immediates as unsigned halfwords",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::addi, Op::addis, Op::addic, Op::addic_rc, Op::subfic, Op::mulli,
                                 Op::cmpi, Op::twi}) &&
                with_unsigned_immediate(c.ours) == c.theirs;
       }},
      {"crand 4,5,6", "Capstone numbers the bits of CR in CR instructions",
       [](const Comparison& c) { return is_one_of(c.op, cr_logic) && with_numbered_bits(c) == c.theirs; }},
      {"bc without a target", "Capstone leaves out a displacement of 0",
       [](const Comparison& c) {
         return c.op == Op::bc && Insn(c.word).bd() == 0 && c.ours.starts_with(c.theirs) &&
                c.ours.find_first_of(" ,", c.theirs.size()) == c.theirs.size();
       }},
      {"bc 20,eq printed as bdnz", "Capstone takes BI or the z bits of BO away, or \"always\" for a count",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::bc, Op::bclr, Op::bcctr}) && is_odd_count_or_always(c);
       }},
      {"bdnzctr", "an invalid form: CTR cannot be count and target",
       [](const Comparison& c) { return c.op == Op::bcctr && !(Insn(c.word).bo() & 4); }},
      {"blr 4100", "BH of later processors, printed as if it were an address",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::bclr, Op::bcctr}) && has_reserved_bits(c) && has_more_operands(c);
       }},
      {"cmpd", "the L bit asks for a 64-bit compare",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::cmp, Op::cmpi, Op::cmpl, Op::cmpli}) && Insn(c.word).bit(10) &&
                mnemonic(c.theirs).starts_with("cmp") && mnemonic(c.theirs).find('d') != std::string::npos;
       }},
      {"cntlz", "the POWER name of cntlzw",
       [](const Comparison& c) {
         return c.op == Op::cntlzw && replaced(c.ours, "cntlzw", "cntlz") == c.theirs;
       }},
      {"slwi r1,r0,0", "rotlwi, slwi and clrlwi by 0 are the same word",
       [](const Comparison& c) {
         return c.op == Op::rlwinm && replaced(c.ours, "rotlwi", "slwi") == c.theirs;
       }},
      {"dcbzl mbar ptesync mfocrf mtocrf", "later instructions that use a reserved bit of these",
       [](const Comparison& c) {
         const std::string name = mnemonic(c.theirs);
         return (c.op == Op::dcbz && name == "dcbzl") || (c.op == Op::eieio && name == "mbar") ||
                (c.op == Op::sync && name == "ptesync") || (c.op == Op::mfcr && name == "mfocrf") ||
                (c.op == Op::mtcrf && name == "mtocrf");
       }},
      {"one more operand", "L, W, LEV, RS and MO of later processors",
       [](const Comparison& c) {
         return is_one_of(c.op, {Op::sync, Op::mtfsf, Op::sc, Op::mtmsr, Op::tlbie}) && has_more_operands(c);
       }},
      {"update of r0", "an invalid form; Capstone prints r0 as 0",
       [](const Comparison& c) {
         return info(c.op).has(flag::load | flag::store) && (info(c.op).writes & role::RA) &&
                Insn(c.word).ra() == 0 &&
                (replaced(c.ours, "(r0)", "(0)") == c.theirs || replaced(c.ours, ",r0,", ",0,") == c.theirs);
       }},
      {"lswi r,r0 and 0 bytes", "no base and 32 bytes, which Capstone prints as the fields are",
       [](const Comparison& c) {
         std::string ours = c.ours;
         if (Insn(c.word).ra() == 0) ours = replaced(ours, ",0,", ",r0,");
         if (Insn(c.word).nb() == 0) ours = ours.substr(0, ours.size() - 2) + "0";
         return is_one_of(c.op, {Op::lswi, Op::stswi}) && ours == c.theirs;
       }},
      {"mtfsfi cr1,0", "Capstone writes a field of FPSCR as one of CR, and W of later processors",
       [](const Comparison& c) {
         const std::string ours = replaced(c.ours, " ", " cr");
         return c.op == Op::mtfsfi && (ours == c.theirs || (Insn(c.word).bit(15) && ours + ",1" == c.theirs));
       }},
      {"names of special registers", "Capstone knows those of embedded and 64-bit processors",
       [](const Comparison& c) { return names_another_spr(c); }},
  };
}

void compare(const std::vector<u32>& words, Rows rows) {
  static constexpr u32 address = 0x1000;
  Capstone capstone;
  Differences differences(explanations());
  for (const u32 word : words) {
    const Op op = decode(word);
    const std::string theirs = in_common_notation(capstone(word, address));
    std::string ours =
        op == Op::illegal ? "" : in_common_notation(disassemble(word, address, Style::simplified));
    // Either of our styles will do.
    if (ours != theirs && op != Op::illegal) {
      const std::string standard = in_common_notation(disassemble(word, address, Style::standard));
      if (standard == theirs || theirs.starts_with(mnemonic(standard) + " ")) ours = standard;
    }
    differences.compare({word, op, ours, theirs});
  }
  differences.check(rows);
}

TEST(Capstone, AgreesOnEveryOpcode) {
  WordSource source(1);
  std::vector<u32> words = source.every_opcode();
  const std::vector<u32> rows = source.rows(word_count());
  words.insert(words.end(), rows.begin(), rows.end());
  compare(words, Rows::all_needed);
}

TEST(Capstone, AgreesOnTheCLibrary) {
  for (const char* library : {"libc.so.6", "libm.so.6", "ld.so.1"})
    compare(library_text(library), Rows::some_needed);
}

}  // namespace
}  // namespace quince::ppc::test
