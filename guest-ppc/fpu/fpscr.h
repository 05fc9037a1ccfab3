// The floating-point status and control register as a 32-bit word (PEM 2.1.4), and the instructions that move
// to and from it. Everything here is a pure function of words.
#pragma once

#include "guest-ppc/types.h"

namespace quince::ppc::fpu {

namespace fpscr {
inline constexpr u32 fx = bit32(0), fex = bit32(1), vx = bit32(2), ox = bit32(3), ux = bit32(4),
                     zx = bit32(5), xx = bit32(6), vxsnan = bit32(7), vxisi = bit32(8), vxidi = bit32(9),
                     vxzdz = bit32(10), vximz = bit32(11), vxvc = bit32(12), fr = bit32(13), fi = bit32(14),
                     c = bit32(15), fl = bit32(16), fg = bit32(17), fe = bit32(18), fu = bit32(19),
                     vxsoft = bit32(21), vxsqrt = bit32(22), vxcvi = bit32(23), ve = bit32(24),
                     oe = bit32(25), ue = bit32(26), ze = bit32(27), xe = bit32(28), ni = bit32(29), rn = 3;
inline constexpr u32 fpcc = fl | fg | fe | fu;
inline constexpr u32 fprf = c | fpcc;
// The causes that VX summarises, and every bit that mcrfs clears or that can set FX.
inline constexpr u32 invalid_causes = vxsnan | vxisi | vxidi | vxzdz | vximz | vxvc | vxsoft | vxsqrt | vxcvi;
inline constexpr u32 exceptions = ox | ux | zx | xx | invalid_causes;
// Bit 20 is reserved and reads as zero whatever is written to it.
inline constexpr u32 implemented = ~bit32(20);
}  // namespace fpscr

// Rounding mode, the value of FPSCR[RN].
enum class Rounding : u8 { nearest_even, toward_zero, upward, downward };
constexpr Rounding rounding_mode(u32 fpscr) { return static_cast<Rounding>(fpscr & fpscr::rn); }

// The word with VX and FEX recomputed from the bits that they summarise.
constexpr u32 with_summary(u32 fpscr) {
  u32 f = fpscr & ~(fpscr::vx | fpscr::fex);
  if (f & fpscr::invalid_causes) f |= fpscr::vx;
  // The five exception bits VX OX UX ZX XX and their enables VE OE UE ZE XE stand in the same order.
  constexpr u32 enables = fpscr::ve | fpscr::oe | fpscr::ue | fpscr::ze | fpscr::xe;
  if ((f >> 22) & f & enables) f |= fpscr::fex;
  return f;
}

// Sets exception bits as an arithmetic instruction does: FX only where one of them was 0 before.
constexpr u32 with_exceptions(u32 fpscr, u32 raised) {
  if (raised & ~fpscr) fpscr |= fpscr::fx;
  return with_summary(fpscr | raised);
}

// mffs: what frD gets. The high word, which the architecture leaves undefined, is as for fctiw.
constexpr u64 mffs(u32 fpscr) { return u64{0xfff8'0000} << 32 | fpscr; }

// mtfsf: copies the fields chosen by FM (bit 7 of fm is field 0) from the low word of frB. FX and OX come
// from the source like any other bit, FEX and VX do not; no FX by transition (PEM 2.1.4, table 2-4; mtfsf
// in 8.2).
u32 mtfsf(u32 fpscr, u32 fm, u32 value);

// mtfsfi: field is crfD (0..7), immediate 0..15.
u32 mtfsfi(u32 fpscr, unsigned field, u32 immediate);

// mtfsb0, mtfsb1: bit is crbD (0..31). FEX and VX can't be changed; mtfsb1 of an exception bit that was 0
// sets FX as well.
u32 mtfsb0(u32 fpscr, unsigned bit);
u32 mtfsb1(u32 fpscr, unsigned bit);

// mcrfs: what goes to the CR field, and the FPSCR with the copied exception bits (FX and OX, UX ZX XX VXSNAN
// ...) cleared. FEX and VX are copied as they stood and recomputed after.
struct MovedField {
  u32 nibble;
  u32 fpscr;
};
MovedField mcrfs(u32 fpscr, unsigned field);

}  // namespace quince::ppc::fpu
