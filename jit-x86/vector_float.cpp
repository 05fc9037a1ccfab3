// Vector floating point. The host computes as VSCR[NJ] says, by MXCSR's flush-to-zero and
// denormals-are-zeros. Left to the exact functions, and found by a look at the result: NaNs, for a choice
// among them is the guest's business, and 2^-126 where it may be rounded up, for the guest detects tininess
// before rounding.
#include "jit-x86/vector_code.h"

namespace quince::jit {

using Id = x86::Inst::Id;

namespace {
constexpr u32 unordered = 3, equal_or_unordered = 8, not_less_or_equal = 0x16, not_greater_or_equal = 0x19;
}

#define QUINCE_K(member) static_cast<u32>(offsetof(VectorConstants, member))

void VectorCode::exact_if_nan(x86::Xmm result) {
  a.vcmpps(t1, result, result, unordered);
  exact_if_any_sign(t1);
}

void VectorCode::exact_if_nan_or_least(x86::Xmm result) {
  a.vandps(t1, result, constant(QUINCE_K(words_absolute)));
  a.vcmpps(t1, t1, constant(QUINCE_K(singles_least_normal)), equal_or_unordered);
  exact_if_any_sign(t1);
}

// --- Arithmetic ---

// Tiny sums are exact.
void VectorCode::add_floats(const Row& row) {
  const x86::Xmm result = early_target(t0);
  put(row.first, result, in_register(insn_.a, t0), insn_.b);
  exact_if_nan(result);
  move(insn_.to, result);
}

void VectorCode::multiply_add_floats(const Row&) {
  const x86::Xmm result = early_target(t0);
  move(result, insn_.b);
  put(Id::kIdVfmadd231ps, result, in_register(insn_.a, t1), insn_.c);
  exact_if_nan_or_least(result);
  move(insn_.to, result);
}

void VectorCode::negative_multiply_subtract(const Row&) {
  move(t0, insn_.b);
  put(Id::kIdVfmsub231ps, t0, in_register(insn_.a, t1), insn_.c);
  exact_if_nan_or_least(t0);
  a.vxorps(insn_.to, t0, constant(QUINCE_K(words_sign)));
}

// Of two zeros the host takes the second operand: both orders are combined. Multiplied by one, denormals
// become what NJ wants.
void VectorCode::limit_floats(const Row& row) {
  a.vmovups(t2, constant(QUINCE_K(singles_one)));
  put(Id::kIdVmulps, t0, t2, insn_.a);
  put(Id::kIdVmulps, t1, t2, insn_.b);
  a.vcmpps(t2, t0, t1, unordered);
  exact_if_any_sign(t2);
  put(row.first, t2, t0, t1);
  put(row.first, t1, t1, t0);
  put(row.second, insn_.to, t2, t1);
}

void VectorCode::round_floats(const Row& row) {
  constexpr u32 no_precision_exception = 8;
  a.emit(Id::kIdVroundps, insn_.to, insn_.b, asmjit::imm(row.constant | no_precision_exception));
}

void VectorCode::reciprocal(const Row&) {
  const x86::Xmm result = early_target(t0);
  a.vmovups(t2, constant(QUINCE_K(singles_one)));
  put(Id::kIdVdivps, result, t2, insn_.b);
  exact_if_nan_or_least(result);
  move(insn_.to, result);
}

// In doubles, as the definition is.
void VectorCode::reciprocal_root(const Row&) {
  a.emit(Id::kIdVcvtps2pd, x86::ymm0, insn_.b);
  a.vbroadcastsd(x86::ymm1, constant(QUINCE_K(one), 8));
  a.vsqrtpd(x86::ymm0, x86::ymm0);
  a.vdivpd(x86::ymm0, x86::ymm1, x86::ymm0);
  a.vcvtpd2ps(t0, x86::ymm0);
  a.vzeroupper();
  exact_if_nan(t0);
  move(insn_.to, t0);
}

// --- Comparison ---

void VectorCode::compare_floats(const Row& row) {
  put(Id::kIdVcmpps, insn_.to, in_register(insn_.a, t0), insn_.b, row.constant);
}

void VectorCode::compare_bounds(const Row&) {
  const x86::Xmm value = in_register(insn_.a, t2);
  put(Id::kIdVcmpps, t0, value, insn_.b, not_less_or_equal);
  a.vmovups(t1, constant(QUINCE_K(words_sign)));
  put(Id::kIdVxorps, t1, t1, insn_.b);
  a.vcmpps(t1, value, t1, not_greater_or_equal);
  a.vandps(t0, t0, constant(QUINCE_K(words_sign)));
  a.vandps(t1, t1, constant(QUINCE_K(words_below_sign)));
  a.vorps(insn_.to, t0, t1);
}

// --- Conversions ---

void VectorCode::scale_down() {
  const u32 bits = insn_.imm & 31;
  if (bits == 0) return move(insn_.to, t0);
  a.vbroadcastss(t1, constant(QUINCE_K(powers) + 4 * (VectorConstants::powers_zero - bits), 4));
  a.vmulps(insn_.to, t0, t1);
}

// The upper and the lower half are exact, and their sum is rounded once.
void VectorCode::from_unsigned(const Row&) {
  shift(Id::kIdVpsrld, t0, insn_.b, 16);
  mask(t1, QUINCE_K(words_low_half), insn_.b);
  a.vcvtdq2ps(t0, t0);
  a.vcvtdq2ps(t1, t1);
  a.vbroadcastss(t2, constant(QUINCE_K(powers) + 4 * (VectorConstants::powers_zero + 16), 4));
  a.vfmadd132ps(t0, t1, t2);
  scale_down();
}

void VectorCode::from_signed(const Row&) {
  a.emit(Id::kIdVcvtdq2ps, t0, insn_.b);
  scale_down();
}

x86::Xmm VectorCode::scaled_up() {
  const u32 bits = insn_.imm & 31;
  if (bits == 0) return in_register(insn_.b, t0);
  a.vbroadcastss(t1, constant(QUINCE_K(powers) + 4 * (VectorConstants::powers_zero + bits), 4));
  put(Id::kIdVmulps, t0, t1, insn_.b);
  return t0;
}

// The host's answer to what does not fit, and to NaNs, is 0x80000000.
void VectorCode::to_signed(const Row&) {
  const x86::Xmm result = early_target(t0);
  a.vcvttps2dq(result, scaled_up());
  a.vpcmpeqd(t1, result, constant(QUINCE_K(words_sign)));
  exact_if_any_sign(t1);
  move(insn_.to, result);
}

void VectorCode::to_unsigned(const Row&) {
  const x86::Xmm result = early_target(t0);
  a.vcvttps2dq(result, scaled_up());
  exact_if_any_sign(result);
  move(insn_.to, result);
}

#undef QUINCE_K

}  // namespace quince::jit
