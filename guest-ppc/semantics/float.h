// Floating-point arithmetic, moves, compares and the FPSCR (PEM 4.2.2). The arithmetic itself is in
// guest-ppc/fpu.
#pragma once

#include "guest-ppc/fpu/fpu.h"
#include "guest-ppc/semantics/helpers.h"

namespace quince::ppc::sem {

// After an instruction that may raise floating-point exceptions: CR1 if recorded, then the program exception
// if FPSCR[FEX] and MSR[FE0,FE1] ask for it.
template <class E, class I>
void finish_fp(E& e, I i) {
  if (i.rc()) e.copy_fpscr_to_cr1();
  e.fp_exception_if_enabled();
}

template <fpu::ArithOp op, fpu::Precision precision, class E, class I>
void fp_arith(E& e, I i) {
  e.template fp_arith<op, precision>(i.rd(), e.fpr(i.ra()), e.fpr(i.rc_reg()), e.fpr(i.rb()));
  finish_fp(e, i);
}

// One row per operation: the double form and the single form.
#define QUINCE_FP_ARITH(name, op)                              \
  template <class E, class I>                                  \
  void name(E& e, I i) {                                       \
    fp_arith<fpu::ArithOp::op, fpu::Precision::double_>(e, i); \
  }                                                            \
  template <class E, class I>                                  \
  void name##s(E& e, I i) {                                    \
    fp_arith<fpu::ArithOp::op, fpu::Precision::single>(e, i);  \
  }
QUINCE_FP_ARITH(fadd, add)
QUINCE_FP_ARITH(fsub, sub)
QUINCE_FP_ARITH(fmul, mul)
QUINCE_FP_ARITH(fdiv, div)
QUINCE_FP_ARITH(fmadd, madd)
QUINCE_FP_ARITH(fmsub, msub)
QUINCE_FP_ARITH(fnmadd, nmadd)
QUINCE_FP_ARITH(fnmsub, nmsub)
#undef QUINCE_FP_ARITH

template <class E, class I>
void frsp(E& e, I i) {
  e.fp_round_to_single(i.rd(), e.fpr(i.rb()));
  finish_fp(e, i);
}
template <class E, class I>
void fctiw(E& e, I i) {
  e.fp_to_int32(i.rd(), e.fpr(i.rb()), false);
  finish_fp(e, i);
}
template <class E, class I>
void fctiwz(E& e, I i) {
  e.fp_to_int32(i.rd(), e.fpr(i.rb()), true);
  finish_fp(e, i);
}
template <class E, class I>
void fres(E& e, I i) {
  e.fp_reciprocal_estimate(i.rd(), e.fpr(i.rb()));
  finish_fp(e, i);
}
template <class E, class I>
void frsqrte(E& e, I i) {
  e.fp_rsqrt_estimate(i.rd(), e.fpr(i.rb()));
  finish_fp(e, i);
}
// Neither the 750 nor the 7400 has the square roots; the decoder knows them for the disassembler only.
template <class E, class I>
void fsqrt(E& e, I) {
  e.program_exception_if(e.bit(true), program_cause::illegal);
}
template <class E, class I>
void fsqrts(E& e, I) {
  e.program_exception_if(e.bit(true), program_cause::illegal);
}

// --- Moves: bits only, no exception ---

template <class E, class I, class F>
void finish_fp_move(E& e, I i, F value) {
  e.set_fpr(i.rd(), value);
  if (i.rc()) e.copy_fpscr_to_cr1();
}
template <class E, class I>
void fmr(E& e, I i) {
  finish_fp_move(e, i, e.fpr(i.rb()));
}
template <class E, class I>
void fneg(E& e, I i) {
  finish_fp_move(e, i, e.fp_negate(e.fpr(i.rb())));
}
template <class E, class I>
void fabs(E& e, I i) {
  finish_fp_move(e, i, e.fp_absolute(e.fpr(i.rb())));
}
template <class E, class I>
void fnabs(E& e, I i) {
  finish_fp_move(e, i, e.fp_negate(e.fp_absolute(e.fpr(i.rb()))));
}
template <class E, class I>
void fsel(E& e, I i) {
  finish_fp_move(e, i, e.fp_select(e.fpr(i.ra()), e.fpr(i.rc_reg()), e.fpr(i.rb())));
}

// --- Compares and the FPSCR ---

template <class E, class I>
void fcmpu(E& e, I i) {
  e.fp_compare(i.crfd(), e.fpr(i.ra()), e.fpr(i.rb()), false);
  e.fp_exception_if_enabled();
}
template <class E, class I>
void fcmpo(E& e, I i) {
  e.fp_compare(i.crfd(), e.fpr(i.ra()), e.fpr(i.rb()), true);
  e.fp_exception_if_enabled();
}
template <class E, class I>
void mffs(E& e, I i) {
  e.set_fpr(i.rd(), e.fpscr());
  if (i.rc()) e.copy_fpscr_to_cr1();
}
template <class E, class I>
void mcrfs(E& e, I i) {
  e.template call<helper::mcrfs>(i);
}
#define QUINCE_FPSCR_CALLS(name)      \
  template <class E, class I>         \
  void name(E& e, I i) {              \
    e.template call<helper::name>(i); \
    finish_fp(e, i);                  \
  }
QUINCE_FPSCR_CALLS(mtfsf)
QUINCE_FPSCR_CALLS(mtfsfi)
QUINCE_FPSCR_CALLS(mtfsb0)
QUINCE_FPSCR_CALLS(mtfsb1)
#undef QUINCE_FPSCR_CALLS

}  // namespace quince::ppc::sem
