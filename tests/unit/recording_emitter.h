// A second emitter: it executes nothing and records which registers an instruction asks for and writes. It
// shows that the semantics stand on the emitter's operations alone, and checks the instruction table's
// columns of reads and writes against what the semantics really do.
#pragma once

#include <cstddef>

#include "guest-ppc/effects.h"
#include "guest-ppc/semantics/all.h"
#include "guest-ppc/semantics/emitter.h"

namespace quince::test {

class RecordingEmitter {
 public:
  // Values carry nothing; distinct types, so that a mix-up of kinds does not compile.
  struct Word {};
  struct Bit {};
  struct Fp {};
  struct Vec {};
  using u32 = ppc::u32;

  ppc::StateSet reads, writes;
  unsigned jumps = 0, helper_calls = 0, operations = 0;

  // --- Words and bits ---
  static Word imm(u32) { return {}; }
  static Bit bit(bool) { return {}; }
#define QUINCE_PURE(result, name, ...) \
  result name(__VA_ARGS__) {           \
    ++operations;                      \
    return {};                         \
  }
  QUINCE_PURE(Word, add, Word, Word)
  QUINCE_PURE(Word, sub, Word, Word)
  QUINCE_PURE(Word, add_with_carry, Word, Word, Bit)
  QUINCE_PURE(Bit, carry_out, Word, Word, Bit)
  QUINCE_PURE(Word, mul, Word, Word)
  QUINCE_PURE(Word, mul_high_signed, Word, Word)
  QUINCE_PURE(Word, mul_high_unsigned, Word, Word)
  QUINCE_PURE(Word, div_signed, Word, Word)
  QUINCE_PURE(Word, div_unsigned, Word, Word)
  QUINCE_PURE(Word, and_, Word, Word)
  QUINCE_PURE(Word, or_, Word, Word)
  QUINCE_PURE(Word, xor_, Word, Word)
  QUINCE_PURE(Word, not_, Word)
  QUINCE_PURE(Word, rotate_left, Word, Word)
  QUINCE_PURE(Word, shift_left, Word, Word)
  QUINCE_PURE(Word, shift_right, Word, Word)
  QUINCE_PURE(Word, shift_right_arithmetic, Word, Word)
  QUINCE_PURE(Word, count_leading_zeros, Word)
  QUINCE_PURE(Word, sign_extend8, Word)
  QUINCE_PURE(Word, sign_extend16, Word)
  QUINCE_PURE(Word, swap16, Word)
  QUINCE_PURE(Word, swap32, Word)
  QUINCE_PURE(Bit, equal, Word, Word)
  QUINCE_PURE(Bit, less_signed, Word, Word)
  QUINCE_PURE(Bit, less_unsigned, Word, Word)
  QUINCE_PURE(Bit, bit_and, Bit, Bit)
  QUINCE_PURE(Bit, bit_or, Bit, Bit)
  QUINCE_PURE(Bit, bit_xor, Bit, Bit)
  QUINCE_PURE(Bit, bit_not, Bit)
  QUINCE_PURE(Fp, fp_from_single, Word)
  QUINCE_PURE(Word, fp_to_single, Fp)
  QUINCE_PURE(Word, fp_low_word, Fp)
  QUINCE_PURE(Fp, fp_negate, Fp)
  QUINCE_PURE(Fp, fp_absolute, Fp)
  QUINCE_PURE(Fp, fp_select, Fp, Fp, Fp)
  QUINCE_PURE(Vec, vec_lvsl, Word)
  QUINCE_PURE(Vec, vec_lvsr, Word)
#undef QUINCE_PURE

  // --- Registers ---
  Word gpr(unsigned n) { return reads.gpr |= 1u << n, Word{}; }
  void set_gpr(unsigned n, Word) { writes.gpr |= 1u << n; }
  Word lr() { return reads.other |= ppc::state::lr, Word{}; }
  void set_lr(Word) { writes.other |= ppc::state::lr; }
  Word ctr() { return reads.other |= ppc::state::ctr, Word{}; }
  void set_ctr(Word) { writes.other |= ppc::state::ctr; }
  Bit ca() { return reads.other |= ppc::state::ca, Bit{}; }
  void set_ca(Bit) { writes.other |= ppc::state::ca; }
  Bit ov() { return reads.other |= ppc::state::ov, Bit{}; }
  Bit so() { return reads.other |= ppc::state::so, Bit{}; }
  void set_ov(Bit) { writes.other |= ppc::state::ov | ppc::state::so; }
  void clear_so_and_ov() { writes.other |= ppc::state::ov | ppc::state::so; }
  void set_cr_signed(unsigned f, Word, Word) { compare(f); }
  void set_cr_unsigned(unsigned f, Word, Word) { compare(f); }
  Bit cr_bit(unsigned n) { return reads.cr |= ppc::bit32(n), Bit{}; }
  void set_cr_bit(unsigned n, Bit) { writes.cr |= ppc::bit32(n); }
  void copy_cr_field(unsigned to, unsigned from) { reads.cr |= field(from), writes.cr |= field(to); }
  Word cr() { return reads.cr = ~0u, Word{}; }
  Word state_word(std::size_t offset) {
    reads.other |= offset == offsetof(ppc::CpuState, msr) ? ppc::state::msr : ppc::state::segment;
    return {};
  }
  void set_cr_field(unsigned f, Word, unsigned) { writes.cr |= field(f); }

