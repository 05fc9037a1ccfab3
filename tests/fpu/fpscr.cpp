// The FPSCR as a word, and the instructions that move to and from it (PEM 2.1.4, table 2-4, and 8.2).
#include "guest-ppc/fpu/fpscr.h"

#include <gtest/gtest.h>

namespace quince::ppc::fpu {
namespace {

TEST(Fpscr, BitsStandWhereTheManualPutsThem) {
  EXPECT_EQ(fpscr::fx, 0x8000'0000u);
  EXPECT_EQ(fpscr::vxsnan, 0x0100'0000u);
  EXPECT_EQ(fpscr::vxvc, 0x0008'0000u);
  EXPECT_EQ(fpscr::fr, 0x0004'0000u);
  EXPECT_EQ(fpscr::fi, 0x0002'0000u);
  EXPECT_EQ(fpscr::fprf, 0x0001'f000u);
  EXPECT_EQ(fpscr::vxsoft | fpscr::vxsqrt | fpscr::vxcvi, 0x0000'0700u);
  EXPECT_EQ(fpscr::ve | fpscr::oe | fpscr::ue | fpscr::ze | fpscr::xe, 0xf8u);
  EXPECT_EQ(fpscr::ni, 4u);
}

TEST(Fpscr, EachInvalidCauseSetsVxAndOnlyVeMakesItFex) {
  for (u32 cause : {fpscr::vxsnan, fpscr::vxisi, fpscr::vxidi, fpscr::vxzdz, fpscr::vximz, fpscr::vxvc,
                    fpscr::vxsoft, fpscr::vxsqrt, fpscr::vxcvi}) {
    EXPECT_EQ(with_summary(cause), cause | fpscr::vx);
    EXPECT_EQ(with_summary(cause | fpscr::oe), cause | fpscr::oe | fpscr::vx);
    EXPECT_EQ(with_summary(cause | fpscr::ve), cause | fpscr::ve | fpscr::vx | fpscr::fex);
  }
}

TEST(Fpscr, FexIsSetByAnExceptionWithItsOwnEnableOnly) {
  constexpr u32 exceptions[] = {fpscr::ox, fpscr::ux, fpscr::zx, fpscr::xx};
  constexpr u32 enables[] = {fpscr::oe, fpscr::ue, fpscr::ze, fpscr::xe};
  for (unsigned e = 0; e < 4; ++e) {
    for (unsigned n = 0; n < 4; ++n) {
      const u32 word = exceptions[e] | enables[n];
      EXPECT_EQ(with_summary(word), word | (e == n ? fpscr::fex : 0));
    }
  }
}

TEST(Fpscr, StaleSummariesAreCleared) { EXPECT_EQ(with_summary(fpscr::vx | fpscr::fex | 3), 3u); }

TEST(Fpscr, FxIsSetOnlyWhereAnExceptionBitWasZero) {
  EXPECT_EQ(with_exceptions(0, fpscr::xx), fpscr::fx | fpscr::xx);
  EXPECT_EQ(with_exceptions(fpscr::xx, fpscr::xx), fpscr::xx);
  EXPECT_EQ(with_exceptions(fpscr::xx, fpscr::xx | fpscr::ox), fpscr::fx | fpscr::xx | fpscr::ox);
  EXPECT_EQ(with_exceptions(fpscr::xx, 0), fpscr::xx);
}

TEST(Mtfsf, CopiesTheChosenFields) {
  EXPECT_EQ(mtfsf(0, 0x01, 0xffff'ffff), 0x0000'000fu);
  EXPECT_EQ(mtfsf(0xf, 0x01, 0), 0u);
  EXPECT_EQ(mtfsf(0, 0x10, 0xffff'ffff), 0x000f'0000u | fpscr::vx);
  EXPECT_EQ(mtfsf(0x5, 0x00, 0xffff'ffff), 0x5u);
}

TEST(Mtfsf, FexAndVxAreNotWritten) {
  EXPECT_EQ(mtfsf(0, 0x80, 0xffff'ffff), fpscr::fx | fpscr::ox);
  EXPECT_EQ(mtfsf(0, 0xff, fpscr::fex | fpscr::vx), 0u);
  // ... but follow from what is: clearing VXSNAN clears VX, setting VE makes FEX.
  EXPECT_EQ(mtfsf(fpscr::vxsnan | fpscr::vx | fpscr::fx, 0x40, 0), fpscr::fx);
  EXPECT_EQ(mtfsf(fpscr::vxsnan | fpscr::vx, 0x02, 0x80), fpscr::vxsnan | fpscr::vx | fpscr::fex | fpscr::ve);
}

TEST(Mtfsf, FxComesFromTheSourceNotFromTransitions) {
  EXPECT_EQ(mtfsf(0, 0x80, fpscr::ox), fpscr::ox);
  EXPECT_EQ(mtfsf(0, 0x40, fpscr::xx), fpscr::xx);
  EXPECT_EQ(mtfsf(fpscr::fx, 0x80, 0), 0u);
}

TEST(Mtfsf, TheReservedBitStaysZero) { EXPECT_EQ(mtfsf(0, 0x04, 0xffff'ffff), 0x700u | fpscr::vx); }

TEST(Mtfsfi, WritesOneFieldByTheSameRules) {
  EXPECT_EQ(mtfsfi(0, 7, 2), 2u);
  EXPECT_EQ(mtfsfi(0, 0, 15), fpscr::fx | fpscr::ox);
  EXPECT_EQ(mtfsfi(0, 0, 1), fpscr::ox);
  EXPECT_EQ(mtfsfi(fpscr::xx, 7, 8), fpscr::xx | fpscr::xe | fpscr::fex);
}

TEST(Mtfsb1, SetsABitAndFxForANewException) {
  EXPECT_EQ(mtfsb1(0, 31), 1u);
  EXPECT_EQ(mtfsb1(0, 0), fpscr::fx);
  EXPECT_EQ(mtfsb1(0, 3), fpscr::fx | fpscr::ox);
  EXPECT_EQ(mtfsb1(fpscr::ox, 3), fpscr::ox);
  EXPECT_EQ(mtfsb1(0, 23), fpscr::fx | fpscr::vx | fpscr::vxcvi);
  EXPECT_EQ(mtfsb1(0, 13), fpscr::fr);
  EXPECT_EQ(mtfsb1(fpscr::vxsnan | fpscr::vx, 24), fpscr::vxsnan | fpscr::vx | fpscr::fex | fpscr::ve);
}

TEST(Mtfsb1, LeavesFexVxAndTheReservedBitAlone) {
  for (unsigned bit : {1u, 2u, 20u}) EXPECT_EQ(mtfsb1(0, bit), 0u);
}

TEST(Mtfsb0, ClearsABitAndTheSummariesFollow) {
  EXPECT_EQ(mtfsb0(fpscr::fx | fpscr::ox, 0), fpscr::ox);
  EXPECT_EQ(mtfsb0(fpscr::fx | fpscr::vx | fpscr::vxisi, 8), fpscr::fx);
  const u32 enabled = fpscr::fx | fpscr::fex | fpscr::vx | fpscr::vxisi | fpscr::ve;
  EXPECT_EQ(mtfsb0(enabled, 1), enabled);
  EXPECT_EQ(mtfsb0(enabled, 2), enabled);
  EXPECT_EQ(mtfsb0(enabled, 24), fpscr::fx | fpscr::vx | fpscr::vxisi);
}

TEST(Mcrfs, ClearsTheExceptionBitsThatItCopies) {
  const u32 all = with_summary(fpscr::implemented);
  const u32 cleared_by_field[] = {
      fpscr::fx | fpscr::ox,
      fpscr::ux | fpscr::zx | fpscr::xx | fpscr::vxsnan,
      fpscr::vxisi | fpscr::vxidi | fpscr::vxzdz | fpscr::vximz,
      fpscr::vxvc,
      0,
      fpscr::vxsoft | fpscr::vxsqrt | fpscr::vxcvi,
      0,
      0,
  };
  for (unsigned field = 0; field < 8; ++field) {
    const auto moved = mcrfs(all, field);
    EXPECT_EQ(moved.nibble, all >> (28 - 4 * field) & 15) << field;
    EXPECT_EQ(moved.fpscr, all & ~cleared_by_field[field]) << field;
  }
}

TEST(Mcrfs, CopiesTheSummariesAsTheyStoodBefore) {
  const u32 before = fpscr::fx | fpscr::fex | fpscr::vx | fpscr::vxvc | fpscr::ve;
  EXPECT_EQ(mcrfs(before, 0).nibble, 14u);
  EXPECT_EQ(mcrfs(before, 0).fpscr, before & ~fpscr::fx);
  EXPECT_EQ(mcrfs(before, 3).nibble, 8u);
  EXPECT_EQ(mcrfs(before, 3).fpscr, fpscr::fx | fpscr::ve);
}

}  // namespace
}  // namespace quince::ppc::fpu
