// Operands on which floating-point units go wrong: the ends of the exponent range, denormals of both formats,
// numbers halfway between two singles, sums that cancel, quotients that are almost exact.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "tests/fpu/fp_case.h"

namespace quince::test {

// xoshiro256**, seeded by splitmix64: fast, and the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e37'79b9'7f4a'7c15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
      z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  std::uint64_t below(std::uint64_t limit) { return (next() >> 32) * limit >> 32; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::array<std::uint64_t, 4> state_;
};

class Operands {
 public:
  explicit Operands(std::uint64_t seed) : random_(seed) {}

  // fpscr: the rounding mode. Some cases get exception enables and old exception bits as well.
  FpCase next(FpOp op, bool single, std::uint32_t mode) {
    FpCase c{op, single, random_.one_in(2), operand(), operand(), operand(), mode};
    if (random_.one_in(4)) c.fpscr |= old_flags();
    if (op == FpOp::to_int || op == FpOp::to_int_toward_zero) c.b = near_integer();
    if (random_.one_in(3)) relate(c);
    return c;
  }

  // Any bits but a NaN's.
  std::uint64_t operand() {
    const std::uint64_t bits = raw();
    const bool nan = (bits & ~sign) > infinity;
    return nan ? bits & ~(std::uint64_t{1} << 62) : bits;
  }

 private:
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63, infinity = std::uint64_t{0x7ff} << 52,
                                 fraction_mask = (std::uint64_t{1} << 52) - 1;

  static std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
  static double value_of(std::uint64_t bits) { return std::bit_cast<double>(bits); }

  std::uint64_t raw() {
    switch (random_.below(8)) {
      case 0: return random_.next();
      case 1: return with_sign(0);
      case 2: return with_sign(random_.one_in(8) ? infinity : bits_of(1.0));
      case 3: return single_value();
      default: return with_sign(exponent() << 52 | fraction());
    }
  }

  std::uint64_t with_sign(std::uint64_t bits) { return bits | (random_.next() & sign); }

  std::uint64_t single_value() {
    auto bits = static_cast<std::uint32_t>(random_.next());
    if (random_.one_in(4)) bits &= 0x807f'ffff;
    const float value = std::bit_cast<float>(bits);
    return std::isnan(value) ? with_sign(0) : bits_of(value);
  }

  // Near the ends of double and single (897..1150, denormal from 874) range, near 1, or anywhere.
  std::uint64_t exponent() {
    static constexpr std::uint32_t centres[] = {0, 52, 874, 897, 1023, 1023, 1023, 1150, 1200, 2046};
    if (random_.one_in(4)) return random_.below(2047);
    const auto centre = static_cast<std::int64_t>(centres[random_.below(std::size(centres))]);
    const auto spread = static_cast<std::int64_t>(random_.below(random_.one_in(2) ? 8 : 64));
    const std::int64_t e = centre + (random_.one_in(2) ? spread : -spread);
    return static_cast<std::uint64_t>(e < 0 ? 0 : e > 2046 ? 2046 : e);
  }

  std::uint64_t fraction() {
    std::uint64_t f = random_.next() & fraction_mask;
    switch (random_.below(10)) {
      case 0: return 0;
      case 1: return fraction_mask;
      case 2: return fraction_mask & ~random_.below(4);
      case 3: return 1 + random_.below(4);
      case 4: return std::uint64_t{1} << random_.below(52);
      case 5: return fraction_mask ^ (std::uint64_t{1} << random_.below(52));
      case 6: return f >> 29 << 29;                           // a single
      case 7: return f >> 29 << 29 | std::uint64_t{1} << 28;  // halfway between two
      case 8: return ((f >> 29 << 29 | std::uint64_t{1} << 28) + random_.below(3) - 1) & fraction_mask;
      default: return f;
    }
  }

  std::uint64_t near_integer() {
    const std::uint64_t e = 1023 + random_.below(35) - 2;
    std::uint64_t bits = with_sign(e << 52 | fraction());
    if (random_.one_in(3)) {
      // k/4 with k small, or close to the ends of the range.
      double value = static_cast<double>(random_.below(64)) / 4;
      if (random_.one_in(2)) value = 2147483648.0 - 4 + value / 2;
      bits = with_sign(bits_of(value) + random_.below(3) - 1);
      if ((bits & ~sign) > infinity) bits = sign;
    }
    return random_.one_in(8) ? operand() : bits;
  }

  std::uint64_t nudged(double value) {
    const std::uint64_t bits = bits_of(value);
    if (!std::isfinite(value)) return operand();
    const std::uint64_t moved = bits + random_.below(5) - 2;
    return (moved & ~sign) > infinity ? bits : moved;
  }

  // Makes the operands of one case meet.
  void relate(FpCase& c) {
    const double a = value_of(c.a), cc = value_of(c.c), b = value_of(c.b);
    switch (c.op) {
      case FpOp::add:
      case FpOp::sub: c.b = nudged(random_.one_in(2) ? a : -a * std::exp2(random_.below(3))); return;
      case FpOp::mul: c.c = nudged(value_of(operand()) / a); return;
      case FpOp::div: c.a = nudged(b * cc); return;
      case FpOp::madd:
      case FpOp::nmadd:
      case FpOp::msub:
      case FpOp::nmsub: c.b = nudged(random_.one_in(2) ? a * cc : -a * cc); return;
      default: return;
    }
  }

  // Enables, and exception bits that are already set, with the summaries that belong to them.
  std::uint32_t old_flags() {
    const std::uint32_t enables = random_.next() & 0xf8;
    const std::uint32_t exceptions = random_.one_in(2) ? 0 : random_.next() & 0x1ff8'0700;
    std::uint32_t f = (random_.next() & 0x8007'f000) | enables | exceptions;
    if (exceptions & 0x01f8'0700) f |= 1u << 29;
    if (f >> 22 & f & 0xf8) f |= 1u << 30;
    return f;
  }

  Random random_;
};

}  // namespace quince::test
