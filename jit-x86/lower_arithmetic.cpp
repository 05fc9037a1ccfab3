// Word arithmetic.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

using Id = x86::Inst::Id;

void Lowering::lower_arithmetic(NodeId n) {
  const Node& it = node(n);
  switch (it.op) {
    case IrOp::add: return add(n);
    case IrOp::add_with_carry: return add_with_carry(n);
    case IrOp::sub: return binary(n, Id::kIdSub, false);
    case IrOp::mul: return binary(n, Id::kIdImul, true);
    case IrOp::mul_high_signed: return multiply_high(n, true);
    case IrOp::mul_high_unsigned: return multiply_high(n, false);
    case IrOp::div_signed: return divide(n, true);
    case IrOp::div_unsigned: return divide(n, false);
    case IrOp::and_: return binary(n, Id::kIdAnd, true);
    case IrOp::or_:
      if (is_complemented_next(n)) return void(where_[n] = {Place::pending});
      return binary(n, Id::kIdOr, true);
    case IrOp::xor_: return binary(n, Id::kIdXor, true);
    case IrOp::rotate_left: return rotate(n);
    case IrOp::shift_left: return shift(n, Id::kIdShl, Id::kIdShlx, false);
    case IrOp::shift_right: return shift(n, Id::kIdShr, Id::kIdShrx, false);
    case IrOp::shift_right_arithmetic: return shift(n, Id::kIdSar, Id::kIdSarx, true);
    case IrOp::sign_extend8: return extend(n, 1);
    case IrOp::sign_extend16: return extend(n, 2);
    default: break;
  }
  if (it.op == IrOp::not_ && where_[it.a].place == Place::pending) return neither(n);
  if (it.op == IrOp::not_ && (is_subtrahend(n) || is_masked_out(n))) {
    where_[n] = {Place::pending};
    return;
  }
  const x86::Gp to = destination_over(n, it.a);
  switch (it.op) {
    case IrOp::not_:
      load_into(to, it.a);
      a.not_(to);
      break;
    case IrOp::count_leading_zeros: a.emit(Id::kIdLzcnt, to, reg(it.a)); break;
    case IrOp::swap32:
      load_into(to, it.a);
      a.bswap(to);
      break;
    case IrOp::swap16:
      load_into(to, it.a);
      a.bswap(to);
      a.shr(to, 16);
      break;
    default: assert(!"not arithmetic");
  }
  use(it.a);
  define(n, to);
}

void Lowering::add(NodeId n) {
  const Node& it = node(n);
  if (is_address_of_next_access(n) || is_address_of_neighbour(n)) {
    where_[n] = {Place::pending};
    return;
  }
  const Location left = where_[it.a], right = where_[it.b];
  const auto in_register = [this](const Location& at) {
    return at.place == Place::temporary || (at.place == Place::guest && is_pinned(at.index));
  };
  const bool is_copied = in_register(left) && (in_register(right) || is_constant(it.b));
  const bool keep_flags = carry_.flag != CarryFlag::none;
  if (find_carry_of(n) != no_node || (!is_copied && !keep_flags)) return binary(n, Id::kIdAdd, true);
  const x86::Gp l = reg(it.a);
  const x86::Mem sum = is_constant(it.b) ? x86::ptr(l.r64(), static_cast<i32>(constant(it.b)))
                                         : x86::ptr(l.r64(), reg(it.b).r64());
  const x86::Gp to = is_address_for_eax(n) ? claim(x86::Gp::kIdAx) : destination_over(n, it.a);
  if (to.id() == l.id() && !keep_flags) {
    a.compute(Id::kIdAdd, to, operand(it.b));
  } else {
    a.lea(to, sum);
  }
  use(it.a);
  use(it.b);
  define(n, to);
}

// Whether the complement n is only there for the conjunction that follows, which the host does in one.
bool Lowering::is_masked_out(NodeId n) const {
  NodeId next = next_code(n);
  while (next < block_->nodes.size() && node(next).op == IrOp::get_gpr) next = next_code(next);
  if (uses_[n] != 1 || next >= block_->nodes.size() || node(next).op != IrOp::and_) return false;
  const NodeId other = node(next).a == n ? node(next).b : node(next).a;
  return (node(next).a == n || node(next).b == n) && !is_constant(other) && !is_constant(node(n).a);
}

void Lowering::and_complement(NodeId n, NodeId complement, NodeId other) {
  const x86::Gp mask = reg(node(complement).a);
  const asmjit::Operand value = operand(other);
  const x86::Gp to = destination(n);
  a.emit(Id::kIdAndn, to, mask, value);
  use(node(complement).a);
  use(node(n).a);
  use(node(n).b);
  define(n, to);
  flags_of_value_ = {n, here()};
}

