// CA. From one sum to the next it stays in the host's carry flag where nothing between them changes the
// flags, so that sums of many words are as many instructions here as there. The host's subtraction leaves the
// complement of what the guest's does: the flag is CA or its complement, whichever the last sum made.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

using Id = x86::Inst::Id;

namespace {
x86::Mem ca_byte() { return x86::byte_ptr(x86::rbp, StateOffsets::ca); }
}  // namespace

// Whether CA as it is before node n can be seen by a later node.
bool Lowering::is_carry_seen_from(NodeId n) const {
  for (; n < block_->nodes.size(); ++n) {
    const Node& it = node(n);
    if (it.op == IrOp::set_ca) return false;
    if (it.op == IrOp::get_ca) return true;
    if (it.op == IrOp::add_with_carry && node(it.c).op == IrOp::get_ca) return true;
    const translator::IrKind kind = translator::info(it.op).kind;
    if (kind == translator::IrKind::effect || kind == translator::IrKind::exit) return true;
  }
  return true;
}

// Whether the code for the node leaves the host's carry flag alone, or begins with it.
bool Lowering::keeps_carry_flag(NodeId n) const {
  switch (node(n).op) {
    case IrOp::nop:
    case IrOp::insn:
    case IrOp::imm:
    case IrOp::bit:
    case IrOp::equal:
    case IrOp::less_signed:
    case IrOp::less_unsigned:
    case IrOp::bit_and:
    case IrOp::bit_or:
    case IrOp::bit_not:
    case IrOp::carry_out:
    case IrOp::get_gpr:
    case IrOp::set_gpr:
    case IrOp::get_lr:
    case IrOp::set_lr:
    case IrOp::get_ctr:
    case IrOp::set_ctr:
    case IrOp::get_state:
    case IrOp::set_state:
    case IrOp::not_:
    case IrOp::add_with_carry:
    case IrOp::mul_high_unsigned:
    case IrOp::sign_extend8:
    case IrOp::sign_extend16:
    case IrOp::swap32: return true;
    case IrOp::add: return find_carry_of(n) == no_node;
    case IrOp::rotate_left: return is_constant(node(n).b);
    case IrOp::get_ca: {
      for (NodeId x = n; x < block_->nodes.size() && x < n + 4; ++x) {
        if (node(x).op == IrOp::add_with_carry && node(x).c == n) return true;
      }
      return false;
    }
    case IrOp::load8:
    case IrOp::load16:
    case IrOp::load32: return flat_;
    case IrOp::store8:
    case IrOp::store16:
    case IrOp::store32: return flat_stores_;
    default: return false;
  }
}

// The node's code is about to change the flags.
void Lowering::drop_carry_flag(NodeId n) {
  if (!carry_.in_byte && is_carry_seen_from(n)) store_carry(carry_);
  carry_ = {};
}

void Lowering::store_carry(Carry carry) {
  if (carry.flag == CarryFlag::none || carry.in_byte) return;
  carry.flag == CarryFlag::same ? a.setc(ca_byte()) : a.setnc(ca_byte());
}

void Lowering::load_carry(CarryFlag wanted) {
  if (wanted == CarryFlag::none) return;
  a.cmp(ca_byte(), 1);
  if (wanted == CarryFlag::same) a.cmc();
}

// The set_ca of the carry that the sum or difference n has, if that comes next; else no_node.
NodeId Lowering::find_carry_of(NodeId n) const {
  const Node& sum = node(n);
  const auto skip = [&](NodeId x) {
    const IrOp op = node(x).op;
    const bool complement = sum.op == IrOp::sub && op == IrOp::not_ && node(x).a == sum.b;
    return complement || op == IrOp::imm || op == IrOp::nop || op == IrOp::bit || op == IrOp::get_ca;
  };
  NodeId carry_node = static_cast<NodeId>(n + 1);
  while (carry_node < block_->nodes.size() && skip(carry_node)) ++carry_node;
  if (carry_node + 1u >= block_->nodes.size()) return no_node;
  const NodeId set_node = static_cast<NodeId>(carry_node + 1);
  const Node& carry = node(carry_node);
  if (carry.op != IrOp::carry_out || node(set_node).op != IrOp::set_ca || node(set_node).a != carry_node)
    return no_node;
  if (uses_[carry_node] != 1) return no_node;
  const Node& in = node(carry.c);
  bool matches = carry.a == sum.a && carry.b == sum.b;
  switch (sum.op) {
    case IrOp::add: matches &= in.op == IrOp::bit && in.imm == 0; break;
    case IrOp::add_with_carry: matches &= carry.c == sum.c; break;
    default: {
      const Node& complement = node(carry.a);
      matches = complement.op == IrOp::not_ && complement.a == sum.b && uses_[carry.a] == 1 &&
                carry.b == sum.a && in.op == IrOp::bit && in.imm == 1 && carry.a > n;
    }
  }
  if (!matches) return no_node;
  return set_node;
}

