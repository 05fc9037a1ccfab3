// What effects() says of words whose effects are known; the comparison with the interpreter is
// effects_property_test.cpp.
#include "guest-ppc/effects.h"

#include <gtest/gtest.h>

#include "guest-ppc/coverage.h"

namespace quince::ppc::test {
namespace {

constexpr u32 r(unsigned n) { return 1u << n; }
constexpr u32 cr(unsigned field) { return 0xf000'0000u >> 4 * field; }

TEST(Effects, OfAnAddition) {
  const Effects plain = effects(0x7c64'2a14);  // add r3,r4,r5
  EXPECT_EQ(plain.reads, (StateSet{r(4) | r(5), 0, 0, 0, 0}));
  EXPECT_EQ(plain.writes, (StateSet{r(3), 0, 0, 0, 0}));
  EXPECT_EQ(plain.kills, plain.writes);

  const Effects full = effects(0x7c64'2e15);  // addo. r3,r4,r5
  EXPECT_EQ(full.reads, (StateSet{r(4) | r(5), 0, 0, 0, state::so}));
  EXPECT_EQ(full.writes, (StateSet{r(3), 0, 0, cr(0), state::ov | state::so}));

  EXPECT_EQ(effects(0x7c64'2914).reads.other, state::ca);  // adde
}

TEST(Effects, R0AsABaseIsNotRead) {
  EXPECT_EQ(effects(0x8060'0008).reads.gpr, 0u);            // lwz r3,8(0)
  EXPECT_EQ(effects(0x3860'0001).reads.gpr, 0u);            // li r3,1
  EXPECT_EQ(effects(0x8464'0008).writes.gpr, r(3) | r(4));  // lwzu r3,8(r4)
  EXPECT_EQ(effects(0x7c60'202e).reads.gpr, r(4));          // lwzx r3,0,r4
}

TEST(Effects, OfMultipleAndStringTransfers) {
  EXPECT_EQ(effects(0xbba1'0010).writes.gpr, r(29) | r(30) | r(31));              // lmw r29
  EXPECT_EQ(effects(0xbfa1'0010).reads.gpr, r(1) | r(29) | r(30) | r(31));        // stmw r29
  EXPECT_EQ(effects(0x7fc4'4caa).writes.gpr, r(30) | r(31) | r(0));               // lswi r30,r4,9
  EXPECT_EQ(effects(0x7c64'04aa).writes.gpr, 0x7f8u);                             // lswi r3,r4,32
  EXPECT_EQ(effects(0x7c64'2c2a).kills.gpr, 0u);                                  // lswx
  EXPECT_EQ(effects(0x7c64'2c2a).reads.other, state::xer_count | state::memory);  // lswx
}

TEST(Effects, OfConditionRegisterInstructions) {
  EXPECT_EQ(effects(0x4c22'1a02).reads.cr, bit32(2) | bit32(3));  // crand gt,eq,so
  EXPECT_EQ(effects(0x4c22'1a02).writes.cr, bit32(1));
  EXPECT_EQ(effects(0x7c80'8120).writes.cr, cr(4));        // mtcrf 8,r4
  EXPECT_EQ(effects(0x7c60'0026).reads.cr, 0xffff'ffffu);  // mfcr
  EXPECT_EQ(effects(0x2f83'0000).writes.cr, cr(7));        // cmpwi cr7
  EXPECT_EQ(effects(0x2f83'0000).reads.other, state::so);
  EXPECT_EQ(effects(0x1022'1c06).writes.cr, cr(6));  // vcmpequb.
  EXPECT_EQ(effects(0x1022'1806).writes.cr, 0u);     // vcmpequb
}

TEST(Effects, OfBranches) {
  EXPECT_EQ(effects(0x409e'fff0).reads.cr, bit32(30));                        // bne cr7
  EXPECT_EQ(effects(0x4200'fffc).reads, (StateSet{0, 0, 0, 0, state::ctr}));  // bdnz
  EXPECT_EQ(effects(0x4200'fffc).kills.other, state::ctr);
  EXPECT_EQ(effects(0x4e80'0020).reads, (StateSet{0, 0, 0, 0, state::lr}));  // blr
  EXPECT_EQ(effects(0x4e80'0421).writes.other, state::lr);                   // bctrl
  EXPECT_EQ(effects(0x4800'0001).kills.other, state::lr);                    // bl
}

TEST(Effects, OfFloatingPoint) {
  const Effects fmadd = effects(0xfc22'20fb);  // fmadd. f1,f2,f3,f4
  EXPECT_EQ(fmadd.reads, (StateSet{0, r(2) | r(3) | r(4), 0, 0, state::fpscr}));
  EXPECT_EQ(fmadd.writes, (StateSet{0, r(1), 0, cr(1), state::fpscr}));
  EXPECT_EQ(fmadd.kills.fpr, 0u) << "an enabled exception leaves frD";
  const Effects fmr = effects(0xfc20'1090);  // fmr f1,f2
  EXPECT_EQ(fmr.reads, (StateSet{0, r(2), 0, 0, 0}));
  EXPECT_EQ(fmr.kills.fpr, r(1));
}

TEST(Effects, OfSpecialRegisters) {
  const Effects mtlr = effects(0x7c68'03a6), mthid0 = effects(0x7c70'fba6), mfdec = effects(0x7c76'02a6),
                mtsprg0 = effects(0x7c70'43a6), mfxer = effects(0x7c61'02a6), mttbl = effects(0x7c7c'43a6);
  EXPECT_EQ(mtlr.kills.other, state::lr);
  EXPECT_EQ(mtlr.flags, 0u);
  EXPECT_EQ(mthid0.flags, flag::priv | flag::may_fault | flag::ends_block);
  EXPECT_EQ(mfdec.flags, flag::priv | flag::may_fault | flag::reads_clock);
  EXPECT_EQ(mtsprg0.flags, flag::priv | flag::may_fault);
  EXPECT_EQ(mttbl.flags, flag::priv | flag::may_fault | flag::reads_clock | flag::ends_block);
  EXPECT_EQ(mfxer.reads.other, state::xer);
}

TEST(Effects, OfNothing) {
  EXPECT_EQ(effects(0).writes, StateSet{});
  EXPECT_EQ(effects(0).flags, flag::may_fault);
}

TEST(Coverage, ReportsWhatWasMet) {
  Coverage coverage, more;
  coverage.count(Op::add);
  more.count(Op::add);
  more.count(Op::dcba);
  more.count(Op::fsqrt);
  coverage += more;
  EXPECT_EQ(coverage.times(Op::add), 2u);
  EXPECT_EQ(coverage.uncovered(IsaSet{Part::dcba}), 0u);
  EXPECT_EQ(coverage.uncovered(IsaSet{Part::external_control}), 2u);
  const std::string report = coverage.report(isa_7400);
  EXPECT_NE(report.find("\n    add 2\n"), std::string::npos) << report;
  EXPECT_NE(report.find("dcba: 1 of 1\n  covered:\n    dcba 1\n"), std::string::npos) << report;
  EXPECT_NE(report.find("external_control: 0 of 2\n  not covered:\n    eciwx ecowx\n"), std::string::npos)
      << report;
  EXPECT_EQ(report.find("fsqrt"), std::string::npos) << "no part of this processor";
}

}  // namespace
}  // namespace quince::ppc::test
