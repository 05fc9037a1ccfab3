// Integer operations whose exact definition is the processor's, not C++'s. Shared by all engines.
#pragma once

#include "guest-ppc/types.h"

namespace quince::ppc::arithmetic {

constexpr u32 mul_high_signed(u32 a, u32 b) {
  return static_cast<u32>((i64{static_cast<i32>(a)} * static_cast<i32>(b)) >> 32);
}
constexpr u32 mul_high_unsigned(u32 a, u32 b) { return static_cast<u32>((u64{a} * b) >> 32); }

// The architecture leaves x / 0 and 0x80000000 / -1 undefined. As recorded on a 750CL: signed, -1 for a
// dividend with the sign bit set, else 0; unsigned, 0.
constexpr u32 div_signed(u32 a, u32 b) {
  if (b == 0 || (a == 0x8000'0000 && b == 0xffff'ffff)) return static_cast<i32>(a) < 0 ? 0xffff'ffff : 0;
  return static_cast<u32>(static_cast<i32>(a) / static_cast<i32>(b));
}
constexpr u32 div_unsigned(u32 a, u32 b) { return b == 0 ? 0 : a / b; }

// Shift amounts are the low 6 bits: 32 to 63 shift everything out (PEM 4.2.1.4).
constexpr u32 shift_left(u32 a, u32 n) { return n & 32 ? 0 : a << (n & 31); }
constexpr u32 shift_right(u32 a, u32 n) { return n & 32 ? 0 : a >> (n & 31); }
constexpr u32 shift_right_arithmetic(u32 a, u32 n) {
  return static_cast<u32>(static_cast<i32>(a) >> (n & 32 ? 31 : n & 31));
}

// mffs fills the undefined high word of frD with this (750CL).
inline constexpr u64 mffs_high_word = u64{0xfff8'0000} << 32;

}  // namespace quince::ppc::arithmetic
