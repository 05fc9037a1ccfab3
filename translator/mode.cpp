#include "guest-ppc/fpu/fpscr.h"
#include "translator/ir.h"

namespace quince::translator {

Mode Mode::of(const ppc::CpuState& state) {
  namespace fpscr = ppc::fpu::fpscr;
  constexpr u32 enables = fpscr::ve | fpscr::oe | fpscr::ue | fpscr::ze | fpscr::xe;
  return {
      .problem = (state.msr & ppc::msr::pr) != 0,
      .fp = (state.msr & ppc::msr::fp) != 0,
      .vec = (state.msr & ppc::msr::vec) != 0,
      .so = state.xer_so != 0,
      .fp_exact = (state.fpscr & (enables | fpscr::ni)) != 0,
      .rounding = static_cast<u8>(state.fpscr & fpscr::rn),
  };
}

}  // namespace quince::translator
