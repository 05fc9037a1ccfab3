// Integer and floating-point loads and stores, reservations and cache control (PEM 4.2.3, 4.3, 4.4.3). A
// register is written only after the access that may fault, so that every instruction can be restarted.
#pragma once

#include "guest-ppc/cpu.h"
#include "guest-ppc/semantics/address.h"
#include "guest-ppc/semantics/helpers.h"

namespace quince::ppc::sem {

// One row per family: NAME(d form), NAMEu, NAMEx, NAMEux. `load` gives the value from the address.
#define QUINCE_LOADS(name, load) \
  template <class E, class I>    \
  void name(E& e, I i) {         \
    const auto ea = ea_d(e, i);  \
    e.set_gpr(i.rd(), load);     \
  }                              \
  template <class E, class I>    \
  void name##u(E& e, I i) {      \
    const auto ea = ea_du(e, i); \
    e.set_gpr(i.rd(), load);     \
    e.set_gpr(i.ra(), ea);       \
  }                              \
  template <class E, class I>    \
  void name##x(E& e, I i) {      \
    const auto ea = ea_x(e, i);  \
    e.set_gpr(i.rd(), load);     \
  }                              \
  template <class E, class I>    \
  void name##ux(E& e, I i) {     \
    const auto ea = ea_xu(e, i); \
    e.set_gpr(i.rd(), load);     \
    e.set_gpr(i.ra(), ea);       \
  }
QUINCE_LOADS(lbz, e.load8(ea))
QUINCE_LOADS(lhz, e.load16(ea))
QUINCE_LOADS(lha, e.sign_extend16(e.load16(ea)))
QUINCE_LOADS(lwz, e.load32(ea))
#undef QUINCE_LOADS

#define QUINCE_STORES(name, store)      \
  template <class E, class I>           \
  void name(E& e, I i) {                \
    e.store(ea_d(e, i), e.gpr(i.rs())); \
  }                                     \
  template <class E, class I>           \
  void name##u(E& e, I i) {             \
    const auto ea = ea_du(e, i);        \
    e.store(ea, e.gpr(i.rs()));         \
    e.set_gpr(i.ra(), ea);              \
  }                                     \
  template <class E, class I>           \
  void name##x(E& e, I i) {             \
    e.store(ea_x(e, i), e.gpr(i.rs())); \
  }                                     \
  template <class E, class I>           \
  void name##ux(E& e, I i) {            \
    const auto ea = ea_xu(e, i);        \
    e.store(ea, e.gpr(i.rs()));         \
    e.set_gpr(i.ra(), ea);              \
  }
QUINCE_STORES(stb, store8)
QUINCE_STORES(sth, store16)
QUINCE_STORES(stw, store32)
#undef QUINCE_STORES

template <class E, class I>
void lhbrx(E& e, I i) {
  e.set_gpr(i.rd(), e.swap16(e.load16(ea_x(e, i))));
}
template <class E, class I>
void lwbrx(E& e, I i) {
  e.set_gpr(i.rd(), e.swap32(e.load32(ea_x(e, i))));
}
template <class E, class I>
void sthbrx(E& e, I i) {
  e.store16(ea_x(e, i), e.swap16(e.gpr(i.rs())));
}
template <class E, class I>
void stwbrx(E& e, I i) {
  e.store32(ea_x(e, i), e.swap32(e.gpr(i.rs())));
}

// --- Multiples and strings ---

// All words are read before a register is written: a fault on the second page leaves the registers as they
// were, whether or not rA is among them.
template <class E, class I>
void lmw(E& e, I i) {
  const auto ea = ea_d(e, i);
  e.require_alignment(ea, AlignedOperand::multiple);
  typename E::Word words[32];
  for (unsigned r = i.rd(); r < 32; ++r) words[r] = e.load32(e.add(ea, e.imm(4 * (r - i.rd()))));
  for (unsigned r = i.rd(); r < 32; ++r) e.set_gpr(r, words[r]);
}
template <class E, class I>
void stmw(E& e, I i) {
  const auto ea = ea_d(e, i);
  e.require_alignment(ea, AlignedOperand::multiple);
  for (unsigned r = i.rs(); r < 32; ++r) e.store32(e.add(ea, e.imm(4 * (r - i.rs()))), e.gpr(r));
}
template <class E, class I>
void lswi(E& e, I i) {
  e.template call<helper::lswi>(i);
}
template <class E, class I>
void lswx(E& e, I i) {
  e.template call<helper::lswx>(i);
}
template <class E, class I>
void stswi(E& e, I i) {
  e.template call<helper::stswi>(i);
}
template <class E, class I>
void stswx(E& e, I i) {
  e.template call<helper::stswx>(i);
}

