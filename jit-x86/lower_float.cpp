// Floating point, exact to the bit, without enabled exceptions; the host's rounding mode is the guest's.
//
// The host computes as IEEE 754 has it, as the guest does, and its sticky flags are the guest's. What differs
// goes to the exact function, found by a look at the result: NaNs (every invalid operation gives one; which
// NaN, and which causes, is the guest's business), and results where it matters that the guest detects
// tininess before rounding and the host after it. Operations of single precision compute with the host's
// doubles and round twice, which gives the same as rounding once if the operands are no longer than singles
// and the result is not below their normal range (Figueroa, "When is double rounding innocuous?"); not so for
// sums with products, which are looked at.
#include <cassert>

#include "guest-ppc/exact.h"
#include "guest-ppc/fpu/fpu.h"
#include "jit-x86/lowering.h"
#include "translator/float_status.h"

namespace quince::jit {

using fpu::ArithOp;
using Id = x86::Inst::Id;
using translator::FloatStatus;

void Lowering::lower_float(NodeId n) {
  const Node& it = node(n);
  if (it.op == IrOp::get_fpr) return;  // read where it is used, within the same instruction
  hold_fprs();
  switch (it.op) {
    case IrOp::get_fpscr: return get_fpscr(n);
    case IrOp::set_fpscr: return set_fpscr(n);
    case IrOp::set_fpr: return set_fpr(n);
    case IrOp::load_fp: return load_float(n);
    case IrOp::load_fp_stored: return load_stored_float(n);
    case IrOp::store_fp: return store_float(n);
    case IrOp::fp_from_single: return float_from_single(n);
    case IrOp::fp_to_single: return float_to_single(n);
    case IrOp::fp_low_word: return float_low_word(n);
    case IrOp::fp_negate:
    case IrOp::fp_absolute: return move_fpr(n);
    case IrOp::fp_select: return float_select(n);
    case IrOp::fp_arith: return float_arith(n);
    case IrOp::fp_round_to_single: return round_to_single(n);
    case IrOp::fp_to_int32: return float_to_int(n);
    case IrOp::fp_compare: return float_compare(n);
    default: assert(!"not floating point");
  }
}

// After a call that has brought FPSCR up to date, and mode_key. The rounding mode and the enables are in the
// lowest byte.
void Lowering::leave_if_float_mode_changed(NodeId n) {
  constexpr u32 exact_bits = 0xfc;  // VE OE UE ZE XE NI
  const x86::Mem low = byte(StateOffsets::fpscr);
  x86::CondCode changed = x86::CondCode::kNE;
  if (block_->mode.fp_exact) {
    a.test(low, exact_bits);
    changed = x86::CondCode::kZ;
  } else {
    a.cmp(low, block_->mode.rounding);
  }
  far({jump_if(changed)}, [this, target = node(n).imm] { leave_for_float_mode(target); });
}

void Lowering::get_fpscr(NodeId n) {
  free_temporaries_for_call();
  call(thunks_.read_fpscr);
  float_value_ = fpr_target(n);
  float_value_short_ = false;
  a.vmovq(float_value_, x86::rax);
}

// What the host and FloatStatus hold is forgotten. FEX is 0 as long as nothing is enabled.
void Lowering::set_fpscr(NodeId n) {
  free_temporaries_for_call();
  float_record_ = 0;
  const Node& it = node(n);
  const x86::Gp word = temporary();
  if (const unsigned number = node(it.a).imm; is_pinned_fpr(number)) {
    a.vmovd(word, pinned_fpr(number));
  } else {
    a.mov(word, dword(StateOffsets::fpr(number)));
  }
  a.cmp(word.r8(), block_->mode.rounding);
  const u32 new_mode = jump_if(x86::CondCode::kNE);
  write_fpscr(word);
  a.vldmxcsr(host_rounding(block_->mode.rounding));
  const u32 back = here();
  far({new_mode}, [this, word, back, target = it.imm] {
    a.test(word.r8(), 0xff & ~fpu::fpscr::rn);
    const u32 exact = jump_if(x86::CondCode::kNZ);
    write_fpscr(word);
    change_rounding(word);
    leave_for_float_mode(target);
    land(exact);
    call_helper(exact_function(Op::mtfsf), block_->insns[insns_ - 1].word, true);
    a.cmp(byte(StateOffsets::fpscr), block_->mode.rounding);
    const u32 same = jump_if(x86::CondCode::kE);
    leave_for_float_mode(target);
    land(same);
    jump_to(back);
  });
  use(it.a);
}

// FEX is 0 as long as nothing is enabled. FloatStatus forgets what was to come into the old FPSCR.
void Lowering::write_fpscr(x86::Gp word) {
  a.and_(word, static_cast<i32>(fpu::fpscr::implemented & ~(fpu::fpscr::fex | fpu::fpscr::vx)));
  a.test(word, fpu::fpscr::invalid_causes);
  const u32 invalid = jump_if(x86::CondCode::kNZ);
  const u32 valid = here();
  a.mov(dword(StateOffsets::fpscr), word);
  a.mov(dword(status(offsetof(FloatStatus, arith))), u32{FloatStatus::no_compare} << 16);
  far({invalid}, [this, word, valid] {
    a.or_(word, fpu::fpscr::vx);
    jump_to(valid);
  });
}

x86::Mem Lowering::host_rounding(u32 mode) {
  static constexpr struct {
    unsigned constant;
    i32 offset;
  } places[] = {{Constant::host_mxcsr, 0},
                {Constant::host_mxcsr, 4},
                {Constant::directed_mxcsr, 4},
                {Constant::directed_mxcsr, 0}};
  return constant_memory(places[mode].constant, 4).cloneAdjusted(places[mode].offset);
}

// To the rounding mode of this FPSCR, whose value is overwritten. MXCSR[RC] is the negative of FPSCR[RN].
void Lowering::change_rounding(x86::Gp fpscr) {
  constexpr u32 control = 13, mask = fpu::fpscr::rn;
  constexpr u32 key_bit = translator::Mode::rounding_bit;
  const x86::Mem key = dword(in_area(offsetof(translator::Area, mode_key)));
  const x86::Mem mxcsr = dword(status(offsetof(FloatStatus, mxcsr)));
  a.and_(fpscr, mask);
  a.and_(key, ~(mask << key_bit));
  a.shl(fpscr, key_bit);
  a.or_(key, fpscr);
  a.shl(fpscr, control - key_bit);
  a.neg(fpscr);
  a.and_(fpscr, mask << control);
  a.or_(fpscr, u32{FloatStatus::clean_mxcsr});
  a.mov(mxcsr, fpscr);
  a.vldmxcsr(mxcsr);
}

// Reading FPSCR has worked in all that the old mode has left.
void Lowering::leave_with_rounding(NodeId n) {
  const u32 change = block_->mode.rounding ^ node(n).aux;
  free_temporaries_for_call();
  call(thunks_.read_fpscr);
  a.xor_(byte(StateOffsets::fpscr), change);
  a.xor_(dword(in_area(offsetof(translator::Area, mode_key))), change << translator::Mode::rounding_bit);
  a.vldmxcsr(host_rounding(node(n).aux));
  leave_for_float_mode(node(n).imm);
}

void Lowering::leave_for_float_mode(u32 target) {
  count_down(insns_);
  a.mov(x86::eax, target);
  jump_to(thunks_.new_mode);
}

// --- Registers ---

void Lowering::hold_fprs() {
  if (fprs_held_) return;
  fprs_held_ = true;
  vrs_held_ = false;
  a.cmp(dword(in_area(offsetof(translator::Area, fprs))), fprs_in_host);
  const u32 elsewhere = jump_if(x86::CondCode::kNE);
  const u32 back = here();
  far({elsewhere}, [this, back] {
    call(thunks_.load_fprs);
    jump_to(back);
  });
}

x86::Xmm Lowering::fpr(NodeId value, x86::Xmm scratch) {
  if (node(value).op != IrOp::get_fpr) return float_value_;
  const unsigned number = node(value).imm;
  if (is_pinned_fpr(number)) return pinned_fpr(number);
  a.vmovsd(scratch, fpr_memory(number));
  return scratch;
}

asmjit::Operand Lowering::fpr_operand(NodeId value) {
  if (node(value).op != IrOp::get_fpr) return float_value_;
  const unsigned number = node(value).imm;
  if (is_pinned_fpr(number)) return pinned_fpr(number);
  return fpr_memory(number);
}

x86::Xmm Lowering::fpr_target(NodeId n) {
  NodeId next = static_cast<NodeId>(n + 1);
  while (next < block_->nodes.size() && (node(next).op == IrOp::imm || node(next).op == IrOp::nop)) ++next;
  if (next == block_->nodes.size() || node(next).op != IrOp::set_fpr || node(next).a != n) return x86::xmm0;
  return is_pinned_fpr(node(next).imm) ? pinned_fpr(node(next).imm) : x86::xmm0;
}

void Lowering::fpr_result(unsigned d, x86::Xmm from) {
  if (!is_pinned_fpr(d)) {
    a.vmovsd(fpr_memory(d), from);
  } else if (pinned_fpr(d).id() != from.id()) {
    a.vmovapd(pinned_fpr(d), from);
  }
}

void Lowering::set_short(unsigned d, bool is_short_now) {
  short_fprs_ = (short_fprs_ & ~(1u << d)) | u32{is_short_now} << d;
}

bool Lowering::is_short(NodeId value) const {
  if (node(value).op != IrOp::get_fpr) return float_value_short_;
  return short_fprs_ >> node(value).imm & 1;
}

void Lowering::set_fpr(NodeId n) {
  const NodeId value = node(n).a;
  fpr_result(node(n).imm, fpr(value, x86::xmm0));
  set_short(node(n).imm, is_short(value));
  use(value);
}

// --- Moves ---

void Lowering::move_fpr(NodeId n) {
  const Node& it = node(n);
  const x86::Xmm to = fpr_target(n);
  const x86::Xmm from = fpr(it.a, x86::xmm0);
  if (it.op == IrOp::fp_negate) {
    a.vxorpd(to, from, constant_memory(Constant::sign, 16));
  } else {
    a.vandpd(to, from, constant_memory(Constant::absolute, 16));
  }
  float_value_short_ = is_short(it.a);
  float_value_ = to;
  use(it.a);
}

// 0 <= a, which no NaN is, chooses b, else c.
void Lowering::float_select(NodeId n) {
  const Node& it = node(n);
  const x86::Xmm to = fpr_target(n);
  a.vxorpd(x86::xmm0, x86::xmm0, x86::xmm0);
  a.emit(Id::kIdVcmpsd, x86::xmm0, x86::xmm0, fpr_operand(it.a), asmjit::imm(2));
  const x86::Xmm otherwise = fpr(it.c, x86::xmm1);
  asmjit::Operand chosen = fpr_operand(it.b);
  if (chosen.isMem()) chosen.as<x86::Mem>().setSize(16);
  a.emit(Id::kIdVblendvpd, to, otherwise, chosen, x86::xmm0);
  float_value_short_ = is_short(it.b) && is_short(it.c);
  float_value_ = to;
  use_operands(n);
}

// --- Arithmetic ---

namespace {

constexpr u8 operand_a = 1, operand_c = 2, operand_b = 4;

u8 operands_of(ArithOp op) {
  switch (op) {
    case ArithOp::add:
    case ArithOp::sub:
    case ArithOp::div: return operand_a | operand_b;
    case ArithOp::mul: return operand_a | operand_c;
    default: return operand_a | operand_c | operand_b;
  }
}

bool is_negated(ArithOp op) { return op == ArithOp::nmadd || op == ArithOp::nmsub; }
bool is_multiply_add(ArithOp op) { return op >= ArithOp::madd; }

ArithOp arith_op(const Node& it) { return static_cast<ArithOp>(it.aux & 7); }
bool is_single(const Node& it) { return static_cast<fpu::Precision>(it.aux >> 4) == fpu::Precision::single; }

asmjit::InstId instruction(ArithOp op) {
  switch (op) {
    case ArithOp::add: return Id::kIdVaddsd;
    case ArithOp::sub: return Id::kIdVsubsd;
    case ArithOp::mul: return Id::kIdVmulsd;
    case ArithOp::div: return Id::kIdVdivsd;
    case ArithOp::madd:
    case ArithOp::nmadd: return Id::kIdVfmadd231sd;
    default: return Id::kIdVfmsub231sd;
  }
}

}  // namespace

void Lowering::float_arith(NodeId n) {
  const Node& it = node(n);
  const ArithOp op = arith_op(it);
  const u8 operands = operands_of(op);
  record_arith(n, static_cast<u8>(translator::arith_valid | it.aux), operands);
  FloatChecks checks;
  const NodeId values[] = {it.a, it.b, it.c};
  bool in_place = is_pinned_fpr(it.imm);  // compute in the result's register: the operands must survive
  for (unsigned i = 0; i < 3; ++i) {
    if (!(operands >> i & 1)) continue;
    if (is_single(it)) require_single(values[i], checks);
    in_place = in_place && node(values[i]).imm != it.imm;
  }
  const x86::Xmm result = in_place ? pinned_fpr(it.imm) : x86::xmm0;
  if (is_multiply_add(op)) {
    float_multiply_add(n, result);
  } else {
    const x86::Xmm left = fpr(it.a, x86::xmm0);
    a.emit(instruction(op), result, left, fpr_operand(op == ArithOp::mul ? it.b : it.c));
  }
  is_single(it) ? finish_single(n, result, checks) : finish_double(n, result, checks);
  exact_float(checks);
  set_short(it.imm, is_single(it));
  use_operands(n);
}

void Lowering::float_multiply_add(NodeId n, x86::Xmm result) {
  const Node& it = node(n);
  const unsigned addend = node(it.c).imm;
  if (is_pinned_fpr(addend)) {
    a.vmovapd(result, pinned_fpr(addend));
  } else {
    a.vmovsd(result, fpr_memory(addend));
  }
  const x86::Xmm factor = fpr(it.a, x86::xmm1);
  a.emit(instruction(arith_op(it)), result, factor, fpr_operand(it.b));
}

// The host has set UX and XX as the guest does unless a tiny result has been rounded up to 2^-1022. Tiny sums
// of two are never rounded.
void Lowering::finish_double(NodeId n, x86::Xmm result, FloatChecks& checks) {
  const Node& it = node(n);
  const ArithOp op = arith_op(it);
  if (op == ArithOp::add || op == ArithOp::sub) {
    a.vucomisd(result, result);
    checks.exact.push_back(jump_if(x86::CondCode::kParityEven));
  } else {
    a.vandpd(x86::xmm1, result, constant_memory(Constant::absolute, 16));
    a.vucomisd(x86::xmm1, constant_memory(Constant::least_normal, 8));
    checks.exact.push_back(jump_if(x86::CondCode::kE));  // equal or a NaN
  }
  if (is_negated(op)) {
    const x86::Xmm to = is_pinned_fpr(it.imm) ? pinned_fpr(it.imm) : x86::xmm0;
    a.vxorpd(to, result, constant_memory(Constant::sign, 16));
    result = to;
  }
  fpr_result(it.imm, result);
}

void Lowering::finish_single(NodeId n, x86::Xmm result, FloatChecks& checks) {
  const Node& it = node(n);
  require_normal_single(result, checks);
  if (is_multiply_add(arith_op(it))) {
    // Rounded to a value halfway between two singles, it no longer tells on which side it was.
    const x86::Gp low = temporary();
    a.vmovd(low, result);
    a.shl(low, 3);
    a.cmp(low, 1);  // overflows for 0x80000000 only
    checks.exact.push_back(jump_if(x86::CondCode::kO));
    release(low);
  }
  const x86::Xmm to = is_pinned_fpr(it.imm) ? pinned_fpr(it.imm) : x86::xmm0;
  a.vcvtsd2ss(result, result, result);
  a.vcvtss2sd(to, result, result);
  if (is_negated(arith_op(it))) a.vxorpd(to, to, constant_memory(Constant::sign, 16));
  fpr_result(it.imm, to);
}

// To the exact function unless the value is zero or, as a single, well above the denormal range. Overwrites
// xmm1.
void Lowering::require_normal_single(x86::Xmm value, FloatChecks& checks) {
  a.vandpd(x86::xmm1, value, constant_memory(Constant::absolute, 16));
  a.vucomisd(x86::xmm1, constant_memory(Constant::least_normal_single, 8));
  checks.small = jump_if(x86::CondCode::kBE);  // or a NaN
  checks.small_back = here();
}

void Lowering::require_single(NodeId operand_node, FloatChecks& checks) {
  if (is_short(operand_node)) return;
  const unsigned number = node(operand_node).imm;
  if (is_pinned_fpr(number)) {
    a.vptest(pinned_fpr(number), constant_memory(Constant::below_single, 16));
  } else {
    a.test(dword(StateOffsets::fpr(number)), 0x1fff'ffff);
  }
  checks.exact.push_back(jump_if(x86::CondCode::kNZ));
}

void Lowering::round_to_single(NodeId n) {
  const Node& it = node(n);
  record_arith(n, translator::round_to_single, operand_a);
  FloatChecks checks;
  const x86::Xmm from = fpr(it.a, x86::xmm0);
  require_normal_single(from, checks);
  const x86::Xmm to = is_pinned_fpr(it.imm) ? pinned_fpr(it.imm) : x86::xmm0;
  a.vcvtsd2ss(to, from, from);
  a.vcvtss2sd(to, to, to);
  fpr_result(it.imm, to);
  exact_float(checks);
  set_short(it.imm, true);
  use_operands(n);
}

void Lowering::exact_float(const FloatChecks& checks) {
  const u32 back = here();
  const u32 word = block_->insns[insns_ - 1].word;
  far(checks.exact, [this, small = checks.small, small_back = checks.small_back, word, back] {
    const u32 exact = here();
    call_exact_float(word);
    jump_to(back);
    if (small == 0) return;
    land(small);
    a.vptest(x86::xmm1, x86::xmm1);
    lead(jump_if(x86::CondCode::kNZ), exact);
    jump_to(small_back);
  });
}

void Lowering::call_exact_float(u32 word) {
  a.mov(dword(in_area(offsetof(translator::Area, float_word))), word);
  call(thunks_.exact_float);
}

// --- Compares and conversions ---

// The field is 1, 0 or -1 as the operands compare, which is how CrField has greater, equal and less. The
// flags tell the same until the next instruction of the host.
void Lowering::float_compare(NodeId n) {
  const Node& it = node(n);
  const x86::Gp relation = temporary();
  const x86::Xmm left = fpr(it.a, x86::xmm0);
  a.emit(Id::kIdVucomisd, left, fpr_operand(it.b));
  const u32 nan = jump_if(x86::CondCode::kParityEven);
  a.mov(relation, 0);
  a.seta(relation.r8());
  a.sbb(relation.r64(), 0);
  a.mov(qword(StateOffsets::cr(it.imm)), relation.r64());
  const x86::Mem compare = byte(status(offsetof(FloatStatus, compare)));
  a.mov(compare, relation.r8());
  const u32 word = block_->insns[insns_ - 1].word;
  const u32 back = here();
  flags_of_compare_ = {it.imm, back};
  far({nan}, [this, relation, compare, word, back] {
    a.mov(compare, FloatStatus::unordered);
    call_exact_float(word);
    // Flags that are neither equal, nor negative, nor greater.
    a.mov(relation, 0x80);
    a.add(relation.r8(), 0x81);
    jump_to(back);
  });
  record_later(true);
  use_operands(n);
}

// 0x80000000 is the host's answer to everything out of range.
void Lowering::float_to_int(NodeId n) {
  const Node& it = node(n);
  const x86::Gp integer = temporary();
  const x86::Xmm from = fpr(it.a, x86::xmm0);
  a.vmovsd(qword(status(offsetof(FloatStatus, converted))), from);
  a.mov(byte(status(offsetof(FloatStatus, convert))), it.aux ? 2 : 1);
  it.aux ? a.vcvttsd2si(integer, from) : a.vcvtsd2si(integer, from);
  a.cmp(integer, 1);
  FloatChecks checks;
  checks.exact.push_back(jump_if(x86::CondCode::kO));
  a.test(integer, integer);
  const u32 zero = jump_if(x86::CondCode::kZ);
  const u32 back = here();
  a.or_(integer.r64(), constant_memory(Constant::converted_high, 8));
  if (is_pinned_fpr(it.imm)) {
    a.vmovq(pinned_fpr(it.imm), integer.r64());
  } else {
    a.mov(fpr_memory(it.imm), integer.r64());
  }
  exact_float(checks);
  far({zero}, [this, integer, from, back] {  // the lowest bit of the high word is the operand's sign
    a.vmovq(integer.r64(), from);
    a.shr(integer.r64(), 63);
    a.shl(integer.r64(), 32);
    jump_to(back);
  });
  record_later(false);
  set_short(it.imm, false);
  use_operands(n);
}

}  // namespace quince::jit
