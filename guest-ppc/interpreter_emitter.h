// The emitter that executes at once: its values are the numbers themselves. See semantics/emitter.h for what
// each operation means.
#pragma once

#include <bit>

#include "guest-ppc/arithmetic.h"
#include "guest-ppc/cpu.h"
#include "guest-ppc/semantics/emitter.h"
#include "guest-ppc/semantics/helpers.h"
#include "guest-ppc/vector/interp_ops.h"

namespace quince::ppc {

class InterpreterEmitter {
 public:
  struct Word {
    u32 v;
  };
  struct Bit {
    bool v;
  };
  struct Fp {
    u64 v;
  };
  using Vec = V128;

  // pc: the instruction's address.
  InterpreterEmitter(Cpu& cpu, u32 pc) : cpu_(cpu), s_(cpu.state), pc_(pc) {}

  // --- Constants and word arithmetic ---
  static Word imm(u32 v) { return {v}; }
  static Bit bit(bool v) { return {v}; }
  static Word add(Word a, Word b) { return {a.v + b.v}; }
  static Word sub(Word a, Word b) { return {a.v - b.v}; }
  static Word add_with_carry(Word a, Word b, Bit c) { return {a.v + b.v + c.v}; }
  static Bit carry_out(Word a, Word b, Bit c) { return {(u64{a.v} + b.v + c.v) >> 32 != 0}; }
  static Word mul(Word a, Word b) { return {a.v * b.v}; }
  static Word mul_high_signed(Word a, Word b) { return {arithmetic::mul_high_signed(a.v, b.v)}; }
  static Word mul_high_unsigned(Word a, Word b) { return {arithmetic::mul_high_unsigned(a.v, b.v)}; }
  static Word div_signed(Word a, Word b) { return {arithmetic::div_signed(a.v, b.v)}; }
  static Word div_unsigned(Word a, Word b) { return {arithmetic::div_unsigned(a.v, b.v)}; }
  static Word and_(Word a, Word b) { return {a.v & b.v}; }
  static Word or_(Word a, Word b) { return {a.v | b.v}; }
  static Word xor_(Word a, Word b) { return {a.v ^ b.v}; }
  static Word not_(Word a) { return {~a.v}; }
  static Word rotate_left(Word a, Word n) { return {std::rotl(a.v, static_cast<int>(n.v & 31))}; }
  static Word shift_left(Word a, Word n) { return {arithmetic::shift_left(a.v, n.v)}; }
  static Word shift_right(Word a, Word n) { return {arithmetic::shift_right(a.v, n.v)}; }
  static Word shift_right_arithmetic(Word a, Word n) {
    return {arithmetic::shift_right_arithmetic(a.v, n.v)};
  }
  static Word count_leading_zeros(Word a) { return {static_cast<u32>(std::countl_zero(a.v))}; }
  static Word sign_extend8(Word a) { return {static_cast<u32>(static_cast<i8>(a.v))}; }
  static Word sign_extend16(Word a) { return {static_cast<u32>(static_cast<i16>(a.v))}; }
  static Word swap16(Word a) { return {swap_bytes(static_cast<u16>(a.v))}; }
  static Word swap32(Word a) { return {swap_bytes(a.v)}; }
  static Bit equal(Word a, Word b) { return {a.v == b.v}; }
  static Bit less_signed(Word a, Word b) { return {static_cast<i32>(a.v) < static_cast<i32>(b.v)}; }
  static Bit less_unsigned(Word a, Word b) { return {a.v < b.v}; }
  static Bit bit_and(Bit a, Bit b) { return {a.v && b.v}; }
  static Bit bit_or(Bit a, Bit b) { return {a.v || b.v}; }
  static Bit bit_xor(Bit a, Bit b) { return {a.v != b.v}; }
  static Bit bit_not(Bit a) { return {!a.v}; }

