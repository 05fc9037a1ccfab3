// Fields of CR in loops, from the second round on. One that the end of a round writes and the next one
// overwrites is only written on the ways out (see translator::OwedField). One that has to say "equal" for
// there to be a next round says so in memory as long as there is one, and is only written when it says
// something else.
#include <algorithm>

#include "jit-x86/lowering.h"

namespace quince::jit {

// --- Owed from one round to the next ---

bool Lowering::is_owed(NodeId compare) const {
  return rounds_ != Rounds::none && std::any_of(owed_compares_.begin(), owed_compares_.end(),
                                                [=](const OwedCompare& it) { return it.node == compare; });
}

// The guest register that has the value when the round ends.
std::optional<u8> Lowering::last_home(NodeId value) const {
  std::array<NodeId, 32> last{};
  last.fill(no_node);
  for (NodeId n = 0; n < block_->nodes.size(); ++n) {
    if (node(n).op == IrOp::set_gpr) last[node(n).imm] = n;
  }
  for (u8 guest = 0; guest < 32; ++guest) {
    if (last[guest] != no_node && node(last[guest]).a == value) return guest;
  }
  if (node(value).op != IrOp::get_gpr) return std::nullopt;
  const NodeId set = last[node(value).imm];
  return set == no_node || set < value ? std::optional(static_cast<u8>(node(value).imm)) : std::nullopt;
}

// The node of the next round that writes the field anew, if nobody reads it before and its operands are what
// they were for as long as somebody might want it; else no_node.
NodeId Lowering::first_overwrite(const translator::OwedField& field) const {
  bool operands_are_there = true;
  for (NodeId n = 0; n < block_->nodes.size(); ++n) {
    const Node& it = node(n);
    const FieldUse use = use_of_field(it, field.field);
    if (use == FieldUse::overwrites) return n;
    if (use == FieldUse::needs) return no_node;
    if (it.op == IrOp::set_gpr && (it.imm == field.left || it.imm == field.right)) operands_are_there = false;
    const translator::IrKind kind = translator::info(it.op).kind;
    const bool is_seen = kind == translator::IrKind::effect || kind == translator::IrKind::exit;
    if (is_seen && !operands_are_there) return no_node;
  }
  return no_node;
}

void Lowering::plan_owed_field(NodeId compare) {
  const Node& it = node(compare);
  const bool is_signed = it.op == IrOp::set_cr_signed;
  const auto left = last_home(it.a);
  translator::OwedField field{static_cast<u8>(it.imm), is_signed, left.value_or(0),
                              translator::OwedField::constant, 0};
  if (!left || is_constant(it.a) || planned_compares() == most_late_compares) return;
  if (is_constant(it.b)) {
    field.number = constant(it.b);
    if (!is_signed && field.number > 0x7fff'ffff) return;
  } else {
    const auto right = last_home(it.b);
    if (!right || has_two_registers_planned()) return;
    field.right = *right;
  }
  const NodeId overwrite = first_overwrite(field);
  if (overwrite == no_node) return;
  owed.push_back(field);
  owed_compares_.push_back({compare, overwrite});
}

unsigned Lowering::planned_compares() const {
  return static_cast<unsigned>(owed_compares_.size()) + (equal_field_.compare != no_node ? 1 : 0);
}

bool Lowering::has_two_registers_planned() const {
  const auto has_two = [this](NodeId compare) { return !is_constant(node(compare).b); };
  return (equal_field_.compare != no_node && has_two(equal_field_.compare)) ||
         std::any_of(owed_compares_.begin(), owed_compares_.end(),
                     [&](const OwedCompare& it) { return has_two(it.node); });
}

// --- Known from one round to the next ---

// The jump out of the block that is all that becomes of the field until the compare writes it, if it is taken
// unless the field says "equal".
NodeId Lowering::exit_unless_equal(NodeId compare) const {
  const u32 field = node(compare).imm;
  NodeId first = 0;
  while (use_of_field(node(first), field) == FieldUse::none) ++first;
  if (node(first).op != IrOp::get_cr_bit || node(first).imm % 4 != 2 || block_->uses[first] != 1)
    return no_node;
  const auto negation = static_cast<NodeId>(first + 1), exit = static_cast<NodeId>(first + 2);
  const bool leaves = node(negation).op == IrOp::bit_not && node(negation).a == first &&
                      node(exit).op == IrOp::jump_if && node(exit).a == negation &&
                      node(exit).imm > block_->pc && block_->uses[negation] == 1;
  return leaves ? exit : no_node;
}

// Nobody else may write the field, for what is in memory when the second round begins stays there until the
// loop is left.
void Lowering::plan_equal_field(NodeId compare) {
  const Node& made = node(compare);
  if (equal_field_.compare != no_node || planned_compares() == most_late_compares || is_constant(made.a))
    return;
  if (!is_constant(made.b) && has_two_registers_planned()) return;
  if (is_constant(made.b) && made.op == IrOp::set_cr_unsigned && constant(made.b) > 0x7fff'ffff) return;
  for (NodeId n = 0; n < compare; ++n) {
    const Node& it = node(n);
    const bool only_reads = it.op == IrOp::get_cr_bit || it.op == IrOp::get_cr ||
                            (it.op == IrOp::copy_cr_field && it.imm != made.imm);
    if (use_of_field(it, made.imm) != FieldUse::none && !only_reads) return;
  }
  const auto conditional = static_cast<NodeId>(block_->nodes.size() - 2);
  const Node& last = node(conditional);
  const bool asks = leads_back(conditional) && node(last.a).op == IrOp::equal && node(last.a).a == made.a &&
                    node(last.a).b == made.b;
  const NodeId exit = asks ? no_node : exit_unless_equal(compare);
  if (asks || exit != no_node) equal_field_ = {compare, exit};
}

// At the end of a round, behind what else leaves the loop there: the next round begins with this exit. It is
// made from outside, where it stands.
void Lowering::leave_unless_equal() {
  const NodeId compared = equal_field_.compare;
  const LateCompares late = late_compares();
  const auto locked = locked_;
  if (is_late_now(compared)) {
    compare(compared, x86::CondCode::kE, x86::CondCode::kE);
  } else {
    a.cmp(dword(StateOffsets::cr(node(compared).imm)), 0);
  }
  locked_ = locked;
  far({jump_if(x86::CondCode::kNE)}, [this, late] {
    write_fields(late);
    leave_to(block_->pc, false);
  });
}

// Of the fields that are written at the end, behind everything that might fault.
void Lowering::plan_owed_fields() {
  if (block_->mode.so || has(block_->off, translator::JitPart::compares)) return;
  u32 known = 0;  // fields, as bits, of which the last write has been seen
  for (std::size_t n = block_->nodes.size(); n-- > 0;) {
    const Node& it = block_->nodes[n];
    switch (it.op) {
      case IrOp::set_cr_signed:
      case IrOp::set_cr_unsigned:
        if (!(known >> it.imm & 1)) plan_cr_field(static_cast<NodeId>(n));
        known |= 1u << it.imm;
        break;
      case IrOp::set_cr_field:
      case IrOp::set_cr6_from_mask:
      case IrOp::set_cr6_bounds:
      case IrOp::copy_cr_field:
      case IrOp::set_cr_bit:
      case IrOp::get_cr_bit:
      case IrOp::get_cr: return;
      default:
        if (translator::info(it.op).kind == translator::IrKind::effect) return;
    }
  }
}

void Lowering::plan_cr_field(NodeId compare) {
  const unsigned before = planned_compares();
  plan_owed_field(compare);
  if (planned_compares() == before) plan_equal_field(compare);
}

void Lowering::begin_next_round() {
  for (std::size_t n = 0; n < owed_compares_.size(); ++n) {
    LateCompare late{owed_compares_[n].node, owed_compares_[n].overwrite, {Place::guest, owed[n].left}};
    if (owed[n].right != translator::OwedField::constant) late.right = {Place::guest, owed[n].right};
    late.of_last_round = true;
    late.owed = static_cast<u8>(n + 1);
    add_late_compare(late);
  }
}

}  // namespace quince::jit
