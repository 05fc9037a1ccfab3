// Special registers and the operating environment (PEM 4.2.4.7, 4.4). Most go through exact helper functions:
// they are rare, and what they change concerns the engine as much as the registers.
#pragma once

#include <cstddef>

#include "guest-ppc/semantics/helpers.h"

namespace quince::ppc::sem {

// SPR numbers that compiled code uses all the time.
inline constexpr unsigned spr_xer = 1, spr_lr = 8, spr_ctr = 9;

template <class E, class I>
void mfspr(E& e, I i) {
  switch (i.spr()) {
    case spr_lr: return e.set_gpr(i.rd(), e.lr());
    case spr_ctr: return e.set_gpr(i.rd(), e.ctr());
    default: return e.template call<helper::mfspr>(i);
  }
}
template <class E, class I>
void mtspr(E& e, I i) {
  switch (i.spr()) {
    case spr_lr: return e.set_lr(e.gpr(i.rs()));
    case spr_ctr: return e.set_ctr(e.gpr(i.rs()));
    default: return e.template call<helper::mtspr>(i);
  }
}

#define QUINCE_CALLS(name)            \
  template <class E, class I>         \
  void name(E& e, I i) {              \
    e.template call<helper::name>(i); \
  }
QUINCE_CALLS(mftb)
QUINCE_CALLS(mfsrin)
QUINCE_CALLS(mtsr)
QUINCE_CALLS(mtsrin)
QUINCE_CALLS(tlbie)
QUINCE_CALLS(tlbia)
#undef QUINCE_CALLS

template <class E, class I>
void mfmsr(E& e, I i) {
  e.set_gpr(i.rd(), e.state_word(offsetof(CpuState, msr)));
}
template <class E, class I>
void mfsr(E& e, I i) {
  e.set_gpr(i.rd(), e.state_word(static_cast<u32>(offsetof(CpuState, sr)) + 4 * i.sr()));
}
template <class E, class I>
void tlbsync(E&, I) {}
template <class E, class I>
void mtmsr(E& e, I i) {
  e.set_msr(e.gpr(i.rs()));
}
template <class E, class I>
void rfi(E& e, I) {
  e.return_from_interrupt();
}

}  // namespace quince::ppc::sem
