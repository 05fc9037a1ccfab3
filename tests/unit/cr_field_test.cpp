// The 64-bit representation of CR fields says the same as four bits would.
#include "guest-ppc/cr_field.h"

#include <gtest/gtest.h>

namespace quince::ppc {
namespace {

TEST(CrField, EveryNibbleSurvives) {
  for (u32 n = 0; n < 16; ++n) {
    const CrField f = CrField::from_nibble(n);
    EXPECT_EQ(f.nibble(), n);
    for (unsigned bit = 0; bit < 4; ++bit)
      EXPECT_EQ(f.test(bit), (n >> (3 - bit) & 1) != 0) << n << " bit " << bit;
  }
  EXPECT_EQ(CrField().nibble(), 0u);
}

TEST(CrField, ComparesGiveOneOfThreeBitsAndSo) {
  const u32 values[] = {0, 1, 2, 0x7fff'ffff, 0x8000'0000, 0x8000'0001, 0xffff'fffe, 0xffff'ffff};
  for (const u32 a : values) {
    for (const u32 b : values) {
      for (const bool so : {false, true}) {
        const auto sa = static_cast<i32>(a), sb = static_cast<i32>(b);
        EXPECT_EQ(CrField::compare_signed(a, b, so).nibble(), (sa < sb   ? 8u
                                                               : sa > sb ? 4u
                                                                         : 2u) |
                                                                  so)
            << a << ' ' << b;
        EXPECT_EQ(CrField::compare_unsigned(a, b, so).nibble(), (a < b   ? 8u
                                                                 : a > b ? 4u
                                                                         : 2u) |
                                                                    so)
            << a << ' ' << b;
      }
    }
  }
}

}  // namespace
}  // namespace quince::ppc
