// Integer and floating-point loads and stores, reservations and cache control (PEM 4.2.3, 4.3, 4.4.3). A
// register is written only after the access that may fault, so that every instruction can be restarted.
#pragma once

#include "guest-ppc/cpu.h"
#include "guest-ppc/semantics/address.h"
#include "guest-ppc/semantics/helpers.h"

namespace quince::ppc::sem {

// The four forms of a load or store: NAME (d), NAMEu (d, update), NAMEx (indexed), NAMEux. The rest of the
// line is what happens at the address `ea`.
#define QUINCE_ADDRESS_FORMS(name, ...) \
  template <class E, class I>           \
  void name(E& e, I i) {                \
    const auto ea = ea_d(e, i);         \
    __VA_ARGS__;                        \
  }                                     \
  template <class E, class I>           \
  void name##u(E& e, I i) {             \
    const auto ea = ea_du(e, i);        \
    __VA_ARGS__;                        \
    e.set_gpr(i.ra(), ea);              \
  }                                     \
  template <class E, class I>           \
  void name##x(E& e, I i) {             \
    const auto ea = ea_x(e, i);         \
    __VA_ARGS__;                        \
  }                                     \
  template <class E, class I>           \
  void name##ux(E& e, I i) {            \
    const auto ea = ea_xu(e, i);        \
    __VA_ARGS__;                        \
    e.set_gpr(i.ra(), ea);              \
  }
QUINCE_ADDRESS_FORMS(lbz, e.set_gpr(i.rd(), e.load8(ea)))
QUINCE_ADDRESS_FORMS(lhz, e.set_gpr(i.rd(), e.load16(ea)))
QUINCE_ADDRESS_FORMS(lha, e.set_gpr(i.rd(), e.sign_extend16(e.load16(ea))))
QUINCE_ADDRESS_FORMS(lwz, e.set_gpr(i.rd(), e.load32(ea)))
QUINCE_ADDRESS_FORMS(stb, e.store8(ea, e.gpr(i.rs())))
QUINCE_ADDRESS_FORMS(sth, e.store16(ea, e.gpr(i.rs())))
QUINCE_ADDRESS_FORMS(stw, e.store32(ea, e.gpr(i.rs())))

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
  e.store_conditional(ea, e.gpr(i.rs()));
}

// --- Floating point ---

template <class E, class W>
void require_fp_alignment(E& e, W ea) {
  e.require_alignment(ea, AlignedOperand::floating_point);
}
QUINCE_ADDRESS_FORMS(lfs, require_fp_alignment(e, ea); e.set_fpr(i.rd(), e.fp_from_single(e.load32(ea))))
QUINCE_ADDRESS_FORMS(lfd, require_fp_alignment(e, ea); e.set_fpr(i.rd(), e.load_fp(ea)))
QUINCE_ADDRESS_FORMS(stfs, require_fp_alignment(e, ea); e.store32(ea, e.fp_to_single(e.fpr(i.rs()))))
QUINCE_ADDRESS_FORMS(stfd, require_fp_alignment(e, ea); e.store_fp(ea, e.fpr(i.rs())))
#undef QUINCE_ADDRESS_FORMS

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
  e.touch_block(ea_x(e, i), Access::read);
}
template <class E, class I>
void dcbf(E& e, I i) {
  e.touch_block(ea_x(e, i), Access::read);
}
template <class E, class I>
void dcbi(E& e, I i) {
  e.touch_block(ea_x(e, i), Access::write);
}
template <class E, class I>
void icbi(E& e, I i) {
  e.invalidate_block(ea_x(e, i));
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