void Lowering::binary(NodeId n, asmjit::InstId op, bool commutative) {
  NodeId left = node(n).a, right = node(n).b;
  if (op == Id::kIdAnd) {
    if (where_[left].place == Place::pending) return and_complement(n, left, right);
    if (where_[right].place == Place::pending) return and_complement(n, right, left);
  }
  const bool is_sum = op == Id::kIdAdd || op == Id::kIdSub;
  const bool carries = is_sum && take_carry_of(n);
  x86::Gp to = destination_over(n, left);
  const Location at = where_[right];
  const bool right_is_there =
      (at.place == Place::guest && is_pinned(at.index) && pinned_register(at.index).id() == to.id());
  std::optional<x86::Gp> move_to;
  if (right_is_there && !(where_[left].place == Place::guest && where_[left].index == at.index)) {
    if (commutative) {
      std::swap(left, right);
    } else {
      move_to = to;
      to = temporary();
    }
  }
  const bool is_zero_extension =
      op == Id::kIdAnd && is_constant(right) && (constant(right) == 0xff || constant(right) == 0xffff);
  if (op == Id::kIdImul && is_constant(right)) {
    a.imul(to, reg(left), static_cast<i32>(constant(right)));
  } else if (is_zero_extension) {
    const x86::Gp from = reg(left);
    if (constant(right) == 0xff) {
      a.movzx(to, from.r8());
    } else {
      a.movzx(to, from.r16());
    }
  } else {
    load_into(to, left);
    a.compute(op, to, operand(right));
  }
  if (carries) carry_ = {op == Id::kIdAdd ? CarryFlag::same : CarryFlag::inverted, false};
  if (move_to) a.mov(*move_to, to), release(to), to = *move_to;
  use(node(n).a);
  use(node(n).b);
  define(n, to);
  const bool is_logical = op == Id::kIdAnd || op == Id::kIdOr || op == Id::kIdXor;
  if (is_logical && !is_zero_extension) flags_of_value_ = {n, here()};
}

void Lowering::rotate(NodeId n) {
  const Node& it = node(n);
  if (is_constant(it.b)) {
    const u32 places = constant(it.b) & 31;
    const x86::Gp from = reg(it.a);
    const x86::Gp to = destination_over(n, it.a);
    if (places == 0) {
      load_into(to, it.a);
    } else {
      a.rorx(to, from, 32 - places);
    }
    use(it.a);
    use(it.b);
    return define(n, to);
  }
  const x86::Gp count = claim(x86::Gp::kIdCx);
  load_into(count, it.b);
  const x86::Gp to = temporary();
  load_into(to, it.a);
  a.rol(to, x86::cl);
  use(it.a);
  use(it.b);
  define(n, to);
}

// The value is extended to 64 bits, so that amounts of 32 to 63 shift everything out as the guest's do.
void Lowering::shift(NodeId n, asmjit::InstId by_constant, asmjit::InstId by_register, bool is_signed) {
  const Node& it = node(n);
  if (is_constant(it.b)) {
    u32 places = constant(it.b) & 63;
    const x86::Gp to = destination_over(n, it.a);
    if (places >= 32 && !is_signed) {
      a.mov(to, 0);
    } else {
      if (places >= 32) places = 31;
      load_into(to, it.a);
      if (places != 0) a.shift_by(by_constant, to, places);
    }
    use(it.a);
    use(it.b);
    return define(n, to);
  }
  const x86::Gp count = reg(it.b);
  const x86::Gp to = temporary();
  extended(to, it.a, is_signed);
  a.emit(by_register, to.r64(), to.r64(), count.r64());
  a.mov(to, to);  // words keep the upper half zero
  use(it.a);
  use(it.b);
  define(n, to);
}

void Lowering::extend(NodeId n, unsigned bytes) {
  const NodeId value = node(n).a;
  const x86::Gp from = reg(value);
  const x86::Gp to = destination_over(n, value);
  if (bytes == 1) {
    a.movsx(to, from.r8());
  } else {
    a.movsx(to, from.r16());
  }
  use(value);
  define(n, to);
}

void Lowering::multiply_high(NodeId n, bool is_signed) {
  const Node& it = node(n);
  x86::Gp to = x86::edx;
  const auto factor = [&] { return is_constant(it.b) ? asmjit::Operand(reg(it.b)) : operand(it.b); };
  if (is_signed) {
    load_into(claim(x86::Gp::kIdAx), it.a);
    claim(x86::Gp::kIdDx);
    a.emit(Id::kIdImul, x86::edx, x86::eax, factor());
  } else {  // without a change of the flags
    load_into(claim(x86::Gp::kIdDx), it.a);
    const asmjit::Operand f = factor();
    if (const auto pin = pinned_destination(n)) to = *pin;
    a.emit(Id::kIdMulx, to, x86::edx, f, x86::edx);
  }
  use_operands(n);
  if (is_signed) {
    const auto pin = pinned_destination(n);
    if (pin) a.mov(*pin, to), to = *pin;
  }
  define(n, to);
}

// Divisors 0 and, signed, -1 are left to far code: the host traps on 0 and on overflow.
void Lowering::divide(NodeId n, bool is_signed) {
  const Node& it = node(n);
  const x86::Gp divisor = claim(x86::Gp::kIdCx);
  load_into(divisor, it.b);
  const x86::Gp dividend = claim(x86::Gp::kIdAx);
  load_into(dividend, it.a);
  const x86::Gp high = claim(x86::Gp::kIdDx);
  u32 special;
  if (is_signed) {
    a.lea(high, x86::ptr(divisor.r64(), 1));
    a.cmp(high, 1);
    special = jump_if(x86::CondCode::kBE);
    a.cdq();
    a.idiv(divisor);
  } else {
    a.test(divisor, divisor);
    special = jump_if(x86::CondCode::kZ);
    a.mov(high, 0);
    a.div(divisor);
  }
  const u32 back = here();
  far({special}, [this, is_signed, back] {
    if (is_signed) {  // 0: the sign of the dividend; -1: its negative, but -1 for 0x80000000
      a.neg(x86::ecx);
      const u32 by_zero = jump_if(x86::CondCode::kZ);
      a.cmp(x86::eax, static_cast<i32>(0x8000'0000));
      const u32 overflow = jump_if(x86::CondCode::kE);
      a.neg(x86::eax);
      jump_to(back);
      land(by_zero);
      land(overflow);
      a.sar(x86::eax, 31);
    } else {
      a.mov(x86::eax, 0);
    }
    jump_to(back);
  });
  use(it.a);
  use(it.b);
  release(divisor);
  release(high);
  define(n, dividend);
}

}  // namespace quince::jit