// If so, the host's flag will have it: the nodes between are done with.
bool Lowering::take_carry_of(NodeId n) {
  const NodeId set_node = find_carry_of(n);
  if (set_node == no_node) return false;
  const NodeId carry_node = node(set_node).a;
  use(carry_node);
  use_operands(carry_node);
  done_[carry_node] = done_[set_node] = Done::all;
  if (node(n).op == IrOp::sub) {
    const NodeId complement = node(carry_node).a;
    use_operands(complement);
    done_[complement] = Done::all;
  }
  return true;
}

// Whether the complement n is there only to be subtracted by the sum, or for the carry, that follows.
bool Lowering::is_subtrahend(NodeId n) const {
  NodeId next = static_cast<NodeId>(n + 1);
  const auto skip = [&](NodeId x) {
    const IrOp op = node(x).op;
    return op == IrOp::imm || op == IrOp::nop || op == IrOp::bit || op == IrOp::get_ca || op == IrOp::get_gpr;
  };
  while (next < block_->nodes.size() && skip(next)) ++next;
  if (next == block_->nodes.size()) return false;
  const Node& sum = node(next);
  if (sum.a != n || sum.b == n) return false;
  if (sum.op == IrOp::carry_out) return uses_[n] == 1 && uses_[next] == 1;
  return sum.op == IrOp::add_with_carry && uses_[n] == (find_carry_of(next) != no_node ? 2 : 1);
}

// a + b + carry; or, a being the complement of x, b - x - !carry.
void Lowering::add_with_carry(NodeId n) {
  const Node& it = node(n);
  const bool subtracts = where_[it.a].place == Place::pending;
  NodeId left = subtracts ? it.b : it.a, right = subtracts ? node(it.a).a : it.b;
  const bool carries = take_carry_of(n);
  x86::Gp to = destination_over(n, left);
  const auto lives_in_result = [&](NodeId x) {
    const Location at = where_[x];
    return at.place == Place::guest && is_pinned(at.index) && pinned_register(at.index).id() == to.id();
  };
  std::optional<x86::Gp> move_to;
  if (lives_in_result(right) && !lives_in_result(left)) {
    if (!subtracts) {
      std::swap(left, right);
    } else {
      move_to = to;
      to = temporary();
    }
  }
  load_into(to, left);
  const asmjit::Operand other = operand(right);
  const CarryFlag wanted = subtracts ? CarryFlag::inverted : CarryFlag::same;
  asmjit::InstId op = subtracts ? Id::kIdSbb : Id::kIdAdc;
  if (node(it.c).op == IrOp::bit) {
    assert(node(it.c).imm == 1);
    if (subtracts) {
      op = Id::kIdSub;
    } else {
      a.stc();
    }
  } else if (carry_.flag == CarryFlag::none) {
    load_carry(wanted);
  } else if (carry_.flag != wanted) {
    a.cmc();
  }
  a.compute(op, to, other);
  carry_ = {};
  if (carries) carry_ = {wanted, false};
  if (move_to) a.mov(*move_to, to), release(to), to = *move_to;
  if (subtracts) use(node(it.a).a);
  use_operands(n);
  define(n, to);
}

// The carry alone.
x86::CondCode Lowering::carry(NodeId n) {
  const Node& it = node(n);
  const bool has_one = node(it.c).op == IrOp::bit && node(it.c).imm == 1;
  const bool has_none = node(it.c).op == IrOp::bit && node(it.c).imm == 0;
  if (where_[it.a].place == Place::pending) {
    const NodeId x = node(it.a).a;
    if (has_one) {
      const x86::Gp left = reg(it.b);
      a.compute(Id::kIdCmp, left, operand(x));
    } else {
      const x86::Gp difference = temporary();
      load_into(difference, it.b);
      const asmjit::Operand right = operand(x);
      load_carry(CarryFlag::inverted);
      a.compute(Id::kIdSbb, difference, right);
    }
    use(x);
    return x86::CondCode::kNC;
  }
  const x86::Gp sum = reg_to_change(it.a);
  const asmjit::Operand right = operand(it.b);
  if (has_one) a.stc();
  if (!has_one && !has_none) load_carry(CarryFlag::same);
  a.compute(has_none ? Id::kIdAdd : Id::kIdAdc, sum, right);
  return x86::CondCode::kC;
}

void Lowering::set_ca(NodeId n) {
  const NodeId value = node(n).a;
  if (node(value).op != IrOp::carry_out) {
    set_byte(value, ca_byte());
    carry_ = {};
    return;
  }
  const x86::CondCode code = condition(value);
  use(value);
  carry_ = {code == x86::CondCode::kC ? CarryFlag::same : CarryFlag::inverted, false};
}

}  // namespace quince::jit
