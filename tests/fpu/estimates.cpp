// fres and frsqrte: the tables against the rule they follow, single results against those recorded on chips
// of the 750 family, and the flags.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "guest-ppc/fpu/fpu.h"

namespace quince::ppc::fpu {
namespace {

constexpr u64 minus = u64{1} << 63, infinity = 0x7ff0'0000'0000'0000, one = 0x3ff0'0000'0000'0000,
              quiet = 0x7ff8'0000'0000'0001, signalling = 0x7ff0'0000'2000'0001;

double value(u64 bits) { return std::bit_cast<double>(bits); }
u64 bits(double v) { return std::bit_cast<u64>(v); }

Result fres(u64 b, u32 fpscr = 0) { return reciprocal_estimate(b, fpscr, quirks_750); }
Result frsqrte(u64 b, u32 fpscr = 0) { return rsqrt_estimate(b, fpscr, quirks_750); }

// One linear piece as its results show it: the value at its left end, and how much the first `steps`
// positions take from it.
struct Piece {
  double x, width;
  int positions;
  std::function<double(double)> estimate, curve;
  double unit;  // weight of one in the last place of the significand

  double at(int position) const { return estimate(x + width * position / positions); }
  // In units; exact, as results are multiples of unit.
  double base() const { return at(0) / unit; }
  double drop(int position) const { return base() - at(position) / unit; }
  double secant() const { return (curve(x) - curve(x + width)) / unit / positions; }
  // The line of the piece's slope with equal errors above and below the curve, at its left end.
  double centred_base(double slope) const {
    double least = 1e300, most = -1e300;
    for (int i = 0; i <= positions; ++i) {
      const double above = slope * i + curve(x + width * i / positions) / unit;
      least = std::min(least, above);
      most = std::max(most, above);
    }
    return (least + most) / 2;
  }
};

Piece reciprocal_piece(int i) {
  return {1 + i / 32.0,
          1 / 32.0,
          1024,
          [](double x) { return 2 * value(fres(bits(x)).bits); },
          [](double x) { return 2 / x; },
          std::exp2(-23)};
}

Piece rsqrt_piece(int i) {
  const double x = i < 16 ? 1 + i / 16.0 : 2 + (i - 16) / 8.0;
  return {x,
          i < 16 ? 1 / 16.0 : 1 / 8.0,
          2048,
          [](double v) { return 2 * value(frsqrte(bits(v)).bits); },
          [](double v) { return 2 / std::sqrt(v); },
          std::exp2(-26)};
}

// In half units of the last place.
double reciprocal_slope(int i) {
  if (i == 31) return std::floor(2 * (reciprocal_piece(i).base() - std::exp2(23)) / 1023);
  const int first = i < 22 ? i : i & ~1, last = i < 22 ? i : i | 1;
  return std::nearbyint(reciprocal_piece(first).secant() + reciprocal_piece(last).secant());
}

double rsqrt_slope(int i) {
  if (i == 31) return std::floor((rsqrt_piece(i).base() - std::exp2(26)) / 2047);
  return i < 16 ? 2 * std::nearbyint(rsqrt_piece(i).secant() / 2) : std::nearbyint(rsqrt_piece(i).secant());
}

TEST(EstimateTables, FresSlopesAreSecants) {
  for (int i = 0; i < 32; ++i) {
    const Piece piece = reciprocal_piece(i);
    const double slope = reciprocal_slope(i);
    for (int position = 0; position < 1024; ++position) {
      ASSERT_EQ(piece.drop(position), std::ceil(slope * position / 2)) << i << " " << position;
    }
  }
}

TEST(EstimateTables, FrsqrteSlopesAreSecants) {
  for (int i = 0; i < 32; ++i) {
    const Piece piece = rsqrt_piece(i);
    const double slope = rsqrt_slope(i);
    for (int position = 0; position < 2048; ++position) {
      ASSERT_EQ(piece.drop(position), slope * position) << i << " " << position;
    }
  }
}

TEST(EstimateTables, BasesCentreTheError) {
  for (int i = 0; i < 32; ++i) {
    const double fres_off =
        reciprocal_piece(i).base() - reciprocal_piece(i).centred_base(reciprocal_slope(i) / 2);
    EXPECT_LT(std::fabs(fres_off), 1.2 * 512) << i;
    const double rsqrt_off = rsqrt_piece(i).base() - rsqrt_piece(i).centred_base(rsqrt_slope(i));
    EXPECT_LT(std::fabs(rsqrt_off), 1.4 * 2048) << i;
    EXPECT_EQ(std::fmod(reciprocal_piece(i).base(), 512), 0);
    EXPECT_EQ(std::fmod(rsqrt_piece(i).base(), 2048), 0);
  }
}

// The manuals promise 1/4096 for fres and 1/4096 for frsqrte on the 750 (the architecture 1/256 and 1/32).
TEST(EstimateTables, AreAsGoodAsTheManualSays) {
  for (int i = 0; i < 1 << 16; ++i) {
    const double x = 1 + i / 65536.0;
    EXPECT_LT(std::fabs(value(fres(bits(x)).bits) * x - 1), 1 / 4096.0) << x;
    EXPECT_LT(std::fabs(value(frsqrte(bits(x)).bits) * std::sqrt(x) - 1), 1 / 4096.0) << x;
    EXPECT_LT(std::fabs(value(frsqrte(bits(2 * x)).bits) * std::sqrt(2 * x) - 1), 1 / 4096.0) << x;
  }
}

struct Recorded {
  u64 operand, result;
  u32 fpscr;
};

TEST(Fres, GivesWhatA750GivesAtTheEndsOfTheRange) {
  const struct {
    u32 operand, result, fpscr;
  } rows[] = {
      {0x4000'0000, 0x3eff'f800, 0x0000'4000}, {0xc000'0000, 0xbeff'f800, 0x0000'8000},
      {0x7f7f'ffff, 0x0020'0020, 0x8803'4000}, {0xff7f'ffff, 0x8020'0020, 0x8803'8000},
      {0x0000'0001, 0x7f7f'ffff, 0x9002'4000}, {0x8000'0001, 0xff7f'ffff, 0x9002'8000},
      {0x001f'ffff, 0x7f7f'ffff, 0x9002'4000}, {0x801f'ffff, 0xff7f'ffff, 0x9002'8000},
      {0x0020'0000, 0x7f7f'f800, 0x0000'4000}, {0x8020'0000, 0xff7f'f800, 0x0000'8000},
  };
  for (const auto& row : rows) {
    const Result r = fres(load_single(row.operand));
    EXPECT_EQ(r.bits, load_single(row.result)) << std::hex << row.operand;
    EXPECT_EQ(r.fpscr, row.fpscr) << std::hex << row.operand;
  }
}

TEST(Fres, SetsFiWithoutXxWhereAHalfUnitIsCutOff) {
  // Position 1 of the first segment: 993 half units down.
  const Result r = fres(one | u64{1} << 37);
  EXPECT_EQ(r.bits, 0x3fe0'0000'0000'0000u | u64{0x7ff800 - 497} << 29);
  EXPECT_EQ(r.fpscr, 0x0002'4000u);
  EXPECT_EQ(fres(one | u64{1} << 37, 8).fpscr, 0x0002'4008u) << "so XE has nothing to say";
}

TEST(Fres, KnowsSpecialOperands) {
  const Recorded rows[] = {
      {0, infinity, 0x8400'5000},
      {minus, minus | infinity, 0x8400'9000},
      {infinity, 0, 0x2000},
      {minus | infinity, minus, 0x1'2000},
      {quiet, 0x7ff8'0000'0000'0000, 0x1'1000},
      {signalling, 0x7ff8'0000'2000'0000, 0xa101'1000},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(fres(row.operand).bits, row.result) << std::hex << row.operand;
    EXPECT_EQ(fres(row.operand).fpscr, row.fpscr) << std::hex << row.operand;
  }
}

TEST(Fres, LeavesTheTargetToEnabledExceptions) {
  EXPECT_FALSE(fres(0, 0x10).write);
  EXPECT_EQ(fres(0, 0x6'f010).fpscr, 0xc400'f010u);
  EXPECT_FALSE(fres(signalling, 0x80).write);
  EXPECT_EQ(fres(signalling, 0x80).fpscr, 0xe100'0080u);
}

TEST(Fres, OverflowsBelowTwoToMinus128AndUnderflowsByTruncation) {
  EXPECT_EQ(fres(0x37ef'ffff'ffff'ffff).bits, 0x47ef'ffff'e000'0000u);
  EXPECT_EQ(fres(0x37f0'0000'0000'0000).bits, 0x47ef'ff00'0000'0000u);
  EXPECT_EQ(fres(1).fpscr, 0x9002'4000u);
  EXPECT_EQ(fres(0x7fef'ffff'ffff'ffff).bits, 0u);
  EXPECT_EQ(fres(0x7fef'ffff'ffff'ffff).fpscr, 0x8802'2000u);
  // 2^126: a denormal result without loss, so no UX; NI makes a zero of it.
  EXPECT_EQ(fres(0x47d0'0000'0000'0000).bits, 0x380f'ff00'0000'0000u);
  EXPECT_EQ(fres(0x47d0'0000'0000'0000).fpscr, 0x1'4000u);
  EXPECT_EQ(fres(0x47d0'0000'0000'0000, 4).bits, 0u);
  EXPECT_EQ(fres(0x47d0'0000'0000'0000, 4).fpscr, 0x8802'2004u);
}

TEST(Fres, AdjustsTheExponentWhereTheExceptionIsEnabled) {
  EXPECT_EQ(fres(0x37e0'0000'0000'0000, 0x40).bits, 0x3bff'ff00'0000'0000u);  // 2^129 / 2^192
  EXPECT_EQ(fres(0x37e0'0000'0000'0000, 0x40).fpscr, 0xd000'4040u);
  EXPECT_EQ(fres(0x47d0'0000'0000'0000, 0x20).bits, 0x440f'ff00'0000'0000u);  // 2^-126 * 2^192
  EXPECT_EQ(fres(0x47d0'0000'0000'0000, 0x20).fpscr, 0xc800'4020u);
}

TEST(Frsqrte, GivesWhatA750Gives) {
  const Recorded rows[] = {
      {0x4000'0000'0000'0000, 0x3fe6'9fa0'0000'0000, 0x4000},
      {0x4010'0000'0000'0000, 0x3fdf'fe80'0000'0000, 0x4000},
      {0x7fef'ffff'ffff'ffff, 0x1ff0'0008'2c00'0000, 0x4000},
      {0x0000'0000'0000'0001, 0x617f'fe80'0000'0000, 0x4000},
      {0, infinity, 0x8400'5000},
      {minus, minus | infinity, 0x8400'9000},
      {infinity, 0, 0x2000},
      {minus | infinity, 0x7ff8'0000'0000'0000, 0xa001'1200},
      {minus | one, 0x7ff8'0000'0000'0000, 0xa001'1200},
      {quiet, quiet, 0x1'1000},
      {minus | quiet, minus | quiet, 0x1'1000},
      {signalling, 0x7ff8'0000'2000'0001, 0xa101'1000},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(frsqrte(row.operand).bits, row.result) << std::hex << row.operand;
    EXPECT_EQ(frsqrte(row.operand).fpscr, row.fpscr) << std::hex << row.operand;
  }
}

TEST(Frsqrte, LeavesTheTargetToEnabledExceptions) {
  EXPECT_FALSE(frsqrte(minus | one, 0x80).write);
  EXPECT_EQ(frsqrte(minus | one, 0x6'f080).fpscr, 0xe000'f280u);
  EXPECT_FALSE(frsqrte(0, 0x10).write);
  EXPECT_EQ(frsqrte(0, 0x10).fpscr, 0xc400'0010u);
}

}  // namespace
}  // namespace quince::ppc::fpu
