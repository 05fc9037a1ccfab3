// Condition values: compared at the place where they are used, so that a guest's compare and branch become
// the host's.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {
x86::CondCode negated(x86::CondCode code) { return static_cast<x86::CondCode>(static_cast<u8>(code) ^ 1); }
}  // namespace

// Leaves the operands of a condition alone until its last use.
x86::CondCode Lowering::condition(NodeId n) {
  const Node& it = node(n);
  const bool last = uses_[n] == 1;
  if (n == zero_in_flags_) {
    use_operands(n);
    return x86::CondCode::kE;
  }
  const auto locked = locked_;  // what the comparison needs is free again once the flags are set
  x86::CondCode code{};
  switch (it.op) {
    case IrOp::bit:
      a.cmp(x86::esp, x86::esp);
      code = it.imm ? x86::CondCode::kE : x86::CondCode::kNE;
      break;
    case IrOp::equal: code = compare(n, x86::CondCode::kE, x86::CondCode::kE); break;
    case IrOp::less_signed: code = compare(n, x86::CondCode::kL, x86::CondCode::kG); break;
    case IrOp::less_unsigned: code = compare(n, x86::CondCode::kB, x86::CondCode::kA); break;
    case IrOp::bit_not: code = negated(condition(it.a)); break;
    case IrOp::bit_and:
    case IrOp::bit_or:
    case IrOp::bit_xor: code = both(n); break;
    case IrOp::carry_out: code = carry(n); break;
    case IrOp::get_ca: a.cmp(byte(StateOffsets::ca), 0), code = x86::CondCode::kNE; break;
    case IrOp::get_ov: a.cmp(byte(StateOffsets::ov), 0), code = x86::CondCode::kNE; break;
    case IrOp::get_so: a.cmp(byte(StateOffsets::so), 0), code = x86::CondCode::kNE; break;
    case IrOp::get_cr_bit: code = cr_bit(n); break;
    default: assert(!"not a condition");
  }
  locked_ = locked;
  if (last) use_operands(n);
  return code;
}

void Lowering::set_byte(NodeId bit, const x86::Mem& to) {
  a.set(condition(bit), to);
  use(bit);
}

x86::CondCode Lowering::compare(NodeId n, x86::CondCode code, x86::CondCode swapped) {
  NodeId left = node(n).a, right = node(n).b;
  if (is_constant(left)) std::swap(left, right), code = swapped;
  if (has_flags_of(left) && is_constant(right) && constant(right) == 0) return code;
  const Location at = where_[left];
  const bool in_memory = at.place == Place::guest && !is_pinned(at.index) && !copy_of(at);
  if (in_memory && is_constant(right)) {
    a.cmp(guest_memory(at.index), static_cast<i32>(constant(right)));
    return code;
  }
  const x86::Gp l = reg(left);
  if (is_constant(right) && constant(right) == 0) {
    a.test(l, l);  // the flags are those of a comparison with 0
  } else {
    a.compute(x86::Inst::kIdCmp, l, operand(right));
  }
  return code;
}

x86::CondCode Lowering::both(NodeId n) {
  const Node& it = node(n);
  const x86::CondCode l = condition(it.a);
  const x86::Gp left = temporary();
  a.set(l, left.r8());
  const x86::CondCode r = condition(it.b);
  const x86::Gp right = temporary();
  a.set(r, right.r8());
  switch (it.op) {
    case IrOp::bit_and: a.and_(left.r8(), right.r8()); break;
    case IrOp::bit_or: a.or_(left.r8(), right.r8()); break;
    default: a.xor_(left.r8(), right.r8());
  }
  return x86::CondCode::kNZ;
}

x86::CondCode Lowering::cr_bit(NodeId n) {
  if (flags_of_compare_.field == node(n).imm / 4 && flags_of_compare_.at == here()) {
    constexpr x86::CondCode codes[] = {x86::CondCode::kS, x86::CondCode::kG, x86::CondCode::kE};
    if (node(n).imm % 4 < 3) return codes[node(n).imm % 4];
  }
  const i32 field = StateOffsets::cr(node(n).imm / 4);
  switch (node(n).imm % 4) {
    case 0: a.bt(qword(field), 62); return x86::CondCode::kC;
    case 1: a.cmp(qword(field), 0); return x86::CondCode::kG;
    case 2: a.cmp(dword(field), 0); return x86::CondCode::kE;
    default: {
      const x86::Gp high = temporary();
      a.mov(high.r64(), qword(field));
      a.shr(high.r64(), 4);  // bit 63 beside bit 59
      a.xor_(high.r64(), qword(field));
      a.bt(high.r64(), 59);
      return x86::CondCode::kC;
    }
  }
}

}  // namespace quince::jit
