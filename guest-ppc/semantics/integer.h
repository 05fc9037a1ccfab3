// Integer arithmetic, logic, rotates, shifts and compares (PEM 4.2.1).
#pragma once

#include "guest-ppc/insn.h"

namespace quince::ppc::sem {

// Records a result in CR0: signed compare with zero, and SO as it is after the instruction.
template <class E, class I, class W>
void record(E& e, I i, W result) {
  if (i.rc()) e.set_cr_signed(0, result, e.imm(0));
}

// --- Sums. All are a + b + carry; subtraction adds the complement. ---

// Signed overflow of sum = a + b + carry: both operands differ in sign from the sum.
template <class E, class W>
typename E::Bit sum_overflows(E& e, W a, W b, W sum) {
  return e.less_signed(e.and_(e.xor_(a, sum), e.xor_(b, sum)), e.imm(0));
}

template <class E, class I, class W>
void finish_sum(E& e, I i, W a, W b, W sum) {
  if (i.oe()) e.set_ov(sum_overflows(e, a, b, sum));
  e.set_gpr(i.rd(), sum);
  record(e, i, sum);
}

// a + b + carry with CA out. Those who call it name a and b first: compilers order arguments as they like,
// and the translator keeps the order.
template <class E, class I, class W, class B>
void carrying_sum(E& e, I i, W a, W b, B carry) {
  const auto sum = e.add_with_carry(a, b, carry);
  e.set_ca(e.carry_out(a, b, carry));
  finish_sum(e, i, a, b, sum);
}

template <class E, class I>
void add(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  finish_sum(e, i, a, b, e.add(a, b));
}
template <class E, class I>
void addc(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  carrying_sum(e, i, a, b, e.bit(false));
}
template <class E, class I>
void adde(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void addme(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.imm(0xffff'ffff);
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void addze(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.imm(0);
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void subf(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  finish_sum(e, i, e.not_(a), b, e.sub(b, a));
}
template <class E, class I>
void subfc(E& e, I i) {
  const auto a = e.not_(e.gpr(i.ra())), b = e.gpr(i.rb());
  carrying_sum(e, i, a, b, e.bit(true));
}
template <class E, class I>
void subfe(E& e, I i) {
  const auto a = e.not_(e.gpr(i.ra())), b = e.gpr(i.rb());
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void subfme(E& e, I i) {
  const auto a = e.not_(e.gpr(i.ra())), b = e.imm(0xffff'ffff);
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void subfze(E& e, I i) {
  const auto a = e.not_(e.gpr(i.ra())), b = e.imm(0);
  carrying_sum(e, i, a, b, e.ca());
}
template <class E, class I>
void neg(E& e, I i) {
  const auto a = e.gpr(i.ra());
  finish_sum(e, i, e.not_(a), e.imm(0), e.sub(e.imm(0), a));
}
template <class E, class I>
void addi(E& e, I i) {
  const auto value = e.imm(static_cast<u32>(i.simm()));
  e.set_gpr(i.rd(), i.ra() == 0 ? value : e.add(e.gpr(i.ra()), value));
}
template <class E, class I>
void addis(E& e, I i) {
  const auto value = e.imm(i.uimm() << 16);
  e.set_gpr(i.rd(), i.ra() == 0 ? value : e.add(e.gpr(i.ra()), value));
}
template <class E, class I>
typename E::Word add_immediate_carrying(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.imm(static_cast<u32>(i.simm()));
  const auto sum = e.add(a, b);
  e.set_ca(e.carry_out(a, b, e.bit(false)));
  e.set_gpr(i.rd(), sum);
  return sum;
}
template <class E, class I>
void addic(E& e, I i) {
  add_immediate_carrying(e, i);
}
template <class E, class I>
void addic_rc(E& e, I i) {
  e.set_cr_signed(0, add_immediate_carrying(e, i), e.imm(0));
}
template <class E, class I>
void subfic(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.imm(static_cast<u32>(i.simm()));
  const auto difference = e.sub(b, a);
  e.set_ca(e.carry_out(e.not_(a), b, e.bit(true)));
  e.set_gpr(i.rd(), difference);
}

// --- Products and quotients ---

template <class E, class I>
void mulli(E& e, I i) {
  e.set_gpr(i.rd(), e.mul(e.gpr(i.ra()), e.imm(static_cast<u32>(i.simm()))));
}
template <class E, class I>
void mullw(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  const auto product = e.mul(a, b);
  if (i.oe()) {  // overflow: the high word is not the sign of the low one
    const auto high = e.mul_high_signed(a, b);
    e.set_ov(e.bit_not(e.equal(high, e.shift_right_arithmetic(product, e.imm(31)))));
  }
  e.set_gpr(i.rd(), product);
  record(e, i, product);
}
template <class E, class I>
void mulhw(E& e, I i) {
  const auto high = e.mul_high_signed(e.gpr(i.ra()), e.gpr(i.rb()));
  e.set_gpr(i.rd(), high);
  record(e, i, high);
}
template <class E, class I>
void mulhwu(E& e, I i) {
  const auto high = e.mul_high_unsigned(e.gpr(i.ra()), e.gpr(i.rb()));
  e.set_gpr(i.rd(), high);
  record(e, i, high);
}
template <class E, class I>
void divw(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  const auto quotient = e.div_signed(a, b);
  if (i.oe()) {
    const auto too_big = e.bit_and(e.equal(a, e.imm(0x8000'0000)), e.equal(b, e.imm(0xffff'ffff)));
    e.set_ov(e.bit_or(e.equal(b, e.imm(0)), too_big));
  }
  e.set_gpr(i.rd(), quotient);
  record(e, i, quotient);
}
template <class E, class I>
void divwu(E& e, I i) {
  const auto a = e.gpr(i.ra()), b = e.gpr(i.rb());
  const auto quotient = e.div_unsigned(a, b);
  if (i.oe()) e.set_ov(e.equal(b, e.imm(0)));
  e.set_gpr(i.rd(), quotient);
  record(e, i, quotient);
}

// --- Logic ---

template <class E, class I, class W>
void finish_logic(E& e, I i, W result) {
  e.set_gpr(i.ra(), result);
  record(e, i, result);
}

template <class E, class I>
void andi_rc(E& e, I i) {
  const auto result = e.and_(e.gpr(i.rs()), e.imm(i.uimm()));
  e.set_gpr(i.ra(), result);
  e.set_cr_signed(0, result, e.imm(0));
}
template <class E, class I>
void andis_rc(E& e, I i) {
  const auto result = e.and_(e.gpr(i.rs()), e.imm(i.uimm() << 16));
  e.set_gpr(i.ra(), result);
  e.set_cr_signed(0, result, e.imm(0));
}
template <class E, class I>
void ori(E& e, I i) {
  e.set_gpr(i.ra(), e.or_(e.gpr(i.rs()), e.imm(i.uimm())));
}
template <class E, class I>
void oris(E& e, I i) {
  e.set_gpr(i.ra(), e.or_(e.gpr(i.rs()), e.imm(i.uimm() << 16)));
}
template <class E, class I>
void xori(E& e, I i) {
  e.set_gpr(i.ra(), e.xor_(e.gpr(i.rs()), e.imm(i.uimm())));
}
template <class E, class I>
void xoris(E& e, I i) {
  e.set_gpr(i.ra(), e.xor_(e.gpr(i.rs()), e.imm(i.uimm() << 16)));
}
template <class E, class I>
void and_(E& e, I i) {
  finish_logic(e, i, e.and_(e.gpr(i.rs()), e.gpr(i.rb())));
}
template <class E, class I>
void andc(E& e, I i) {
  finish_logic(e, i, e.and_(e.gpr(i.rs()), e.not_(e.gpr(i.rb()))));
}
template <class E, class I>
void eqv(E& e, I i) {
  finish_logic(e, i, e.not_(e.xor_(e.gpr(i.rs()), e.gpr(i.rb()))));
}
template <class E, class I>
void nand(E& e, I i) {
  finish_logic(e, i, e.not_(e.and_(e.gpr(i.rs()), e.gpr(i.rb()))));
}
template <class E, class I>
void nor(E& e, I i) {
  finish_logic(e, i, e.not_(e.or_(e.gpr(i.rs()), e.gpr(i.rb()))));
}
template <class E, class I>
void or_(E& e, I i) {
  finish_logic(e, i, i.rs() == i.rb() ? e.gpr(i.rs()) : e.or_(e.gpr(i.rs()), e.gpr(i.rb())));
}
template <class E, class I>
void orc(E& e, I i) {
  finish_logic(e, i, e.or_(e.gpr(i.rs()), e.not_(e.gpr(i.rb()))));
}
template <class E, class I>
void xor_(E& e, I i) {
  finish_logic(e, i, e.xor_(e.gpr(i.rs()), e.gpr(i.rb())));
}
template <class E, class I>
void cntlzw(E& e, I i) {
  finish_logic(e, i, e.count_leading_zeros(e.gpr(i.rs())));
}
template <class E, class I>
void extsb(E& e, I i) {
  finish_logic(e, i, e.sign_extend8(e.gpr(i.rs())));
}
template <class E, class I>
void extsh(E& e, I i) {
  finish_logic(e, i, e.sign_extend16(e.gpr(i.rs())));
}

// --- Rotates and shifts ---

template <class E, class I>
void rlwinm(E& e, I i) {
  const auto rotated = e.rotate_left(e.gpr(i.rs()), e.imm(i.sh()));
  finish_logic(e, i, e.and_(rotated, e.imm(rotate_mask(i.mb(), i.me()))));
}
template <class E, class I>
void rlwnm(E& e, I i) {
  const auto rotated = e.rotate_left(e.gpr(i.rs()), e.gpr(i.rb()));
  finish_logic(e, i, e.and_(rotated, e.imm(rotate_mask(i.mb(), i.me()))));
}
template <class E, class I>
void rlwimi(E& e, I i) {
  const u32 mask = rotate_mask(i.mb(), i.me());
  const auto inserted = e.and_(e.rotate_left(e.gpr(i.rs()), e.imm(i.sh())), e.imm(mask));
  finish_logic(e, i, e.or_(inserted, e.and_(e.gpr(i.ra()), e.imm(~mask))));
}
template <class E, class I>
void slw(E& e, I i) {
  finish_logic(e, i, e.shift_left(e.gpr(i.rs()), e.gpr(i.rb())));
}
template <class E, class I>
void srw(E& e, I i) {
  finish_logic(e, i, e.shift_right(e.gpr(i.rs()), e.gpr(i.rb())));
}

// CA: the value is negative and a one bit was shifted out.
template <class E, class I, class W>
void arithmetic_shift(E& e, I i, W value, W amount) {
  const auto result = e.shift_right_arithmetic(value, amount);
  const auto lost = e.bit_not(e.equal(e.shift_left(result, amount), value));
  // Shifting back a result of 32 or more places gives 0, which differs from every negative value.
  e.set_ca(e.bit_and(e.less_signed(value, e.imm(0)), lost));
  finish_logic(e, i, result);
}
template <class E, class I>
void sraw(E& e, I i) {
  arithmetic_shift(e, i, e.gpr(i.rs()), e.gpr(i.rb()));
}
template <class E, class I>
void srawi(E& e, I i) {
  const auto value = e.gpr(i.rs());
  const auto result = e.shift_right_arithmetic(value, e.imm(i.sh()));
  // CA: the sign and a bit that is lost, so that their sum with 2^31 - 1 needs a 33rd bit.
  const u32 lost = (1u << i.sh()) - 1;
  e.set_ca(e.carry_out(e.and_(value, e.imm(0x8000'0000 | lost)), e.imm(0x7fff'ffff), e.bit(false)));
  finish_logic(e, i, result);
}

// --- Compares ---

template <class E, class I>
void cmp(E& e, I i) {
  e.set_cr_signed(i.crfd(), e.gpr(i.ra()), e.gpr(i.rb()));
}
template <class E, class I>
void cmpi(E& e, I i) {
  e.set_cr_signed(i.crfd(), e.gpr(i.ra()), e.imm(static_cast<u32>(i.simm())));
}
template <class E, class I>
void cmpl(E& e, I i) {
  e.set_cr_unsigned(i.crfd(), e.gpr(i.ra()), e.gpr(i.rb()));
}
template <class E, class I>
void cmpli(E& e, I i) {
  e.set_cr_unsigned(i.crfd(), e.gpr(i.ra()), e.imm(i.uimm()));
}

}  // namespace quince::ppc::sem