  // --- Registers ---
  Word gpr(unsigned n) const { return {s_.gpr[n]}; }
  void set_gpr(unsigned n, Word v) { s_.gpr[n] = v.v; }
  Word lr() const { return {s_.lr}; }
  void set_lr(Word v) { s_.lr = v.v; }
  Word ctr() const { return {s_.ctr}; }
  void set_ctr(Word v) { s_.ctr = v.v; }
  Bit ca() const { return {s_.xer_ca != 0}; }
  void set_ca(Bit v) { s_.xer_ca = v.v; }
  Bit ov() const { return {s_.xer_ov != 0}; }
  Bit so() const { return {s_.xer_so != 0}; }
  void set_ov(Bit v) {
    s_.xer_ov = v.v;
    s_.xer_so |= s_.xer_ov;
  }
  void clear_so_and_ov() { s_.xer_so = s_.xer_ov = 0; }
  void set_cr_signed(unsigned f, Word a, Word b) { s_.cr[f] = CrField::compare_signed(a.v, b.v, s_.xer_so); }
  void set_cr_unsigned(unsigned f, Word a, Word b) {
    s_.cr[f] = CrField::compare_unsigned(a.v, b.v, s_.xer_so);
  }
  Bit cr_bit(unsigned n) const { return {s_.cr[n / 4].test(n % 4)}; }
  void set_cr_bit(unsigned n, Bit v) {
    const u32 mask = 8u >> n % 4;
    const u32 nibble = s_.cr[n / 4].nibble();
    s_.cr[n / 4] = CrField::from_nibble(v.v ? nibble | mask : nibble & ~mask);
  }
  void copy_cr_field(unsigned to, unsigned from) { s_.cr[to] = s_.cr[from]; }
  Word state_word(std::size_t offset) const {
    u32 word;
    std::memcpy(&word, reinterpret_cast<const char*>(&s_) + offset, sizeof word);
    return {word};
  }
  Word cr() const { return {s_.cr_word()}; }
  void set_cr_field(unsigned f, Word v, unsigned shift) {
    s_.cr[f] = CrField::from_nibble(v.v >> shift & 15);
  }

  // --- Control ---
  u32 cia() const { return pc_; }
  void jump(u32 target) { s_.pc = target; }
  void jump_if(Bit taken, u32 target) { s_.pc = taken.v ? target : pc_ + 4; }
  void jump_indirect(Word target) { s_.pc = target.v; }
  void jump_indirect_if(Bit taken, Word target) { s_.pc = taken.v ? target.v : pc_ + 4; }
  void program_exception_if(Bit condition, u32 cause) {
    if (condition.v) [[unlikely]]
      throw GuestException{Vector::program, cause};
  }
  void system_call() { cpu_.hooks().system_call(pc_ + 4); }
  void set_msr(Word v) { cpu_.set_msr(v.v); }
  void return_from_interrupt() { cpu_.return_from_interrupt(); }
  template <auto helper, class I>
  void call(I i) {
    helper(cpu_, Insn{i.word()});
  }

  // --- Memory ---
  Word load8(Word ea) { return {cpu_.load<u8>(ea.v)}; }
  Word load16(Word ea) { return {cpu_.load<u16>(ea.v)}; }
  Word load32(Word ea) { return {cpu_.load<u32>(ea.v)}; }
  Fp load_fp(Word ea) { return {cpu_.load<u64>(ea.v)}; }
  Vec load_vec(Word ea) { return cpu_.load<V128>(ea.v); }
  void store8(Word ea, Word v) { cpu_.store(ea.v, static_cast<u8>(v.v)); }
  void store16(Word ea, Word v) { cpu_.store(ea.v, static_cast<u16>(v.v)); }
  void store32(Word ea, Word v) { cpu_.store(ea.v, v.v); }
  void store_fp(Word ea, Fp v) { cpu_.store(ea.v, v.v); }
  void store_vec(Word ea, const Vec& v) { cpu_.store(ea.v, v); }
  void require_alignment(Word ea, AlignedOperand kind) { cpu_.require_alignment(ea.v, kind); }
  Word load_reserved(Word ea) { return {cpu_.load_reserved(ea.v)}; }
  void store_conditional(Word ea, Word v) {
    const bool stored = cpu_.store_conditional(ea.v, v.v);
    s_.cr[0] = CrField::from_nibble((stored ? CrField::eq : 0) | s_.xer_so);
  }
  void zero_block(Word ea) { cpu_.zero_block(ea.v); }
  void touch_block(Word ea, Access access) { cpu_.touch_block(ea.v, access); }
  void invalidate_block(Word ea) { cpu_.invalidate_instruction_block(ea.v); }

