// Special operands, flags and enabled exceptions, one row a rule. The expected words are worked out by hand
// from PEM chapter 3; where the architecture leaves a choice, from what 750-family chips are recorded to do.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "guest-ppc/fpu/fpu.h"
#include "tests/fpu/operands.h"

namespace quince::ppc::fpu {
namespace {

constexpr u64 zero = 0, minus = u64{1} << 63, one = 0x3ff0'0000'0000'0000, two = 0x4000'0000'0000'0000,
              three = 0x4008'0000'0000'0000, infinity = 0x7ff0'0000'0000'0000,
              largest = 0x7fef'ffff'ffff'ffff, tiniest = 1, smallest_normal = 0x0010'0000'0000'0000,
              quiet = 0x7ff8'0000'0000'0000, quiet_a = 0x7ff8'0000'0000'000a, quiet_b = 0xfff8'0000'4000'000b,
              quiet_c = 0x7ffc'0000'0000'000c, signalling = 0x7ff0'0000'2000'0001,
              signalling_quieted = 0x7ff8'0000'2000'0001, half_ulp_of_one = 0x3ca0'0000'0000'0000;
// Of single precision, as registers hold them.
constexpr u64 single_largest = 0x47ef'ffff'e000'0000, single_smallest_normal = 0x3810'0000'0000'0000,
              single_tiniest = 0x36a0'0000'0000'0000, single_half_ulp_of_one = 0x3e70'0000'0000'0000;

constexpr auto dbl = Precision::double_;
constexpr auto sgl = Precision::single;

struct Row {
  std::string what;
  ArithOp op;
  Precision precision;
  u64 a, c, b;
  u32 before;
  bool write;
  u64 bits;
  u32 after;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.what; }

class Arithmetic : public ::testing::TestWithParam<Row> {};

TEST_P(Arithmetic, GivesTheResultAndEveryFpscrBit) {
  const Row& row = GetParam();
  for (auto* f : {&arith, &arith_exactly}) {
    const Result r = f(row.op, row.precision, row.a, row.c, row.b, row.before, quirks_750);
    EXPECT_EQ(r.write, row.write);
    if (row.write) {
      EXPECT_EQ(r.bits, row.bits) << std::hex << r.bits;
    }
    EXPECT_EQ(r.fpscr, row.after) << std::hex << r.fpscr;
    EXPECT_EQ(r.enabled_exception, (row.after & fpscr::fex) != 0);
  }
}

using enum ArithOp;

INSTANTIATE_TEST_SUITE_P(
    ResultClass, Arithmetic,
    ::testing::Values(Row{"+normal", add, dbl, one, 0, one, 0, true, two, 0x4000},
                      Row{"-normal", sub, dbl, one, 0, three, 0, true, minus | two, 0x8000},
                      Row{"+zero", add, dbl, zero, 0, zero, 0, true, zero, 0x2000},
                      Row{"-zero", add, dbl, minus, 0, minus, 0, true, minus, 0x12000},
                      Row{"+infinity", add, dbl, infinity, 0, one, 0, true, infinity, 0x5000},
                      Row{"-infinity", sub, dbl, one, 0, infinity, 0, true, minus | infinity, 0x9000},
                      Row{"+denormal", add, dbl, tiniest, 0, tiniest, 0, true, 2, 0x14000},
                      Row{"-denormal", add, dbl, minus | tiniest, 0, zero, 0, true, minus | tiniest, 0x18000},
                      Row{"+denormal single", add, sgl, single_tiniest, 0, zero, 0, true, single_tiniest,
                          0x14000},
                      Row{"the same number as a double is normal", add, dbl, single_tiniest, 0, zero, 0, true,
                          single_tiniest, 0x4000},
                      Row{"NaN", add, dbl, quiet, 0, one, 0, true, quiet, 0x11000},
                      Row{"the old class, FR and FI go", add, dbl, one, 0, one, 0x7f000, true, two, 0x4000}));

INSTANTIATE_TEST_SUITE_P(
    SignsOfZero, Arithmetic,
    ::testing::Values(Row{"x - x", sub, dbl, one, 0, one, 0, true, zero, 0x2000},
                      Row{"x - x toward zero", sub, dbl, one, 0, one, 1, true, zero, 0x2001},
                      Row{"x - x up", sub, dbl, one, 0, one, 2, true, zero, 0x2002},
                      Row{"x - x down", sub, dbl, one, 0, one, 3, true, minus, 0x12003},
                      Row{"+0 + -0 down", add, dbl, zero, 0, minus, 3, true, minus, 0x12003},
                      Row{"+0 + +0 down", add, dbl, zero, 0, zero, 3, true, zero, 0x2003},
                      Row{"-0 * 1", mul, dbl, minus, one, 0, 0, true, minus, 0x12000},
                      Row{"-(1 * 1 - 1) is -0", nmsub, dbl, one, one, one, 0, true, minus, 0x12000},
                      Row{"-(1 * 1 - 1) down is +0", nmsub, dbl, one, one, one, 3, true, zero, 0x2003},
                      Row{"-(-0 * 1 + -0) is +0", nmadd, dbl, minus, one, minus, 0, true, zero, 0x2000}));

INSTANTIATE_TEST_SUITE_P(
    Rounding, Arithmetic,
    ::testing::Values(
        Row{"tie to even, down: FI without FR", add, dbl, one, 0, half_ulp_of_one, 0, true, one, 0x8202'4000},
        Row{"tie to even, up: FR", add, dbl, one + 1, 0, half_ulp_of_one, 0, true, one + 2, 0x8206'4000},
        Row{"toward zero", add, dbl, one + 1, 0, half_ulp_of_one, 1, true, one + 1, 0x8202'4001},
        Row{"up", add, dbl, one, 0, tiniest, 2, true, one + 1, 0x8206'4002},
        Row{"up, negative", sub, dbl, minus | one, 0, tiniest, 2, true, minus | one, 0x8202'8002},
        Row{"down, negative: away from zero is FR", sub, dbl, minus | one, 0, tiniest, 3, true,
            minus | (one + 1), 0x8206'8003},
        Row{"single, rounded once", add, sgl, one + (1 << 28), 0, tiniest, 0, true, one + (1 << 29),
            0x8206'4000},
        Row{"single, tie to even", add, sgl, one, 0, single_half_ulp_of_one, 0, true, one, 0x8202'4000},
        // Negated after rounding: 1 + ulp/2 up is 1 + ulp, its negation lies below.
        Row{"fnmadd up", nmadd, dbl, one, one, half_ulp_of_one, 2, true, minus | (one + 1), 0x8206'8002},
        Row{"fnmadd down", nmadd, dbl, one, one, half_ulp_of_one, 3, true, minus | one, 0x8202'8003},
        Row{"fnmsub up", nmsub, dbl, one, one, minus | half_ulp_of_one, 2, true, minus | (one + 1),
            0x8206'8002},
        Row{"the product is not rounded", msub, dbl, one + 1, one + 1, one + 2, 0, true,
            0x3970'0000'0000'0000, 0x4000}));

INSTANTIATE_TEST_SUITE_P(
    StickyBits, Arithmetic,
    ::testing::Values(
        Row{"FX is not set again", add, dbl, one, 0, half_ulp_of_one, 0x0200'0000, true, one, 0x0202'4000},
        Row{"a new exception sets FX", mul, dbl, largest, two, 0, 0x0200'0000, true, infinity, 0x9202'5000},
        Row{"exception bits stay", add, dbl, one, 0, one, 0x8600'0000, true, two, 0x8600'4000},
        Row{"XE makes FEX", add, dbl, one, 0, half_ulp_of_one, 0x8, true, one, 0xc202'4008},
        Row{"an old XX makes FEX once XE is set", add, dbl, one, 0, half_ulp_of_one, 0x4200'0008, true, one,
            0x4202'4008}));

INSTANTIATE_TEST_SUITE_P(
    Nans, Arithmetic,
    ::testing::Values(
        Row{"frA before frB", add, dbl, quiet_a, 0, quiet_b, 0, true, quiet_a, 0x11000},
        Row{"frB if frA is none", add, dbl, one, 0, quiet_b, 0, true, quiet_b, 0x11000},
        Row{"frA before frC", mul, dbl, quiet_a, quiet_c, 0, 0, true, quiet_a, 0x11000},
        Row{"frB before frC", madd, dbl, one, quiet_c, quiet_b, 0, true, quiet_b, 0x11000},
        Row{"frA before frB and frC", madd, dbl, quiet_a, quiet_c, quiet_b, 0, true, quiet_a, 0x11000},
        Row{"a signalling NaN does not overtake", add, dbl, quiet_a, 0, signalling, 0, true, quiet_a,
            0xa101'1000},
        Row{"quieted", add, dbl, signalling, 0, one, 0, true, signalling_quieted, 0xa101'1000},
        Row{"fsub does not negate a NaN", sub, dbl, one, 0, quiet_b, 0, true, quiet_b, 0x11000},
        Row{"fnmadd does not negate a NaN", nmadd, dbl, one, one, quiet_a, 0, true, quiet_a, 0x11000},
        Row{"fnmsub does not either", nmsub, dbl, one, one, quiet_a, 0, true, quiet_a, 0x11000},
        Row{"nor a default one", nmadd, dbl, infinity, one, minus | infinity, 0, true, quiet, 0xa081'1000},
        Row{"single: the low 29 bits go", add, sgl, quiet_b, 0, one, 0, true, 0xfff8'0000'4000'0000, 0x11000},
        Row{"single: signalling", mul, sgl, one, signalling, 0, 0, true, 0x7ff8'0000'2000'0000, 0xa101'1000},
        Row{"VE: frD, FPRF stay; FR and FI go", add, dbl, signalling, 0, one, 0x0006'4080, false, 0,
            0xe100'4080},
        Row{"VE does not matter to a quiet NaN", add, dbl, quiet_a, 0, one, 0x80, true, quiet_a, 0x11080}));

INSTANTIATE_TEST_SUITE_P(
    InvalidOperations, Arithmetic,
    ::testing::Values(
        Row{"VXISI", add, dbl, infinity, 0, minus | infinity, 0, true, quiet, 0xa081'1000},
        Row{"VXISI by fsub", sub, dbl, infinity, 0, infinity, 0, true, quiet, 0xa081'1000},
        Row{"VXISI by fmadd", madd, dbl, infinity, two, minus | infinity, 0, true, quiet, 0xa081'1000},
        Row{"no VXISI: a product that overflows is no infinity", madd, dbl, largest, largest,
            minus | infinity, 0, true, minus | infinity, 0x9000},
        Row{"VXIDI", div, dbl, infinity, 0, minus | infinity, 0, true, quiet, 0xa041'1000},
        Row{"VXZDZ, not ZX", div, dbl, zero, 0, zero, 0, true, quiet, 0xa021'1000},
        Row{"VXIMZ", mul, dbl, infinity, zero, 0, 0, true, quiet, 0xa011'1000},
        Row{"VXIMZ by fmadd", madd, dbl, zero, infinity, one, 0, true, quiet, 0xa011'1000},
        Row{"VXIMZ, not VXISI", madd, dbl, zero, infinity, infinity, 0, true, quiet, 0xa011'1000},
        Row{"VXIMZ and VXSNAN", madd, dbl, zero, infinity, signalling, 0, true, signalling_quieted,
            0xa111'1000},
        Row{"VXIMZ and a quiet NaN", madd, dbl, zero, infinity, quiet_b, 0, true, quiet_b, 0xa011'1000},
        Row{"0 * SNaN is no VXIMZ", madd, dbl, zero, signalling, one, 0, true, signalling_quieted,
            0xa101'1000},
        Row{"VE", div, dbl, zero, 0, zero, 0x80, false, 0, 0xe020'0080},
        Row{"VE, the cause known already", div, dbl, zero, 0, zero, 0x6020'0080, false, 0, 0x6020'0080}));

INSTANTIATE_TEST_SUITE_P(
    ZeroDivides, Arithmetic,
    ::testing::Values(Row{"1 / 0", div, dbl, one, 0, zero, 0, true, infinity, 0x8400'5000},
                      Row{"1 / -0", div, dbl, one, 0, minus, 0, true, minus | infinity, 0x8400'9000},
                      Row{"FR and FI go", div, dbl, one, 0, zero, 0x0006'0000, true, infinity, 0x8400'5000},
                      Row{"infinity / 0 is exact", div, dbl, infinity, 0, zero, 0, true, infinity, 0x5000},
                      Row{"ZE: frD, FPRF stay; FR and FI go", div, dbl, one, 0, zero, 0x0006'8010, false, 0,
                          0xc400'8010}));

INSTANTIATE_TEST_SUITE_P(
    Overflow, Arithmetic,
    ::testing::Values(
        Row{"to nearest", mul, dbl, largest, two, 0, 0, true, infinity, 0x9202'5000},
        Row{"toward zero", mul, dbl, largest, two, 0, 1, true, largest, 0x9202'4001},
        Row{"up", mul, dbl, largest, two, 0, 2, true, infinity, 0x9202'5002},
        Row{"up, negative", mul, dbl, largest, minus | two, 0, 2, true, minus | largest, 0x9202'8002},
        Row{"down", mul, dbl, largest, two, 0, 3, true, largest, 0x9202'4003},
        Row{"by rounding: FR", add, dbl, largest, 0, 0x7c90'0000'0000'0000, 0, true, infinity, 0x9206'5000},
        Row{"just not", add, dbl, largest, 0, 0x7c8f'ffff'ffff'ffff, 0, true, largest, 0x8202'4000},
        Row{"negated after rounding", nmadd, dbl, largest, two, zero, 2, true, minus | infinity, 0x9202'9002},
        Row{"single", add, sgl, single_largest, 0, single_largest, 0, true, infinity, 0x9202'5000},
        Row{"single, toward zero", add, sgl, single_largest, 0, single_largest, 1, true, single_largest,
            0x9202'4001},
        // OE: 1536 (single: 192) off the exponent, no XX for an exact significand.
        Row{"OE", mul, dbl, largest, two, 0, 0x40, true, 0x1fff'ffff'ffff'ffff, 0xd000'4040},
        Row{"OE, inexact", mul, dbl, largest, three, 0, 0x40, true, 0x2007'ffff'ffff'ffff, 0xd202'4040},
        Row{"OE, single", add, sgl, single_largest, 0, single_largest, 0x40, true, 0x3bff'ffff'e000'0000,
            0xd000'4040},
        // 2^1000 * 2^1000 / 2^192 does not fit: the biased exponent 0xb0f becomes 0x70f.
        Row{"OE, single, out of the doubles too", mul, sgl, 0x7e70'0000'0000'0000, 0x7e70'0000'0000'0000, 0,
            0x40, true, 0x70f0'0000'0000'0000, 0xd000'4040}));

INSTANTIATE_TEST_SUITE_P(
    Underflow, Arithmetic,
    ::testing::Values(
        Row{"exact: no UX", div, dbl, smallest_normal, 0, two, 0, true, smallest_normal / 2, 0x14000},
        Row{"inexact", div, dbl, smallest_normal + 1, 0, two, 0, true, smallest_normal / 2, 0x8a03'4000},
        Row{"to zero", div, dbl, tiniest, 0, two, 0, true, zero, 0x8a02'2000},
        Row{"to -zero", div, dbl, tiniest, 0, minus | two, 0, true, minus, 0x8a03'2000},
        Row{"up to the tiniest", div, dbl, tiniest, 0, two, 2, true, tiniest, 0x8a07'4002},
        // (1 + 2^-52) * 2^-1022 * (1 - 2^-52): tiny before rounding, normal after it.
        Row{"tiny before rounding", mul, dbl, smallest_normal + 1, one - 2, 0, 0, true, smallest_normal,
            0x8a06'4000},
        Row{"single", mul, sgl, single_tiniest, 0x3fe0'0000'0000'0000, 0, 0, true, zero, 0x8a02'2000},
        Row{"single, exact", mul, sgl, single_smallest_normal, 0x3fe0'0000'0000'0000, 0, 0, true,
            0x3800'0000'0000'0000, 0x14000},
        // UE: 1536 (single: 192) on the exponent; UX even if exact; the class is that of a normal number.
        Row{"UE, exact", div, dbl, smallest_normal, 0, two, 0x20, true, 0x6000'0000'0000'0000, 0xc800'4020},
        Row{"UE, a denormal operand is enough", add, dbl, tiniest, 0, zero, 0x20, true, 0x5cd0'0000'0000'0000,
            0xc800'4020},
        Row{"UE, single", mul, sgl, single_smallest_normal, 0x3fe0'0000'0000'0000, 0, 0x20, true,
            0x4400'0000'0000'0000, 0xc800'4020}));

INSTANTIATE_TEST_SUITE_P(
    NonIeeeMode, Arithmetic,
    ::testing::Values(
        Row{"a denormal result becomes zero", div, dbl, smallest_normal, 0, two, 4, true, zero, 0x8a02'2004},
        Row{"with its sign", div, dbl, smallest_normal, 0, minus | two, 4, true, minus, 0x8a03'2004},
        Row{"after negation", nmadd, dbl, smallest_normal, 0x3fe0'0000'0000'0000, zero, 4, true, minus,
            0x8a03'2004},
        Row{"even if it would round to a normal one", mul, dbl, smallest_normal + 1, one - 2, 0, 4, true,
            zero, 0x8a02'2004},
        Row{"in every rounding mode", div, dbl, smallest_normal, 0, two, 6, true, zero, 0x8a02'2006},
        Row{"single", mul, sgl, single_smallest_normal, 0x3fe0'0000'0000'0000, 0, 4, true, zero, 0x8a02'2004},
        Row{"a denormal single is a normal double", add, dbl, single_tiniest, 0, zero, 4, true,
            single_tiniest, 0x4004},
        Row{"denormal operands count", mul, dbl, tiniest, 0x4340'0000'0000'0000, 0, 4, true,
            0x0020'0000'0000'0000, 0x4004},
        Row{"UE comes first", div, dbl, smallest_normal, 0, two, 0x24, true, 0x6000'0000'0000'0000,
            0xc800'4024}));

// frC of single-precision multiplies, 1 + 2^-23 + 2^-26: the 750 makes 1 + 2^-23 of it.
constexpr u64 wide = 0x3ff0'0000'2400'0000;

TEST(NarrowFrC, IsAPropertyOfTheModel) {
  EXPECT_EQ(arith(mul, sgl, one, wide, 0, 2, quirks_750).bits, one + 0x2000'0000);
  EXPECT_EQ(arith(mul, sgl, one, wide, 0, 2, quirks_750).fpscr, 0x4002u) << "not inexact by that";
  EXPECT_EQ(arith(mul, sgl, one, wide, 0, 2, quirks_7400).fpscr, 0x8206'4002u);
}

TEST(NarrowFrC, IsOnlyFrCAndOnlyOfSingleMultiplies) {
  EXPECT_EQ(arith(mul, sgl, wide, one, 0, 2, quirks_750).fpscr, 0x8206'4002u);
  EXPECT_EQ(arith(mul, dbl, one, wide, 0, 0, quirks_750).bits, wide);
  EXPECT_EQ(arith(madd, sgl, one, zero, wide, 2, quirks_750).fpscr, 0x8206'4002u);
  EXPECT_EQ(arith(madd, sgl, one, wide, zero, 2, quirks_750).fpscr, 0x4002u);
}

TEST(NarrowFrC, RoundsHalfAwayFromZeroInEveryMode) {
  constexpr u64 half = 0x3ff0'0000'0800'0000;  // 1 + 2^-25
  constexpr u64 below = half - 1;
  constexpr u64 up = 0x3ff0'0000'1000'0000;  // 1 + 2^-24
  for (u32 mode = 0; mode < 4; ++mode) {
    const Result want = arith(mul, sgl, two, up, 0, mode, quirks_750);
    EXPECT_EQ(arith(mul, sgl, two, half, 0, mode, quirks_750).bits, want.bits);
    EXPECT_EQ(arith(mul, sgl, two, half, 0, mode, quirks_750).fpscr, want.fpscr);
    EXPECT_EQ(arith(mul, sgl, two, below, 0, mode, quirks_750).bits, two);
    EXPECT_EQ(arith(mul, sgl, two, below, 0, mode, quirks_750).fpscr, 0x4000 | mode);
  }
}

TEST(NarrowFrC, NormalisesDenormalsAndHasNoOverflowOfItsOwn) {
  // 2^1023 * (2^-1048 - 2^-1074): 26 bits become 2^-1048.
  const Result r = arith(mul, sgl, 0x7fe0'0000'0000'0000, 0x03ff'ffff, 0, 1, quirks_750);
  EXPECT_EQ(r.bits, 0x3e60'0000'0000'0000u);
  EXPECT_EQ(r.fpscr, 0x4001u);
  // The largest double becomes 2^1024: times the tiniest it is 2^-50, times zero it is zero, plus itself
  // negated it leaves 2^971.
  EXPECT_EQ(arith(mul, sgl, tiniest, largest, 0, 0, quirks_750).bits, 0x3cd0'0000'0000'0000u);
  EXPECT_EQ(arith(mul, sgl, zero, largest, 0, 0, quirks_750).fpscr, 0x2000u);
  EXPECT_EQ(arith(madd, sgl, one, largest, minus | largest, 0, quirks_750).bits, infinity);
  EXPECT_EQ(arith(madd, sgl, largest, one, minus | largest, 0, quirks_750).bits, zero);
}

// The reference and the short cuts, on operands of every kind: NaNs and the NI bit too, which the MPFR model
// does not know.
TEST(ShortCuts, GiveWhatTheExactArithmeticGives) {
  test::Random random(7);
  test::Operands operands(8);
  for (unsigned i = 0; i < 2'000'000; ++i) {
    const auto op = static_cast<ArithOp>(random.below(8));
    const Precision precision = random.one_in(2) ? sgl : dbl;
    const Quirks quirks = random.one_in(2) ? quirks_750 : quirks_7400;
    const u32 mode = static_cast<u32>(random.one_in(2) ? 0 : random.below(8));
    auto c = operands.next(static_cast<test::FpOp>(op), precision == sgl, mode);
    if (random.one_in(16)) c.a = random.next() | infinity;
    if (random.one_in(16)) c.b = random.next() | infinity;
    if (random.one_in(16)) c.c = random.next() | infinity;
    const Result fast = arith(op, precision, c.a, c.c, c.b, c.fpscr, quirks);
    const Result exact = arith_exactly(op, precision, c.a, c.c, c.b, c.fpscr, quirks);
    ASSERT_EQ(fast.write, exact.write);
    if (exact.write) {
      ASSERT_EQ(fast.bits, exact.bits);
    }
    ASSERT_EQ(fast.fpscr, exact.fpscr);
    ASSERT_EQ(fast.enabled_exception, exact.enabled_exception);
  }
}

}  // namespace
}  // namespace quince::ppc::fpu
