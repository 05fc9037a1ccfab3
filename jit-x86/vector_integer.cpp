// Integer arithmetic, comparison and logic.
#include "jit-x86/vector_code.h"

namespace quince::jit {

using Id = x86::Inst::Id;

#define QUINCE_K(member) static_cast<u32>(offsetof(VectorConstants, member))

// --- One instruction ---

void VectorCode::direct(const Row& row) { put(row.first, insn_.to, in_register(insn_.a, t0), insn_.b); }

void VectorCode::commuting(const Row& row) {
  if (insn_.a.isMem()) return swapped(row);
  direct(row);
}

void VectorCode::swapped(const Row& row) { put(row.first, insn_.to, in_register(insn_.b, t0), insn_.a); }

// --- Saturation: where the wrapped result differs ---

void VectorCode::saturate(const Row& row) {
  const x86::Xmm left = in_register(insn_.a, t1);
  put(row.second, t0, left, insn_.b);
  put(row.first, insn_.to, left, insn_.b);
  a.vpxor(t0, t0, insn_.to);
  note_saturation(t0);
}

// The greatest addend that does not carry is ~b: a is cut down to it.
void VectorCode::add_words_unsigned(const asmjit::Operand& addend) {
  ones(t1);
  put(Id::kIdVpxor, t1, t1, addend);
  a.vpminud(t1, t1, t0);
  a.vpxor(t0, t0, t1);
  note_saturation(t0);
  put(Id::kIdVpaddd, insn_.to, t1, addend);
}

// t1: results, t0: their sign bits say which overflowed. The limit of those is the one of the other sign.
void VectorCode::saturate_signed_words() {
  a.vpsrad(t2, t1, 31);
  a.vpxor(t2, t2, constant(QUINCE_K(words_sign)));
  a.vblendvps(insn_.to, t1, t2, t0);
  a.vpsrld(t0, t0, 31);
  note_saturation(t0);
}

// Overflow: the sum's sign differs from both addends'.
void VectorCode::add_words_signed(const asmjit::Operand& addend) {
  put(Id::kIdVpaddd, t1, t0, addend);
  a.vpxor(t0, t0, t1);
  put(Id::kIdVpxor, t2, t1, addend);
  a.vpand(t0, t0, t2);
  saturate_signed_words();
}

void VectorCode::add_unsigned_words(const Row&) {
  move(t0, insn_.a);
  add_words_unsigned(insn_.b);
}

void VectorCode::add_signed_words(const Row&) {
  move(t0, insn_.a);
  add_words_signed(insn_.b);
}

void VectorCode::subtract_unsigned_words(const Row&) {
  const x86::Xmm left = in_register(insn_.a, t1);
  put(Id::kIdVpmaxud, t0, left, insn_.b);
  a.vpxor(t1, left, t0);
  note_saturation(t1);
  put(Id::kIdVpsubd, insn_.to, t0, insn_.b);
}

void VectorCode::subtract_signed_words(const Row&) {
  const x86::Xmm left = in_register(insn_.a, t2);
  put(Id::kIdVpsubd, t1, left, insn_.b);
  a.vpxor(t0, left, t1);
  put(Id::kIdVpxor, t2, left, insn_.b);
  a.vpand(t0, t0, t2);
  saturate_signed_words();
}

// No carry if a <= ~b: all ones, to which one is added.
void VectorCode::carry(const Row&) {
  ones(t1);
  put(Id::kIdVpxor, t0, t1, insn_.b);
  put(Id::kIdVpminud, t0, t0, insn_.a);
  put(Id::kIdVpcmpeqd, t0, t0, insn_.a);
  a.vpsubd(insn_.to, t0, t1);
}

void VectorCode::no_borrow(const Row&) {
  put(Id::kIdVpmaxud, t0, in_register(insn_.a, t0), insn_.b);
  put(Id::kIdVpcmpeqd, t0, t0, insn_.a);
  a.vpsrld(insn_.to, t0, 31);
}

// --- Averages, comparison, logic ---

// (x | y) - ((x ^ y) >> 1)
void VectorCode::average(const Row& row) {
  const x86::Xmm left = in_register(insn_.a, t2);
  put(Id::kIdVpor, t0, left, insn_.b);
  put(Id::kIdVpxor, t1, left, insn_.b);
  shift(row.first, t1, t1, 1);
  put(row.second, insn_.to, t0, t1);
}

void VectorCode::average_signed_bytes(const Row&) {
  a.vmovdqu(t2, constant(QUINCE_K(bytes_80)));
  put(Id::kIdVpxor, t0, t2, insn_.a);
  put(Id::kIdVpxor, t1, t2, insn_.b);
  a.vpavgb(t0, t0, t1);
  a.vpxor(insn_.to, t0, t2);
}

void VectorCode::compare_unsigned(const Row& row) {
  a.vmovdqu(t2, constant(row.constant));
  put(Id::kIdVpxor, t0, t2, insn_.a);
  put(Id::kIdVpxor, t1, t2, insn_.b);
  put(row.first, insn_.to, t0, t1);
}

void VectorCode::nor(const Row&) {
  put(Id::kIdVpor, t0, in_register(insn_.a, t0), insn_.b);
  ones(t1);
  a.vpxor(insn_.to, t0, t1);
}

void VectorCode::select(const Row&) {
  const x86::Xmm chooser = in_register(insn_.c, t2);
  put(Id::kIdVpand, t0, chooser, insn_.b);
  put(Id::kIdVpandn, t1, chooser, insn_.a);
  a.vpor(insn_.to, t0, t1);
}

// --- Products of every second element: the manual's odd elements are our even lanes ---

void VectorCode::multiply_odd_bytes(const Row&) {
  mask(t0, QUINCE_K(halves_00ff), insn_.a);
  mask(t1, QUINCE_K(halves_00ff), insn_.b);
  a.vpmullw(insn_.to, t0, t1);
}

void VectorCode::multiply_odd_signed_bytes(const Row&) {
  shift(Id::kIdVpsllw, t0, insn_.a, 8);
  shift(Id::kIdVpsllw, t1, insn_.b, 8);
  a.vpsraw(t0, t0, 8);
  a.vpsraw(t1, t1, 8);
  a.vpmullw(insn_.to, t0, t1);
}

void VectorCode::multiply_even_bytes(const Row& row) {
  shift(row.first, t0, insn_.a, 8);
  shift(row.first, t1, insn_.b, 8);
  a.vpmullw(insn_.to, t0, t1);
}

// Added to a product with zero.
void VectorCode::multiply_signed_halves(const Row& row) {
  mask(t0, row.constant, insn_.a);
  put(Id::kIdVpmaddwd, insn_.to, t0, insn_.b);
}

void VectorCode::multiply_odd_halves(const Row&) {
  const x86::Xmm left = in_register(insn_.a, t2);
  put(Id::kIdVpmullw, t0, left, insn_.b);
  put(Id::kIdVpmulhuw, t1, left, insn_.b);
  a.vpslld(t1, t1, 16);
  a.vpblendw(insn_.to, t0, t1, 0xaa);
}

void VectorCode::multiply_even_halves(const Row&) {
  const x86::Xmm left = in_register(insn_.a, t2);
  put(Id::kIdVpmullw, t0, left, insn_.b);
  put(Id::kIdVpmulhuw, t1, left, insn_.b);
  a.vpsrld(t0, t0, 16);
  a.vpblendw(insn_.to, t0, t1, 0xaa);
}

// --- Products and sums ---

void VectorCode::multiply_add_low(const Row&) {
  put(Id::kIdVpmullw, t0, in_register(insn_.a, t0), insn_.b);
  put(Id::kIdVpaddw, insn_.to, t0, insn_.c);
}

void VectorCode::multiply_add_high(const Row& row) {
  const x86::Xmm left = in_register(insn_.a, t2);
  put(Id::kIdVpmulhw, t0, left, insn_.b);
  put(Id::kIdVpmullw, t1, left, insn_.b);
  a.vpsllw(t0, t0, 1);
  a.vpsrlw(t1, t1, 15);
  a.vpor(t0, t0, t1);
  saturated_sum_of_high(row);
}

void VectorCode::multiply_add_rounded(const Row& row) {
  put(Id::kIdVpmulhrsw, t0, in_register(insn_.a, t0), insn_.b);
  saturated_sum_of_high(row);
}

// -32768 only comes from -32768 * -32768, whose high part is 32768.
void VectorCode::saturated_sum_of_high(const Row&) {
  a.vpcmpeqw(t1, t0, constant(QUINCE_K(halves_8000)));
  exact_if(t1);
  put(Id::kIdVpaddw, t1, t0, insn_.c);
  put(Id::kIdVpaddsw, insn_.to, t0, insn_.c);
  a.vpxor(t1, t1, insn_.to);
  note_saturation(t1);
}

void VectorCode::multiply_sum_bytes(const Row&) {
  mask(t0, QUINCE_K(halves_00ff), insn_.a);
  mask(t1, QUINCE_K(halves_00ff), insn_.b);
  a.vpmaddwd(t0, t0, t1);
  shift(Id::kIdVpsrlw, t1, insn_.a, 8);
  shift(Id::kIdVpsrlw, t2, insn_.b, 8);
  a.vpmaddwd(t1, t1, t2);
  a.vpaddd(t0, t0, t1);
  put(Id::kIdVpaddd, insn_.to, t0, insn_.c);
}

void VectorCode::multiply_sum_mixed(const Row&) {
  shift(Id::kIdVpsllw, t0, insn_.a, 8);
  mask(t1, QUINCE_K(halves_00ff), insn_.b);
  a.vpsraw(t0, t0, 8);
  a.vpmaddwd(t0, t0, t1);
  shift(Id::kIdVpsraw, t1, insn_.a, 8);
  shift(Id::kIdVpsrlw, t2, insn_.b, 8);
  a.vpmaddwd(t1, t1, t2);
  a.vpaddd(t0, t0, t1);
  put(Id::kIdVpaddd, insn_.to, t0, insn_.c);
}

void VectorCode::multiply_sum_halves(const Row&) {
  put(Id::kIdVpmaddwd, t0, in_register(insn_.a, t0), insn_.b);
  put(Id::kIdVpaddd, insn_.to, t0, insn_.c);
}

void VectorCode::products_of_halves() {
  mask(t0, QUINCE_K(words_low_half), insn_.a);
  mask(t1, QUINCE_K(words_low_half), insn_.b);
  a.vpmulld(t0, t0, t1);
  shift(Id::kIdVpsrld, t1, insn_.a, 16);
  shift(Id::kIdVpsrld, t2, insn_.b, 16);
  a.vpmulld(t1, t1, t2);
}

void VectorCode::multiply_sum_unsigned_halves(const Row&) {
  products_of_halves();
  a.vpaddd(t0, t0, t1);
  put(Id::kIdVpaddd, insn_.to, t0, insn_.c);
}

void VectorCode::multiply_sum_unsigned_saturate(const Row&) {
  products_of_halves();
  ones(t2);
  a.vpxor(t2, t2, t1);
  a.vpminud(t2, t2, t0);
  a.vpxor(t0, t0, t2);
  note_saturation(t0);
  a.vpaddd(t0, t2, t1);
  add_words_unsigned(insn_.c);
}

// The sum of two products wraps only if all four factors are -32768; nothing else gives -2^31.
void VectorCode::multiply_sum_signed_saturate(const Row&) {
  put(Id::kIdVpmaddwd, t0, in_register(insn_.a, t0), insn_.b);
  a.vpcmpeqd(t1, t0, constant(QUINCE_K(words_sign)));
  exact_if(t1);
  add_words_signed(insn_.c);
}

void VectorCode::sum_unsigned_bytes(const Row&) {
  a.vpmaddubsw(t0, in_register(insn_.a, t0), constant(QUINCE_K(bytes_01)));
  a.vpmaddwd(t0, t0, constant(QUINCE_K(halves_0001)));
  add_words_unsigned(insn_.b);
}

void VectorCode::sum_signed_bytes(const Row&) {
  a.vmovdqu(t0, constant(QUINCE_K(bytes_01)));
  put(Id::kIdVpmaddubsw, t0, t0, insn_.a);
  a.vpmaddwd(t0, t0, constant(QUINCE_K(halves_0001)));
  add_words_signed(insn_.b);
}

void VectorCode::sum_halves(const Row&) {
  a.vpmaddwd(t0, in_register(insn_.a, t0), constant(QUINCE_K(halves_0001)));
  add_words_signed(insn_.b);
}

// Sums in 64 bits, which the exact function is left with if they need more than 32.
void VectorCode::sum_pairs(const Row&) {
  constexpr u32 even = 0x88, odd = 0xdd;  // lanes 0 and 2, 1 and 3, in front
  a.emit(Id::kIdVpshufd, t0, insn_.a, asmjit::imm(even));
  a.emit(Id::kIdVpshufd, t1, insn_.a, asmjit::imm(odd));
  a.emit(Id::kIdVpshufd, t2, insn_.b, asmjit::imm(even));
  for (const x86::Xmm& t : {t0, t1, t2}) a.vpmovsxdq(t, t);
  a.vpaddq(t0, t0, t1);
  a.vpaddq(t0, t0, t2);
  a.vpshufd(t1, t0, even);
  a.vpmovsxdq(t1, t1);
  a.vpxor(t1, t1, t0);
  exact_if(t1);
  zero(t1);
  a.vpblendw(insn_.to, t1, t0, 0x33);
}

void VectorCode::sum_all(const Row&) {
  a.vpmovsxdq(t0, in_register(insn_.a, t0));
  a.emit(Id::kIdVpshufd, t1, insn_.a, asmjit::imm(0xee));
  a.vpmovsxdq(t1, t1);
  a.vpaddq(t0, t0, t1);
  a.vpsrldq(t1, t0, 8);
  a.vpaddq(t0, t0, t1);
  a.vpmovsxdq(t1, in_register(insn_.b, t1));
  a.vpaddq(t0, t0, t1);
  a.vpmovsxdq(t1, t0);
  a.vpxor(t1, t1, t0);
  a.vmovq(t1, t1);
  exact_if(t1);
  zero(t1);
  a.vpblendw(insn_.to, t1, t0, 0x03);
}

#undef QUINCE_K

}  // namespace quince::jit