  // --- Floating point ---
  Fp fpr(unsigned n) const { return {s_.fpr[n]}; }
  void set_fpr(unsigned n, Fp v) { s_.fpr[n] = v.v; }
  Fp fpscr() const { return {arithmetic::mffs_high_word | s_.fpscr}; }
  static Fp fp_from_single(Word v) { return {fpu::load_single(v.v)}; }
  static Word fp_to_single(Fp v) { return {fpu::store_single(v.v)}; }
  static Word fp_low_word(Fp v) { return {static_cast<u32>(v.v)}; }
  static Fp fp_negate(Fp v) { return {v.v ^ u64{1} << 63}; }
  static Fp fp_absolute(Fp v) { return {v.v & ~(u64{1} << 63)}; }
  static Fp fp_select(Fp a, Fp c, Fp b) { return {fpu::select(a.v, c.v, b.v)}; }
  template <fpu::ArithOp op, fpu::Precision precision>
  void fp_arith(unsigned d, Fp a, Fp c, Fp b) {
    finish(d, fpu::arith(op, precision, a.v, c.v, b.v, s_.fpscr, cpu_.model.fpu));
  }
  void fp_round_to_single(unsigned d, Fp b) {
    finish(d, fpu::round_to_single(b.v, s_.fpscr, cpu_.model.fpu));
  }
  void fp_to_int32(unsigned d, Fp b, bool toward_zero) {
    finish(d, fpu::to_int32(b.v, toward_zero, s_.fpscr));
  }
  void fp_reciprocal_estimate(unsigned d, Fp b) {
    finish(d, fpu::reciprocal_estimate(b.v, s_.fpscr, cpu_.model.fpu));
  }
  void fp_rsqrt_estimate(unsigned d, Fp b) { finish(d, fpu::rsqrt_estimate(b.v, s_.fpscr, cpu_.model.fpu)); }
  void fp_compare(unsigned f, Fp a, Fp b, bool ordered) {
    const auto result = fpu::compare(a.v, b.v, ordered, s_.fpscr);
    s_.cr[f] = CrField::from_nibble(result.nibble);
    s_.fpscr = result.fpscr;
  }
  void copy_fpscr_to_cr1() { s_.cr[1] = CrField::from_nibble(s_.fpscr >> 28); }
  void fp_exception_if_enabled() {
    if ((s_.fpscr & fpu::fpscr::fex) && (s_.msr & (msr::fe0 | msr::fe1))) [[unlikely]] {
      throw GuestException{Vector::program, program_cause::fp_enabled};
    }
  }

  // --- AltiVec ---
  const Vec& vr(unsigned n) const { return s_.vr[n]; }
  void set_vr(unsigned n, const Vec& v) { s_.vr[n] = v; }
  template <vec::Op op>
  Vec vec1(const Vec& b) {
    return vec::apply<op>(b, b, b, 0, s_.vscr);
  }
  template <vec::Op op>
  Vec vec2(const Vec& a, const Vec& b) {
    return vec::apply<op>(a, b, b, 0, s_.vscr);
  }
  template <vec::Op op>
  Vec vec3(const Vec& a, const Vec& b, const Vec& c) {
    return vec::apply<op>(a, b, c, 0, s_.vscr);
  }
  template <vec::Op op>
  Vec vec_imm(const Vec& b, u32 value) {
    return vec::apply<op>(b, b, b, value, s_.vscr);
  }
  template <vec::Op op>
  Vec vec2_imm(const Vec& a, const Vec& b, u32 value) {
    return vec::apply<op>(a, b, b, value, s_.vscr);
  }
  template <vec::Op op>
  Vec vec_splat_imm(u32 value) {
    const Vec none{};
    return vec::apply<op>(none, none, none, value, s_.vscr);
  }
  void set_cr6_from_mask(const Vec& mask) {
    const auto halves = mask.lanes<u64>();
    const bool all = (halves[0] & halves[1]) == ~u64{0}, none = (halves[0] | halves[1]) == 0;
    s_.cr[6] = CrField::from_nibble((all ? 8 : 0) | (none ? 2 : 0));
  }
  void set_cr6_bounds(const Vec& mask) {
    const auto halves = mask.lanes<u64>();
    s_.cr[6] = CrField::from_nibble((halves[0] | halves[1]) == 0 ? 2 : 0);
  }
  template <unsigned bytes>
  static Vec insert_element(const Vec& old, Word value, Word ea) {
    return vec::insert_element<bytes>(old, value.v, ea.v);
  }
  template <unsigned bytes>
  static Word extract_element(const Vec& v, Word ea) {
    return {vec::extract_element<bytes>(v, ea.v)};
  }
  static Vec vec_lvsl(Word ea) { return vec::lvsl(ea.v); }
  static Vec vec_lvsr(Word ea) { return vec::lvsr(ea.v); }
  Vec mfvscr() const { return vec::mfvscr(s_.vscr); }
  void mtvscr(const Vec& v) { s_.vscr = vec::mtvscr(v); }

 private:
  void finish(unsigned d, const fpu::Result& result) {
    s_.fpscr = result.fpscr;
    if (result.write) s_.fpr[d] = result.bits;
  }

  Cpu& cpu_;
  CpuState& s_;
  const u32 pc_;
};
static_assert(Emitter<InterpreterEmitter>);

}  // namespace quince::ppc
