// The few instruction words that the generator and the emission of cases write themselves.
#pragma once

#include "guest-ppc/types.h"

namespace quince::differential::assembler {

using ppc::u32;

constexpr u32 d_form(u32 primary, unsigned d, unsigned a, u32 immediate) {
  return primary << 26 | d << 21 | a << 16 | (immediate & 0xffff);
}
constexpr u32 x_form(u32 primary, unsigned d, unsigned a, unsigned b, u32 extended) {
  return primary << 26 | d << 21 | a << 16 | b << 11 | extended << 1;
}

inline constexpr u32 nop = 0x6000'0000, system_call = 0x4400'0002;

constexpr u32 addi(unsigned d, unsigned a, u32 value) { return d_form(14, d, a, value); }
constexpr u32 li(unsigned d, u32 value) { return addi(d, 0, value); }
constexpr u32 lis(unsigned d, u32 value) { return d_form(15, d, 0, value); }
constexpr u32 ori(unsigned a, unsigned s, u32 value) { return d_form(24, s, a, value); }
constexpr u32 lwz(unsigned d, unsigned a, u32 offset) { return d_form(32, d, a, offset); }
constexpr u32 stw(unsigned s, unsigned a, u32 offset) { return d_form(36, s, a, offset); }
constexpr u32 lfd(unsigned d, unsigned a, u32 offset) { return d_form(50, d, a, offset); }
constexpr u32 fmr(unsigned d, unsigned b) { return x_form(63, d, 0, b, 72); }
constexpr u32 stfiwx(unsigned s, unsigned a, unsigned b) { return x_form(31, s, a, b, 983); }
constexpr u32 lvx(unsigned d, unsigned a, unsigned b) { return x_form(31, d, a, b, 103); }
constexpr u32 mtvscr(unsigned b) { return 4u << 26 | b << 11 | 1604; }
constexpr u32 mtfsb0(unsigned bit) { return x_form(63, bit, 0, 0, 70); }

constexpr u32 spr_field(unsigned spr) { return (spr & 31) << 16 | (spr >> 5) << 11; }
constexpr u32 mtspr(unsigned spr, unsigned s) { return x_form(31, s, 0, 0, 467) | spr_field(spr); }
constexpr u32 mfspr(unsigned d, unsigned spr) { return x_form(31, d, 0, 0, 339) | spr_field(spr); }
inline constexpr unsigned xer = 1, lr = 8, ctr = 9, vrsave = 256;

// Branches; offsets in bytes from the branch.
constexpr u32 b(u32 offset) { return 18u << 26 | (offset & 0x03ff'fffc); }
constexpr u32 bc(unsigned bo, unsigned bi, u32 offset) {
  return 16u << 26 | bo << 21 | bi << 16 | (offset & 0xfffc);
}
constexpr u32 bclr(unsigned bo, unsigned bi) { return x_form(19, bo, bi, 0, 16); }
constexpr u32 bcctr(unsigned bo, unsigned bi) { return x_form(19, bo, bi, 0, 528); }
inline constexpr u32 link = 1;

}  // namespace quince::differential::assembler
