// One field of the condition register, kept as a 64-bit value from which a compare is one subtraction.
#pragma once

#include <array>

#include "guest-ppc/types.h"

namespace quince::ppc {

// Encoding: EQ is "low 32 bits are zero", GT is "positive as i64", LT is bit 62, SO is bit 59 XOR bit 63.
// The difference of two sign- or zero-extended 32-bit numbers fits 33 bits, so its bits 33..63 are alike:
// such a difference is at once the right field with SO = 0, and flipping bit 59 adds SO to LT and GT.
class CrField {
 public:
  static constexpr u32 lt = 8, gt = 4, eq = 2, so = 1;

  constexpr CrField() = default;
  static constexpr CrField from_raw(u64 raw) { return CrField(raw); }
  static constexpr CrField from_nibble(u32 nibble);
  static constexpr CrField compare_signed(u32 a, u32 b, bool so_bit) {
    return with_so(static_cast<u64>(i64{static_cast<i32>(a)} - i64{static_cast<i32>(b)}), so_bit);
  }
  static constexpr CrField compare_unsigned(u32 a, u32 b, bool so_bit) {
    return with_so(u64{a} - u64{b}, so_bit);
  }

  constexpr u64 raw() const { return raw_; }
  constexpr bool is_lt() const { return raw_ >> 62 & 1; }
  constexpr bool is_gt() const { return static_cast<i64>(raw_) > 0; }
  constexpr bool is_eq() const { return static_cast<u32>(raw_) == 0; }
  constexpr bool is_so() const { return ((raw_ >> 59) ^ (raw_ >> 63)) & 1; }
  // bit: 0 LT, 1 GT, 2 EQ, 3 SO
  constexpr bool test(unsigned bit) const {
    switch (bit & 3) {
      case 0: return is_lt();
      case 1: return is_gt();
      case 2: return is_eq();
      default: return is_so();
    }
  }
  constexpr u32 nibble() const {
    return (is_lt() ? lt : 0) | (is_gt() ? gt : 0) | (is_eq() ? eq : 0) | (is_so() ? so : 0);
  }

 private:
  constexpr explicit CrField(u64 raw) : raw_(raw) {}
  static constexpr CrField with_so(u64 difference, bool so_bit) {
    if (!so_bit) return CrField(difference);
    return CrField(difference == 0 ? u64{1} << 63 : difference ^ u64{1} << 59);
  }

  // Positive and not zero below (GT, not EQ). A cleared register therefore reads EQ = 0.
  u64 raw_ = (u64{1} << 63) | (u64{1} << 59) | 1;
};

constexpr CrField CrField::from_nibble(u32 nibble) {
  u64 raw = 0;
  if (!(nibble & eq)) raw |= 1;
  if (nibble & lt) raw |= u64{1} << 62;
  if (nibble & gt) {
    if (nibble & so) raw |= u64{1} << 59;
    if (raw == 0) raw |= u64{1} << 32;  // GT and EQ: positive, low half zero
  } else {
    raw |= u64{1} << 63;
    if (!(nibble & so)) raw |= u64{1} << 59;
  }
  return CrField(raw);
}

}  // namespace quince::ppc
