#include "guest-ppc/fpu/fpscr.h"

namespace quince::ppc::fpu {
namespace {

constexpr u32 field_mask(unsigned field) { return 0xf000'0000u >> (4 * field); }

constexpr u32 summaries = fpscr::fex | fpscr::vx;

u32 replaced(u32 fpscr, u32 mask, u32 value) {
  mask &= fpscr::implemented & ~summaries;
  return with_summary((fpscr & ~mask) | (value & mask));
}

}  // namespace

u32 mtfsf(u32 fpscr, u32 fm, u32 value) {
  u32 mask = 0;
  for (unsigned field = 0; field < 8; ++field) {
    if (fm & (0x80u >> field)) mask |= field_mask(field);
  }
  return replaced(fpscr, mask, value);
}

u32 mtfsfi(u32 fpscr, unsigned field, u32 immediate) {
  return replaced(fpscr, field_mask(field), immediate << (28 - 4 * field));
}

u32 mtfsb0(u32 fpscr, unsigned bit) { return replaced(fpscr, bit32(bit), 0); }

u32 mtfsb1(u32 fpscr, unsigned bit) {
  const u32 mask = bit32(bit);
  if (mask & fpscr::exceptions) return with_exceptions(fpscr, mask);
  return replaced(fpscr, mask, mask);
}

MovedField mcrfs(u32 fpscr, unsigned field) {
  const u32 mask = field_mask(field);
  const u32 cleared = fpscr & ~(mask & (fpscr::exceptions | fpscr::fx));
  return {(fpscr & mask) >> (28 - 4 * field), with_summary(cleared)};
}

}  // namespace quince::ppc::fpu
