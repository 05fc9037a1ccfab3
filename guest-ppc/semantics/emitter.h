// The operations in which instructions say what they do. An emitter with plain numbers as values is the
// interpreter (interpreter_emitter.h); one whose values are nodes of an intermediate representation is a
// translator's front end.
//
// What an emitter may count on:
// - Fields of the instruction word are constants: `if (i.rc())` is decided once per instruction, never at run
// time.
//   Everything that depends on guest registers goes through the operations below.
// - A value obtained before a register is written keeps its meaning after.
// - Operations that can raise an exception (memory, alignment, traps, helpers, FP) come before the first
// write of a
//   register that a restart would notice.
// - A branch ends the instruction: exactly one of the jump operations, as the last.
//
//   Word  32 bits          Bit  a truth value          Fp  an FPR's 64 bits          Vec  128 bits
//
// Words: imm add sub add_with_carry carry_out mul mul_high_signed mul_high_unsigned div_signed div_unsigned
// and_ or_
//   xor_ not_ rotate_left shift_left shift_right shift_right_arithmetic count_leading_zeros sign_extend8
//   sign_extend16 swap16 swap32. Division and shifts are as arithmetic.h defines them; rotate_left uses the
//   low five bits of the amount, shifts the low six.
// Bits: bit equal less_signed less_unsigned bit_and bit_or bit_xor bit_not
// Registers: gpr set_gpr lr set_lr ctr set_ctr ca set_ca ov so set_ov (OV, and SO which collects it)
//   clear_so_and_ov cr_bit set_cr_bit copy_cr_field cr set_cr_field (field from a word, shifted right)
//   set_cr_signed set_cr_unsigned (compare into a field, SO copied) state_word (of CpuState, by its offset)
// Control: cia (the instruction's address) jump jump_if jump_indirect jump_indirect_if program_exception_if
//   system_call set_msr return_from_interrupt call<helper> (an ordinary function on the processor, for the
//   rest)
// Memory, big-endian, any alignment: load8 load16 load32 (zero-extended) load_fp load_vec store8 store16
// store32
//   store_fp store_vec require_alignment load_reserved store_conditional (which sets CR0) zero_block
//   touch_block (translation and protection alone) invalidate_block (of instructions)
// Floating point: fpr set_fpr fpscr (as mffs shows it) fp_from_single fp_to_single fp_low_word fp_negate
// fp_absolute
//   fp_select; and with their effect on frD and FPSCR: fp_arith<op, precision>(frD, a, c, b)
//   fp_round_to_single fp_to_int32 fp_reciprocal_estimate fp_rsqrt_estimate fp_compare; copy_fpscr_to_cr1
//   fp_exception_if_enabled
// AltiVec: vr set_vr vec1<op> vec2<op> vec3<op> vec_imm<op> vec2_imm<op> vec_splat_imm<op> (with their effect
// on
//   VSCR) set_cr6_from_mask set_cr6_bounds insert_element<n> extract_element<n> vec_lvsl vec_lvsr mfvscr
//   mtvscr
#pragma once

#include <concepts>

#include "guest-ppc/cpu.h"

namespace quince::ppc {

// The spine of the above; the rest is checked where an instruction uses it.
template <class E>
concept Emitter = requires(E e, typename E::Word w, typename E::Bit b, typename E::Fp f, typename E::Vec v,
                           unsigned n, u32 constant) {
  { e.imm(constant) } -> std::same_as<typename E::Word>;
  { e.bit(true) } -> std::same_as<typename E::Bit>;
  { e.add(w, w) } -> std::same_as<typename E::Word>;
  { e.equal(w, w) } -> std::same_as<typename E::Bit>;
  { e.gpr(n) } -> std::convertible_to<typename E::Word>;
  e.set_gpr(n, w);
  { e.cr_bit(n) } -> std::same_as<typename E::Bit>;
  e.set_cr_signed(n, w, w);
  { e.cia() } -> std::same_as<u32>;
  e.jump(constant);
  e.jump_if(b, constant);
  e.jump_indirect(w);
  { e.load32(w) } -> std::same_as<typename E::Word>;
  e.store32(w, w);
  e.require_alignment(w, AlignedOperand::multiple);
  { e.fpr(n) } -> std::convertible_to<typename E::Fp>;
  e.set_fpr(n, f);
  { e.vr(n) } -> std::convertible_to<typename E::Vec>;
  e.set_vr(n, v);
};

}  // namespace quince::ppc
