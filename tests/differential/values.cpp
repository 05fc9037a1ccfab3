// The values that registers and memory hold before a case.
#include <bit>

#include "guest-ppc/fpu/fpscr.h"
#include "tests/differential/generator.h"

namespace quince::differential {
namespace {

constexpr u64 sign64 = u64{1} << 63;
constexpr u64 fraction64 = (u64{1} << 52) - 1;

constexpr u32 integers[] = {0,           1,           2,           3,           31,          32,
                            33,          63,          64,          0x7f,        0x80,        0xff,
                            0x7fff,      0x8000,      0xffff,      0x1'0000,    0x7fff'fffe, 0x7fff'ffff,
                            0x8000'0000, 0x8000'0001, 0xffff'8000, 0xffff'7fff, 0xffff'ff80, 0xffff'fffe,
                            0xffff'ffff, 0x0101'0101, 0x8080'8080, 0x5555'5555};
constexpr u32 single_exponents[] = {0,   0,   1,   2,   23,  24,  102, 103, 104, 126,
                                    127, 128, 149, 150, 157, 158, 253, 254, 255};
constexpr u32 single_fractions[] = {0, 1, 2, 0x3f'ffff, 0x40'0000, 0x40'0001, 0x7f'fffe, 0x7f'ffff};
// Around the ends of the ranges of double, single and i32, around 1, and the denormal singles (874 to 896).
constexpr u32 double_exponents[] = {0,    0,    1,    2,    52,   53,   700,  873,  874,  880,  895,
                                    896,  897,  970,  1021, 1022, 1023, 1024, 1025, 1052, 1053, 1054,
                                    1055, 1075, 1076, 1149, 1150, 1151, 1400, 2044, 2045, 2046, 2047};
constexpr u64 special_doubles[] = {0,
                                   u64{0x7ff0'0000} << 32,
                                   u64{0x7ff8'0000} << 32,
                                   (u64{0x7ff0'0000} << 32) + 1,
                                   (u64{0x7ff4'0000} << 32) + (u64{1} << 29),
                                   u64{0x3ff0'0000} << 32,
                                   u64{0x3fe0'0000} << 32,
                                   u64{0x41df'ffff} << 32 | 0xffc0'0000,
                                   u64{0x41e0'0000} << 32,
                                   1};

}  // namespace

u32 Generator::integer() {
  switch (random_.below(5)) {
    case 0: return random_.pick(integers);
    case 1: return random_.bits() >> random_.below(32);
    case 2: return u32{1} << random_.below(32);
    case 3: return ~(random_.bits() >> random_.below(32));
    default: return random_.bits();
  }
}

u32 Generator::single() {
  u32 fraction = random_.bits() & 0x7f'ffff;
  if (random_.one_in(3)) fraction = random_.pick(single_fractions);
  const u32 exponent = random_.one_in(3) ? random_.pick(single_exponents) : 97 + random_.below(60);
  return random_.below(2) << 31 | exponent << 23 | fraction;
}

u64 Generator::floating() {
  const u64 sign = u64{random_.below(2)} << 63;
  switch (random_.below(8)) {
    case 0: return random_.bits64();
    case 1: return sign | random_.pick(special_doubles);
    case 2: return std::bit_cast<u64>(static_cast<double>(static_cast<i32>(integer())) / 4);
    default: break;
  }
  u64 fraction = random_.bits64() & fraction64;
  switch (random_.below(6)) {
    case 0: fraction = 0; break;
    case 1: fraction = fraction64 - random_.below(3); break;
    case 2: fraction = fraction >> 29 << 29; break;                 // a single
    case 3: fraction = fraction >> 29 << 29 | u64{1} << 28; break;  // halfway between two
    case 4: fraction = fraction64 << random_.below(52) & fraction64; break;
    default: break;
  }
  const u64 exponent = random_.one_in(2) ? random_.pick(double_exponents) : 990 + random_.below(70);
  return sign | exponent << 52 | fraction;
}

// For sums that cancel, compares of equals, quotients of almost 1.
u64 Generator::near_to(u64 value) {
  switch (random_.below(5)) {
    case 0: return value;
    case 1: return value ^ sign64;
    case 2: return value + random_.below(3) - 1;
    case 3: return (value ^ sign64) + random_.below(3) - 1;
    default: return value + (u64{random_.below(5)} - 2) * (u64{1} << 52);
  }
}

V128 Generator::vector_value() {
  V128 value;
  const unsigned kind = random_.below(5);
  for (unsigned n = 0; n < 16; n += 4) {
    u32 word = random_.bits();
    if (kind == 0) word = integer();
    if (kind == 1) word = single();
    if (kind == 2) word = (integer() & 0xffff) << 16 | (integer() & 0xffff);
    if (kind == 3) word = random_.bits() & random_.bits() & 0x8181'8181;
    value.set_element<u32>(n / 4, word);
  }
  return value;
}

State Generator::state() {
  namespace fp = ppc::fpu::fpscr;
  State s;
  for (u32& value : s.gpr) value = integer();
  s.gpr[base_] = LAYOUT_CENTRE;
  const bool mostly_special = random_.one_in(8);
  for (u64& value : s.fpr) {
    value = mostly_special && random_.one_in(2) ? random_.pick(special_doubles) : floating();
    if (random_.one_in(3)) value = near_to(random_.pick(s.fpr));
  }
  for (u32 n = 0; n < s.memory.size(); n += 8) {
    const u64 value =
        random_.one_in(2) ? floating() : u64{random_.one_in(2) ? single() : integer()} << 32 | integer();
    put_word(std::span(s.memory).subspan(n), static_cast<u32>(value >> 32));
    put_word(std::span(s.memory).subspan(n + 4), static_cast<u32>(value));
  }
  s.cr = random_.bits();
  s.xer = random_.bits() & 0xe000'ff7f;
  s.ctr = integer();
  s.lr = integer();
  s.fpscr = random_.below(4);
  if (random_.one_in(2)) s.fpscr |= random_.bits() & (fp::exceptions | fp::fprf | fp::fi | fp::fx);
  if (random_.one_in(4)) s.fpscr |= random_.bits() & (fp::ve | fp::oe | fp::ue | fp::ze | fp::xe | fp::ni);
  s.fpscr = ppc::fpu::with_summary(s.fpscr);
  if (s.fpscr & fp::fex) s.fpscr = ppc::fpu::with_summary(s.fpscr & ~fp::exceptions);
  if (model_.has_altivec()) {
    for (V128& value : s.vr) value = vector_value();
    s.vscr = random_.bits() & 0x1'0001;
    s.vrsave = random_.bits();
  }
  return s;
}

}  // namespace quince::differential
