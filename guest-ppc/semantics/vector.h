// AltiVec instructions (AltiVec PEM chapter 6). Whether MSR[VEC] allows them is the caller's business.
#pragma once

#include "guest-ppc/insn.h"
#include "guest-ppc/semantics/address.h"
#include "guest-ppc/vector/op.h"

namespace quince::ppc::sem {

// --- Computation: an emitter's vec... operations work by vec::Op and see to VSCR. ---

template <vec::Op op, class E, class I>
typename E::Vec vector_result(E& e, I i) {
  constexpr vec::Shape shape = vec::info(op).shape;
  if constexpr (shape == vec::Shape::VB) {
    return e.template vec1<op>(e.vr(i.rb()));
  } else if constexpr (shape == vec::Shape::VA_VB) {
    return e.template vec2<op>(e.vr(i.ra()), e.vr(i.rb()));
  } else if constexpr (shape == vec::Shape::VA_VB_VC) {
    return e.template vec3<op>(e.vr(i.ra()), e.vr(i.rb()), e.vr(i.rc_reg()));
  } else if constexpr (shape == vec::Shape::VB_UIMM) {
    return e.template vec_imm<op>(e.vr(i.rb()), i.vuimm());
  } else if constexpr (shape == vec::Shape::VA_VB_SH) {
    return e.template vec2_imm<op>(e.vr(i.ra()), e.vr(i.rb()), i.vsh());
  } else {
    static_assert(shape == vec::Shape::SIMM);
    return e.template vec_splat_imm<op>(static_cast<u32>(i.vsimm()));
  }
}

// The record form of a compare: CR6 = 8 if true for all elements, 2 if for none; of vcmpbfp: 2 if all are in
// bounds.
template <vec::Op op, class E, class I>
void vector_compute(E& e, I i) {
  const auto result = vector_result<op>(e, i);
  e.set_vr(i.rd(), result);
  if constexpr (vec::info(op).is_bounds()) {
    if (i.vrc()) e.set_cr6_bounds(result);
  } else if constexpr (vec::info(op).is_compare()) {
    if (i.vrc()) e.set_cr6_from_mask(result);
  }
}

#define QUINCE_VEC_OP(id, shape, effect) \
  template <class E, class I>            \
  void id(E& e, I i) {                   \
    vector_compute<vec::Op::id>(e, i);   \
  }
#include "guest-ppc/vector/ops.inc"

// --- Loads and stores. The low bits of the address are dropped, never an alignment exception. ---

template <class E, class I>
void lvx(E& e, I i) {
  e.set_vr(i.rd(), e.load_vec(e.and_(ea_x(e, i), e.imm(~15u))));
}
template <class E, class I>
void stvx(E& e, I i) {
  e.store_vec(e.and_(ea_x(e, i), e.imm(~15u)), e.vr(i.rs()));
}
// "Least recently used" is a hint to the cache.
template <class E, class I>
void lvxl(E& e, I i) {
  lvx(e, i);
}
template <class E, class I>
void stvxl(E& e, I i) {
  stvx(e, i);
}

// What the other bytes of the register become is undefined; insert_element keeps them.
#define QUINCE_ELEMENT(letter, bytes, bits)                                      \
  template <class E, class I>                                                    \
  void lve##letter##x(E& e, I i) {                                               \
    const auto ea = e.and_(ea_x(e, i), e.imm(~(bytes - 1u)));                    \
    const auto value = e.load##bits(ea);                                         \
    e.set_vr(i.rd(), e.template insert_element<bytes>(e.vr(i.rd()), value, ea)); \
  }                                                                              \
  template <class E, class I>                                                    \
  void stve##letter##x(E& e, I i) {                                              \
    const auto ea = e.and_(ea_x(e, i), e.imm(~(bytes - 1u)));                    \
    e.store##bits(ea, e.template extract_element<bytes>(e.vr(i.rs()), ea));      \
  }
QUINCE_ELEMENT(b, 1, 8)
QUINCE_ELEMENT(h, 2, 16)
QUINCE_ELEMENT(w, 4, 32)
#undef QUINCE_ELEMENT

template <class E, class I>
void lvsl(E& e, I i) {
  e.set_vr(i.rd(), e.vec_lvsl(ea_x(e, i)));
}
template <class E, class I>
void lvsr(E& e, I i) {
  e.set_vr(i.rd(), e.vec_lvsr(ea_x(e, i)));
}

// --- VSCR ---

template <class E, class I>
void mfvscr(E& e, I i) {
  e.set_vr(i.rd(), e.mfvscr());
}
template <class E, class I>
void mtvscr(E& e, I i) {
  e.mtvscr(e.vr(i.rb()));
}

// --- Data streams: hints that never fault (dstt, dststt and dssall are these with the T or A bit). ---

template <class E, class I>
void dst(E&, I) {}
template <class E, class I>
void dstst(E&, I) {}
template <class E, class I>
void dss(E&, I) {}

}  // namespace quince::ppc::sem
