// Effective addresses (PEM 4.1.4.2). All semantics are templates over an emitter E (see emitter.h) and the
// instruction word's type I (BasicInsn).
#pragma once

#include "guest-ppc/insn.h"

namespace quince::ppc::sem {

// (rA|0) + d
template <class E, class I>
typename E::Word ea_d(E& e, I i) {
  if (i.ra() == 0) return e.imm(static_cast<u32>(i.d()));
  return e.add(e.gpr(i.ra()), e.imm(static_cast<u32>(i.d())));
}

// (rA|0) + (rB)
template <class E, class I>
typename E::Word ea_x(E& e, I i) {
  if (i.ra() == 0) return e.gpr(i.rb());
  return e.add(e.gpr(i.ra()), e.gpr(i.rb()));
}

// Update forms use rA itself, also when it is r0 (an invalid form).
template <class E, class I>
typename E::Word ea_du(E& e, I i) {
  return e.add(e.gpr(i.ra()), e.imm(static_cast<u32>(i.d())));
}
template <class E, class I>
typename E::Word ea_xu(E& e, I i) {
  return e.add(e.gpr(i.ra()), e.gpr(i.rb()));
}

// (rA|0)
template <class E, class I>
typename E::Word ea_a(E& e, I i) {
  return i.ra() == 0 ? e.imm(0) : e.gpr(i.ra());
}

}  // namespace quince::ppc::sem