// --- Reservations ---

template <class E, class I>
void lwarx(E& e, I i) {
  const auto ea = ea_x(e, i);
  e.require_alignment(ea, AlignedOperand::reservation);
  e.set_gpr(i.rd(), e.load_reserved(ea));
}
// CR0 = 0b00 || stored || SO
template <class E, class I>
void stwcx_rc(E& e, I i) {
  const auto ea = ea_x(e, i);
  e.require_alignment(ea, AlignedOperand::reservation);
  const auto stored = e.store_conditional(ea, e.gpr(i.rs()));
  e.set_cr_bit(0, e.bit(false));
  e.set_cr_bit(1, e.bit(false));
  e.set_cr_bit(2, stored);
  e.set_cr_bit(3, e.so());
}

// --- Floating point ---

#define QUINCE_FP_LOADS(name, load)                          \
  template <class E, class I>                                \
  void name(E& e, I i) {                                     \
    const auto ea = ea_d(e, i);                              \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    e.set_fpr(i.rd(), load);                                 \
  }                                                          \
  template <class E, class I>                                \
  void name##u(E& e, I i) {                                  \
    const auto ea = ea_du(e, i);                             \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    e.set_fpr(i.rd(), load);                                 \
    e.set_gpr(i.ra(), ea);                                   \
  }                                                          \
  template <class E, class I>                                \
  void name##x(E& e, I i) {                                  \
    const auto ea = ea_x(e, i);                              \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    e.set_fpr(i.rd(), load);                                 \
  }                                                          \
  template <class E, class I>                                \
  void name##ux(E& e, I i) {                                 \
    const auto ea = ea_xu(e, i);                             \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    e.set_fpr(i.rd(), load);                                 \
    e.set_gpr(i.ra(), ea);                                   \
  }
QUINCE_FP_LOADS(lfs, e.fp_from_single(e.load32(ea)))
QUINCE_FP_LOADS(lfd, e.load_fp(ea))
#undef QUINCE_FP_LOADS

#define QUINCE_FP_STORES(name, store)                        \
  template <class E, class I>                                \
  void name(E& e, I i) {                                     \
    const auto ea = ea_d(e, i);                              \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    store;                                                   \
  }                                                          \
  template <class E, class I>                                \
  void name##u(E& e, I i) {                                  \
    const auto ea = ea_du(e, i);                             \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    store;                                                   \
    e.set_gpr(i.ra(), ea);                                   \
  }                                                          \
  template <class E, class I>                                \
  void name##x(E& e, I i) {                                  \
    const auto ea = ea_x(e, i);                              \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    store;                                                   \
  }                                                          \
  template <class E, class I>                                \
  void name##ux(E& e, I i) {                                 \
    const auto ea = ea_xu(e, i);                             \
    e.require_alignment(ea, AlignedOperand::floating_point); \
    store;                                                   \
    e.set_gpr(i.ra(), ea);                                   \
  }
QUINCE_FP_STORES(stfs, e.store32(ea, e.fp_to_single(e.fpr(i.rs()))))
QUINCE_FP_STORES(stfd, e.store_fp(ea, e.fpr(i.rs())))
#undef QUINCE_FP_STORES

template <class E, class I>
void stfiwx(E& e, I i) {
  const auto ea = ea_x(e, i);
  e.require_alignment(ea, AlignedOperand::floating_point);
  e.store32(ea, e.fp_low_word(e.fpr(i.rs())));
}

// --- Caches: no data is ever held back, so only translation, protection and code invalidation are visible.
// ---

template <class E, class I>
void dcbt(E&, I) {}
template <class E, class I>
void dcbtst(E&, I) {}
template <class E, class I>
void sync(E&, I) {}
template <class E, class I>
void eieio(E&, I) {}
template <class E, class I>
void isync(E&, I) {}
template <class E, class I>
void dcbst(E& e, I i) {
  e.template call<helper::dcbst>(i);
}
template <class E, class I>
void dcbf(E& e, I i) {
  e.template call<helper::dcbf>(i);
}
template <class E, class I>
void dcbi(E& e, I i) {
  e.template call<helper::dcbi>(i);
}
template <class E, class I>
void icbi(E& e, I i) {
  e.template call<helper::icbi>(i);
}
template <class E, class I>
void dcbz(E& e, I i) {
  e.zero_block(ea_x(e, i));
}
template <class E, class I>
void dcba(E& e, I i) {
  e.template call<helper::dcba>(i);
}
template <class E, class I>
void eciwx(E& e, I i) {
  e.template call<helper::eciwx>(i);
}
template <class E, class I>
void ecowx(E& e, I i) {
  e.template call<helper::ecowx>(i);
}

}  // namespace quince::ppc::sem
