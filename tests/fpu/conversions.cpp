// frsp, fctiw(z), loads and stores of singles, compares, fsel (PEM 8.2; loads and stores: 3.2 and appendix
// D).
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "guest-ppc/fpu/fpu.h"
#include "tests/fpu/operands.h"

namespace quince::ppc::fpu {
namespace {

constexpr u64 minus = u64{1} << 63, one = 0x3ff0'0000'0000'0000, infinity = 0x7ff0'0000'0000'0000,
              quiet = 0x7ff8'0000'0000'0001, signalling = 0x7ff0'0000'2000'0001;

u64 bits(double value) { return std::bit_cast<u64>(value); }

struct Expected {
  bool write;
  u64 bits;
  u32 fpscr;
};
void expect(const Result& r, const Expected& want) {
  EXPECT_EQ(r.write, want.write);
  if (want.write) {
    EXPECT_EQ(r.bits, want.bits) << std::hex << r.bits;
  }
  EXPECT_EQ(r.fpscr, want.fpscr) << std::hex << r.fpscr;
  EXPECT_EQ(r.enabled_exception, (want.fpscr & fpscr::fex) != 0);
}

TEST(Frsp, RoundsInEveryMode) {
  constexpr u64 below_half = one + 0x0fff'ffff, half = one + 0x1000'0000, next = one + 0x2000'0000;
  expect(round_to_single(below_half, 0, quirks_750), {true, one, 0x8202'4000});
  expect(round_to_single(half, 0, quirks_750), {true, one, 0x8202'4000});
  expect(round_to_single(half + 1, 0, quirks_750), {true, next, 0x8206'4000});
  expect(round_to_single(half + next - one, 0, quirks_750), {true, next + 0x2000'0000, 0x8206'4000});
  expect(round_to_single(half, 1, quirks_750), {true, one, 0x8202'4001});
  expect(round_to_single(one + 1, 2, quirks_750), {true, next, 0x8206'4002});
  expect(round_to_single(minus | (one + 1), 3, quirks_750), {true, minus | next, 0x8206'8003});
}

TEST(Frsp, KeepsZerosAndInfinities) {
  for (u64 value : {u64{0}, minus, infinity, minus | infinity}) {
    EXPECT_EQ(round_to_single(value, 0, quirks_750).bits, value);
  }
}

TEST(Frsp, CutsAndQuietensNans) {
  expect(round_to_single(quiet, 0, quirks_750), {true, 0x7ff8'0000'0000'0000, 0x11000});
  expect(round_to_single(signalling, 0, quirks_750), {true, 0x7ff8'0000'2000'0000, 0xa101'1000});
  expect(round_to_single(signalling, 0x80, quirks_750), {false, 0, 0xe100'0080});
}

TEST(Frsp, OverflowsAndUnderflows) {
  expect(round_to_single(0x47ef'ffff'f000'0000, 0, quirks_750), {true, infinity, 0x9206'5000});
  expect(round_to_single(0x47ef'ffff'efff'ffff, 0, quirks_750), {true, 0x47ef'ffff'e000'0000, 0x8202'4000});
  expect(round_to_single(0x3690'0000'0000'0000, 0, quirks_750), {true, 0, 0x8a02'2000});
  expect(round_to_single(0x3690'0000'0000'0001, 0, quirks_750), {true, 0x36a0'0000'0000'0000, 0x8a07'4000});
  expect(round_to_single(1, 2, quirks_750), {true, 0x36a0'0000'0000'0000, 0x8a07'4002});
  expect(round_to_single(0x380f'ffff'ffff'ffff, 0, quirks_750), {true, 0x3810'0000'0000'0000, 0x8a06'4000});
  expect(round_to_single(0x380f'ffff'ffff'ffff, 4, quirks_750), {true, 0, 0x8a02'2004});
}

TEST(Fctiw, RoundsInEveryMode) {
  struct {
    double value;
    u32 nearest, zero, up, down;
  } const rows[] = {
      {0.5, 0, 0, 1, 0},
      {1.5, 2, 1, 2, 1},
      {2.5, 2, 2, 3, 2},
      {-0.5, 0, 0, 0, u32(-1)},
      {-1.5, u32(-2), u32(-1), u32(-1), u32(-2)},
      {-2.75, u32(-3), u32(-2), u32(-2), u32(-3)},
  };
  for (const auto& row : rows) {
    const u32 want[] = {row.nearest, row.zero, row.up, row.down};
    for (u32 mode = 0; mode < 4; ++mode) {
      EXPECT_EQ(static_cast<u32>(to_int32(bits(row.value), false, mode).bits), want[mode]) << row.value;
      EXPECT_EQ(static_cast<u32>(to_int32(bits(row.value), true, mode).bits), row.zero) << row.value;
    }
  }
}

TEST(Fctiw, SetsFiFrAndXxAndLeavesFprf) {
  expect(to_int32(bits(3.0), false, 0x7'f000), {true, 0xfff8'0000'0000'0003, 0x1'f000});
  expect(to_int32(bits(2.5), false, 0x1'5000), {true, 0xfff8'0000'0000'0002, 0x8203'5000});
  expect(to_int32(bits(3.5), false, 0x1'5000), {true, 0xfff8'0000'0000'0004, 0x8207'5000});
}

TEST(Fctiw, HighWordTellsANegativeZero) {
  EXPECT_EQ(to_int32(0, false, 0).bits, 0xfff8'0000'0000'0000u);
  EXPECT_EQ(to_int32(minus, false, 0).bits, 0xfff8'0001'0000'0000u);
  EXPECT_EQ(to_int32(bits(-0.25), false, 0).bits, 0xfff8'0001'0000'0000u);
  EXPECT_EQ(to_int32(bits(-1), false, 0).bits, 0xfff8'0000'ffff'ffffu);
}

TEST(Fctiw, IsInvalidOutOfRangeAfterRounding) {
  expect(to_int32(bits(2147483647.5), true, 0), {true, 0xfff8'0000'7fff'ffff, 0x8202'0000});
  expect(to_int32(bits(2147483647.5), false, 0), {true, 0xfff8'0000'7fff'ffff, 0xa000'0100});
  expect(to_int32(bits(2147483647.25), false, 0), {true, 0xfff8'0000'7fff'ffff, 0x8202'0000});
  expect(to_int32(bits(2147483648.0), false, 0), {true, 0xfff8'0000'7fff'ffff, 0xa000'0100});
  expect(to_int32(bits(-2147483648.0), false, 0), {true, 0xfff8'0000'8000'0000, 0});
  expect(to_int32(bits(-2147483648.5), false, 0), {true, 0xfff8'0000'8000'0000, 0x8202'0000});
  expect(to_int32(bits(-2147483648.5), false, 3), {true, 0xfff8'0000'8000'0000, 0xa000'0103});
  expect(to_int32(bits(1e300), false, 0), {true, 0xfff8'0000'7fff'ffff, 0xa000'0100});
  expect(to_int32(minus | infinity, false, 0), {true, 0xfff8'0000'8000'0000, 0xa000'0100});
}

TEST(Fctiw, InvalidLeavesFprfAndClearsFrAndFi) {
  expect(to_int32(infinity, false, 0x7'f000), {true, 0xfff8'0000'7fff'ffff, 0xa001'f100});
  expect(to_int32(quiet, false, 0x1'f000), {true, 0xfff8'0000'8000'0000, 0xa001'f100});
  expect(to_int32(signalling, false, 0), {true, 0xfff8'0000'8000'0000, 0xa100'0100});
  expect(to_int32(infinity, false, 0x7'f080), {false, 0, 0xe001'f180});
}

TEST(Lfs, KeepsEveryValueAndEveryNan) {
  EXPECT_EQ(load_single(0x3f80'0000), one);
  EXPECT_EQ(load_single(0x8000'0000), minus);
  EXPECT_EQ(load_single(0xff80'0000), minus | infinity);
  EXPECT_EQ(load_single(0x7f80'0001), 0x7ff0'0000'2000'0000u) << "a signalling NaN stays one";
  EXPECT_EQ(load_single(0xffff'ffff), 0xffff'ffff'e000'0000u);
  EXPECT_EQ(load_single(0x0000'0001), 0x36a0'0000'0000'0000u);
  EXPECT_EQ(load_single(0x807f'ffff), 0xb80f'ffff'c000'0000u);
  test::Random random(3);
  for (unsigned i = 0; i < 1'000'000; ++i) {
    const u32 word = static_cast<u32>(random.next()) & (random.one_in(4) ? 0x807f'ffff : 0xffff'ffff);
    const float value = std::bit_cast<float>(word);
    if (!std::isnan(value)) {
      ASSERT_EQ(load_single(word), bits(value)) << std::hex << word;
    }
    ASSERT_EQ(store_single(load_single(word)), word) << std::hex << word;
  }
}

TEST(Stfs, DropsBitsWithoutRounding) {
  EXPECT_EQ(store_single(one + 0x1fff'ffff), 0x3f80'0000u);
  EXPECT_EQ(store_single(0x380f'ffff'ffff'ffff), 0x007f'ffffu);
  EXPECT_EQ(store_single(0xb80f'ffff'ffff'ffff), 0x807f'ffffu);
  EXPECT_EQ(store_single(0x36af'ffff'ffff'ffff), 0x0000'0001u);
  EXPECT_EQ(store_single(0x3810'0000'0000'0000), 0x0080'0000u);
  EXPECT_EQ(store_single(quiet), 0x7fc0'0000u);
  EXPECT_EQ(store_single(0x7ff0'0000'0000'0001), 0x7f80'0000u) << "a NaN may become an infinity";
}

TEST(Stfs, OutOfRangeTakesTheBitsAsTheyAre) {
  EXPECT_EQ(store_single(0x7fef'ffff'ffff'ffff), 0x7f7f'ffffu);
  EXPECT_EQ(store_single(0x5010'0000'0000'0000), 0x4080'0000u);
  EXPECT_EQ(store_single(0x369f'ffff'ffff'ffff), 0x34ff'ffffu);
  EXPECT_EQ(store_single(0x8000'0000'2000'0000), 0x8000'0001u);
}

TEST(Fcmp, OrdersNumbers) {
  const double values[] = {-std::numeric_limits<double>::infinity(), -2, -1e-310, 0, 1e-310, 1,
                           std::numeric_limits<double>::infinity()};
  for (double a : values) {
    for (double b : values) {
      const u32 want = a < b ? 8 : a > b ? 4 : 2;
      for (bool ordered : {false, true}) {
        const Compare r = compare(bits(a), bits(b), ordered, 0);
        EXPECT_EQ(r.nibble, want);
        EXPECT_EQ(r.fpscr, want << 12);
      }
    }
  }
  EXPECT_EQ(compare(0, minus, true, 0).nibble, 2u);
}

TEST(Fcmp, LeavesCFrAndFi) { EXPECT_EQ(compare(one, 0, false, 0x7'f000).fpscr, 0x7'4000u); }

TEST(Fcmp, KnowsWhichNansAreInvalid) {
  struct {
    u64 a, b;
    bool ordered;
    u32 before, after;
  } const rows[] = {
      {quiet, one, false, 0, 0x1000},
      {one, quiet, true, 0, 0xa008'1000},
      {signalling, one, false, 0, 0xa100'1000},
      {one, signalling, true, 0, 0xa108'1000},
      {quiet, signalling, true, 0, 0xa108'1000},
      {one, signalling, true, 0x80, 0xe100'1080},  // VE: no VXVC beside VXSNAN
      {one, quiet, true, 0x80, 0xe008'1080},
      {one, signalling, false, 0x80, 0xe100'1080},
      {one, quiet, true, 0x2008'0000, 0x2008'1000},  // known already: no FX
  };
  for (const auto& row : rows) {
    const Compare r = compare(row.a, row.b, row.ordered, row.before);
    EXPECT_EQ(r.nibble, 1u);
    EXPECT_EQ(r.fpscr, row.after) << std::hex << r.fpscr;
    EXPECT_EQ(r.enabled_exception, (row.after & fpscr::fex) != 0);
  }
}

TEST(Fsel, ChoosesByTheSignOfNumbersOnly) {
  constexpr u64 c = 11, b = 22;
  for (u64 a : {u64{0}, minus, u64{1}, one, infinity}) EXPECT_EQ(select(a, c, b), c) << std::hex << a;
  for (u64 a : {minus | 1, minus | one, minus | infinity, quiet, signalling, minus | quiet}) {
    EXPECT_EQ(select(a, c, b), b) << std::hex << a;
  }
}

TEST(Mffs, FillsTheHighWord) { EXPECT_EQ(mffs(0x8202'4000), 0xfff8'0000'8202'4000u); }

}  // namespace
}  // namespace quince::ppc::fpu