  // --- Control ---
  static u32 cia() { return 0x1000; }
  void jump(u32) { ++jumps; }
  void jump_if(Bit, u32) { ++jumps; }
  void jump_indirect(Word) { ++jumps; }
  void jump_indirect_if(Bit, Word) { ++jumps; }
  void program_exception_if(Bit, u32) {}
  void system_call() { ++jumps, ++helper_calls; }
  void set_msr(Word) { writes.other |= ppc::state::msr; }
  void return_from_interrupt() {
    ++jumps;
    reads.other |= ppc::state::srr;
    writes.other |= ppc::state::msr;
  }
  template <auto helper, class I>
  void call(I) {
    ++helper_calls;
  }

  // --- Memory ---
  Word load8(Word) { return load<Word>(); }
  Word load16(Word) { return load<Word>(); }
  Word load32(Word) { return load<Word>(); }
  Fp load_fp(Word) { return load<Fp>(); }
  Vec load_vec(Word) { return load<Vec>(); }
  void store8(Word, Word) { store(); }
  void store16(Word, Word) { store(); }
  void store32(Word, Word) { store(); }
  void store_fp(Word, Fp) { store(); }
  void store_vec(Word, Vec) { store(); }
  void zero_block(Word) { store(); }
  void require_alignment(Word, ppc::AlignedOperand) {}
  Word load_reserved(Word) { return writes.other |= ppc::state::reservation, load<Word>(); }
  void store_conditional(Word, Word) {
    reads.other |= ppc::state::reservation | ppc::state::so;
    writes.other |= ppc::state::reservation;
    writes.cr |= field(0);
    store();
  }
  void touch_block(Word, ppc::Access) {}
  void invalidate_block(Word) {}

  // --- Floating point ---
  Fp fpr(unsigned n) { return reads.fpr |= 1u << n, Fp{}; }
  void set_fpr(unsigned n, Fp) { writes.fpr |= 1u << n; }
  Fp fpscr() { return reads.other |= ppc::state::fpscr, Fp{}; }
  template <ppc::fpu::ArithOp, ppc::fpu::Precision>
  void fp_arith(unsigned d, Fp, Fp, Fp) {
    fp_result(d);
  }
  void fp_round_to_single(unsigned d, Fp) { fp_result(d); }
  void fp_to_int32(unsigned d, Fp, bool) { fp_result(d); }
  void fp_reciprocal_estimate(unsigned d, Fp) { fp_result(d); }
  void fp_rsqrt_estimate(unsigned d, Fp) { fp_result(d); }
  void fp_compare(unsigned f, Fp, Fp, bool) {
    writes.cr |= field(f);
    reads.other |= ppc::state::fpscr;
    writes.other |= ppc::state::fpscr;
  }
  void copy_fpscr_to_cr1() { writes.cr |= field(1), reads.other |= ppc::state::fpscr; }
  void fp_exception_if_enabled() {}

  // --- AltiVec ---
  Vec vr(unsigned n) { return reads.vr |= 1u << n, Vec{}; }
  void set_vr(unsigned n, Vec) { writes.vr |= 1u << n; }
  template <ppc::vec::Op op>
  Vec vec1(Vec) {
    return vec_result<op>();
  }
  template <ppc::vec::Op op>
  Vec vec2(Vec, Vec) {
    return vec_result<op>();
  }
  template <ppc::vec::Op op>
  Vec vec3(Vec, Vec, Vec) {
    return vec_result<op>();
  }
  template <ppc::vec::Op op>
  Vec vec_imm(Vec, u32) {
    return vec_result<op>();
  }
  template <ppc::vec::Op op>
  Vec vec2_imm(Vec, Vec, u32) {
    return vec_result<op>();
  }
  template <ppc::vec::Op op>
  Vec vec_splat_imm(u32) {
    return vec_result<op>();
  }
  void set_cr6_from_mask(Vec) { writes.cr |= field(6); }
  void set_cr6_bounds(Vec) { writes.cr |= field(6); }
  template <unsigned bytes>
  static Vec insert_element(Vec, Word, Word) {
    return {};
  }
  template <unsigned bytes>
  static Word extract_element(Vec, Word) {
    return {};
  }
  Vec mfvscr() { return reads.other |= ppc::state::vscr, Vec{}; }
  void mtvscr(Vec) { writes.other |= ppc::state::vscr; }

 private:
  static u32 field(unsigned f) { return 0xf000'0000u >> 4 * f; }
  void compare(unsigned f) { writes.cr |= field(f), reads.other |= ppc::state::so; }
  template <class V>
  V load() {
    reads.other |= ppc::state::memory;
    return {};
  }
  void store() { writes.other |= ppc::state::memory; }
  void fp_result(unsigned d) {
    writes.fpr |= 1u << d;
    reads.other |= ppc::state::fpscr;
    writes.other |= ppc::state::fpscr;
  }
  template <ppc::vec::Op op>
  Vec vec_result() {
    constexpr ppc::vec::OpInfo row = ppc::vec::info(op);
    if (row.reads_nj()) reads.other |= ppc::state::vscr;
    if (row.sets_sat()) writes.other |= ppc::state::vscr;
    return {};
  }
};

}  // namespace quince::test
