// The instruction table and the decoder by themselves.
#include "guest-ppc/decoder.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "guest-ppc/disassembler.h"
#include "tests/decoder/words.h"

namespace quince::ppc::test {
namespace {

TEST(InstructionTable, RowsAreInTheOrderOfOpAndConsistent) {
  std::set<std::string> names;
  for (std::size_t i = 1; i < op_count; ++i) {
    const InsnInfo& row = instruction_table[i];
    EXPECT_EQ(static_cast<std::size_t>(row.op), i) << row.mnemonic;
    EXPECT_TRUE(names.insert(row.mnemonic).second) << row.mnemonic;
    EXPECT_EQ(row.match & ~row.mask, 0u) << row.mnemonic;
    EXPECT_EQ(row.mask >> 26, 63u) << row.mnemonic;
    EXPECT_EQ(row.mask & 0x03ff'f800, 0u) << row.mnemonic << ": opcode bits lie in bits 0-5 and 21-31";
    EXPECT_NE(row.part, Part::none) << row.mnemonic;
  }
}

TEST(InstructionTable, FlagsFollowFromOneAnother) {
  for (const InsnInfo& row : instruction_table) {
    if (row.op == Op::illegal) continue;
    const u64 conditional = role::CR0_if_Rc | role::CR1_if_Rc | role::CR6_if_Rc;
    EXPECT_EQ(row.has(flag::rc), (row.writes & conditional) != 0) << row.mnemonic;
    EXPECT_EQ(row.has(flag::oe), (row.writes & role::OV_if_OE) != 0) << row.mnemonic;
    EXPECT_EQ(row.has(flag::lk), (row.writes & role::LR_if_LK) != 0) << row.mnemonic;
    EXPECT_EQ(row.part == Part::altivec && row.op != Op::dst && row.op != Op::dstst && row.op != Op::dss,
              row.has(flag::vec))
        << row.mnemonic << ": data streams do not need MSR[VEC]";
    EXPECT_EQ(row.has(flag::fp), row.match >> 26 == 59 || row.match >> 26 == 63 ||
                                     (row.match >> 26 >= 48 && row.match >> 26 < 56) ||
                                     std::string(row.mnemonic).starts_with("stf") ||
                                     std::string(row.mnemonic).starts_with("lf"))
        << row.mnemonic;
    EXPECT_TRUE(!(row.reads & role::MEM) || row.has(flag::load)) << row.mnemonic;
    EXPECT_TRUE(!row.has(flag::load) || row.has(flag::may_fault)) << row.mnemonic;
    EXPECT_TRUE(!row.has(flag::keeps_fd) || (row.writes & role::FD)) << row.mnemonic;
  }
}

// The AltiVec PEM counts 162 instructions, dstt, dststt and dssall among them.
TEST(InstructionTable, HasAllOfAltiVec) {
  unsigned rows = 0;
  for (const InsnInfo& row : instruction_table) rows += row.part == Part::altivec;
  EXPECT_EQ(rows + 3, 162u);
}

Op search(u32 word) {
  for (const InsnInfo& row : instruction_table) {
    if (row.op != Op::illegal && (word & row.mask) == row.match) return row.op;
  }
  return Op::illegal;
}

TEST(Decoder, FindsTheRowThatMatches) {
  WordSource source(5);
  for (const u32 word : source.every_opcode()) EXPECT_EQ(decode(word), search(word)) << std::hex << word;
}

TEST(Decoder, KnowsOneWordOfEachFormat) {
  static constexpr struct {
    u32 word;
    Op op;
  } rows[] = {{0x3860'0001, Op::addi},     {0x7c64'2a14, Op::add},      {0x7c64'2e15, Op::add},
              {0x7c83'1b78, Op::or_},      {0x5463'1838, Op::rlwinm},   {0x4e80'0020, Op::bclr},
              {0x4800'0001, Op::b},        {0x4082'fff8, Op::bc},       {0x7c03'2000, Op::cmp},
              {0x4400'0002, Op::sc},       {0xfc22'182a, Op::fadd},     {0xfc22'00f2, Op::fmul},
              {0xfc20'1090, Op::fmr},      {0xec21'10fa, Op::fmadds},   {0x1022'182e, Op::vmaddfp},
              {0x1022'1c06, Op::vcmpequb}, {0x1022'1806, Op::vcmpequb}, {0x7c00'18ce, Op::lvx},
              {0x7d20'192d, Op::stwcx_rc}, {0x7c60'0026, Op::mfcr},     {0x0000'0000, Op::illegal},
              {0x0400'0000, Op::illegal},  {0xf000'0000, Op::illegal},  {0x7800'0000, Op::illegal}};
  for (const auto& row : rows) EXPECT_EQ(decode(row.word), row.op) << std::hex << row.word;
}

TEST(Decoder, IgnoresReservedBits) {
  EXPECT_EQ(decode(0xfc18'048e), Op::mffs);   // mffsl of later processors, as glibc uses it
  EXPECT_EQ(decode(0xfc16'148e), Op::mffs);   // mffscrn
  EXPECT_EQ(decode(0x7c63'f8d0), Op::neg);    // with rB
  EXPECT_EQ(decode(0x7c70'1026), Op::mfcr);   // mfocrf
  EXPECT_EQ(decode(0x7c20'04ac), Op::sync);   // lwsync
  EXPECT_EQ(decode(0x7e40'02ac), Op::dst);    // with rA = 0 and a reserved bit
  EXPECT_EQ(decode(0x7c63'1a2f), Op::lhzx);   // with bit 31
  EXPECT_EQ(decode(0xfc22'19ea), Op::fadd);   // with frC
  EXPECT_EQ(decode(0x7c64'2c96), Op::mulhw);  // with the place of OE
}

TEST(Decoder, AProcessorHasOnlyItsParts) {
  const u32 vaddubm = 0x1022'1800, dcba = 0x7c00'1dec, lvx = 0x7c00'18ce, fsqrt = 0xfc20'102c,
            tlbia = 0x7c00'02e4, fres = 0xec20'1030, eciwx = 0x7c00'1a6c;
  for (const u32 word : {vaddubm, dcba, lvx}) {
    EXPECT_EQ(decode(word, isa_750), Op::illegal);
    EXPECT_NE(decode(word, isa_7400), Op::illegal);
  }
  for (const u32 word : {fsqrt, tlbia}) {
    EXPECT_EQ(decode(word, isa_7400), Op::illegal);
    EXPECT_NE(decode(word, isa_all), Op::illegal);
  }
  for (const u32 word : {fres, eciwx}) EXPECT_EQ(decode(word, isa_750), decode(word));
  EXPECT_EQ(decode(0, isa_all), Op::illegal);
}

TEST(Decoder, UsedBitsAreAllThatTheDisassemblerShows) {
  WordSource source(6);
  for (const u32 word : source.rows(50'000)) {
    const Op op = decode(word);
    if (op == Op::illegal) continue;
    const u32 used = used_bits(op);
    EXPECT_EQ(used & info(op).mask, info(op).mask);
    EXPECT_EQ(decode(word & used), op) << std::hex << word;
    for (const Style style : {Style::simplified, Style::standard}) {
      EXPECT_EQ(disassemble(word, 0x1000, style), disassemble(word & used, 0x1000, style))
          << std::hex << word;
    }
  }
}

// Each bit that is used makes a difference to the text of some word.
TEST(Decoder, UsedBitsMatter) {
  WordSource source(7);
  std::array<u32, op_count> matters{};
  for (const u32 word : source.rows(200'000)) {
    const Op op = decode(word);
    if (op == Op::illegal) continue;
    const std::string text = disassemble(word, 0x1000, Style::standard);
    for (u32 bits = used_bits(op); bits != 0; bits &= bits - 1) {
      const u32 bit = bits & (0u - bits);
      u32& seen = matters[static_cast<std::size_t>(op)];
      if (!(seen & bit) && disassemble(word ^ bit, 0x1000, Style::standard) != text) seen |= bit;
    }
  }
  for (const InsnInfo& row : instruction_table) {
    if (row.op == Op::illegal || row.op == Op::sync)
      continue;  // L of sync shows in the simplified style only
    EXPECT_EQ(matters[static_cast<std::size_t>(row.op)], used_bits(row.op)) << row.mnemonic;
  }
}

}  // namespace
}  // namespace quince::ppc::test
