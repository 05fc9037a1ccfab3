// Compares whose CR field is not written at once: when the field is written again before anybody asks for it,
// only those who leave the block in between write it, and only they pay. Where an access faults in between,
// the run loop writes it (see translator::OwedField).
#include <algorithm>
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {

// Accesses whose code, thunks included, neither reads nor writes CR.
constexpr bool leaves_cr_alone(IrOp op) {
  return (op >= IrOp::load8 && op <= IrOp::require_alignment) ||
         (op >= IrOp::fp_arith && op <= IrOp::fp_to_int32) || op == IrOp::vec_saturating;
}

constexpr auto names_field = [] {
  std::array<bool, translator::ir_table.size()> table{};
  for (const IrOp op : {IrOp::set_cr_signed, IrOp::set_cr_unsigned, IrOp::set_cr_field,
                        IrOp::set_cr6_from_mask, IrOp::set_cr6_bounds, IrOp::get_cr_bit, IrOp::set_cr_bit,
                        IrOp::fp_compare, IrOp::get_cr, IrOp::copy_cr_field})
    table[static_cast<std::size_t>(op)] = true;
  return table;
}();

// Nodes: the next compare is near or not worth looking for.
constexpr std::size_t furthest = 16, furthest_in_loop = 64;

}  // namespace

FieldUse use_of_field(const Node& it, u32 field) {
  if (!names_field[static_cast<std::size_t>(it.op)]) return FieldUse::none;
  const auto if_same = [=](u32 other, FieldUse use) { return other == field ? use : FieldUse::none; };
  switch (it.op) {
    case IrOp::set_cr_signed:
    case IrOp::set_cr_unsigned:
    case IrOp::set_cr_field: return if_same(it.imm, FieldUse::overwrites);
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds: return if_same(6, FieldUse::overwrites);
    case IrOp::get_cr_bit:
    case IrOp::set_cr_bit: return if_same(it.imm / 4, FieldUse::needs);
    case IrOp::fp_compare: return if_same(it.imm, FieldUse::needs);  // overwrites it, and may call on its way
    case IrOp::get_cr:
    case IrOp::copy_cr_field: return FieldUse::needs;
    default: return FieldUse::none;
  }
}

// --- Which ---

// The last node that may overwrite a field; most blocks have no more than one.
NodeId Lowering::last_overwrite() {
  if (last_overwrite_ != no_node) return last_overwrite_;
  const auto overwrites = [](IrOp op) {
    return op == IrOp::set_cr_signed || op == IrOp::set_cr_unsigned || op == IrOp::set_cr_field ||
           op == IrOp::set_cr6_from_mask || op == IrOp::set_cr6_bounds;
  };
  auto n = static_cast<NodeId>(block_->nodes.size() - 1);
  while (n > 0 && !overwrites(node(n).op)) --n;
  return last_overwrite_ = n;
}

// The node that writes the same field anew, if until then nobody can see it but those who jump ahead out of
// the block, and accesses that fault while the operands still are in their registers.
Lowering::Overwrite Lowering::find_overwrite(NodeId compare) const {
  const Node& made = node(compare);
  const bool has_two = !is_constant(made.b);
  const auto is_at_home = [this](NodeId value) { return where_[value].place == Place::guest; };
  bool at_home = is_at_home(made.a) && (!has_two || is_at_home(made.b));
  if (has_two && !at_home) return {};
  u32 pc = block_->insns[insns_ - 1].pc;
  bool after_accesses = false;
  const std::size_t far_enough = registers_ == &lent_registers_ ? furthest_in_loop : furthest;
  const std::size_t end = std::min<std::size_t>(block_->nodes.size(), compare + far_enough);
  for (NodeId n = static_cast<NodeId>(compare + 1); n < end; ++n) {
    const Node& it = node(n);
    const FieldUse use = use_of_field(it, made.imm);
    if (use == FieldUse::overwrites) return {n, after_accesses};
    if (use == FieldUse::needs) return {};
    if (it.op == IrOp::insn) {
      pc = it.imm;
    } else if (it.op == IrOp::set_gpr && at_home) {
      at_home = it.imm != where_[made.a].index && (!has_two || it.imm != where_[made.b].index);
      if (has_two && !at_home) return {};
      if (!at_home && is_field_itself(compare)) return {};  // keeping it costs more than the field
    }
    const translator::IrKind kind = translator::info(it.op).kind;
    if (kind == translator::IrKind::exit && (it.op != IrOp::jump_if || it.imm <= pc)) return {};
    if (kind != translator::IrKind::effect) continue;
    if (!leaves_cr_alone(it.op) || !at_home) return {};
    after_accesses = true;
  }
  return {};
}

// Whether the difference of the operands is the field, and can be made when there are few registers.
bool Lowering::may_be_late(const Node& compare) const {
  if (has(block_->off, translator::JitPart::compares)) return false;
  if (block_->mode.so || !so_known_ || is_constant(compare.a)) return false;
  const std::size_t busy = late_compare_count_ + (rounds_ == Rounds::none ? 0 : planned_compares());
  if (!is_constant(compare.b)) return busy == 0;
  return busy < most_late_compares &&
         (compare.op == IrOp::set_cr_signed || constant(compare.b) <= 0x7fff'ffff);
}

// Leaves the compare to those who need it, if that can be done.
bool Lowering::is_late(NodeId n) {
  const Node& it = node(n);
  if (is_owed(n) || is_known_equal(n)) return add_late_compare({n}), true;
  if (n >= last_overwrite() || !may_be_late(it)) return false;
  const Overwrite overwrite = find_overwrite(n);
  if (overwrite.node == no_node) return false;
  LateCompare late{n, overwrite.node};
  if (overwrite.after_accesses) {
    if (owed.size() == 0xff) return false;
    const bool has_two = !is_constant(it.b);
    owed.push_back({static_cast<u8>(it.imm), it.op == IrOp::set_cr_signed, where_[it.a].index,
                    has_two ? where_[it.b].index : translator::OwedField::constant,
                    has_two ? 0 : constant(it.b)});
    late.owed = static_cast<u8>(owed.size());
  }
  return add_late_compare(late), true;
}

void Lowering::add_late_compare(const LateCompare& late) {
  const auto free = std::find_if(late_compares_.begin(), late_compares_.end(),
                                 [](const LateCompare& it) { return it.node == no_node; });
  assert(free != late_compares_.end());
  *free = late;
  owed_now_[static_cast<std::size_t>(free - late_compares_.begin())] = late.owed;
  ++late_compare_count_;
}

void Lowering::settle_late_compares(NodeId n) {
  for (std::size_t i = 0; i < most_late_compares; ++i) {
    LateCompare& late = late_compares_[i];
    if (late.node == no_node || late.overwrite != n) continue;
    if (!late.of_last_round) use_operands(late.node);
    late = {};
    owed_now_[i] = 0;
    --late_compare_count_;
  }
}

// --- Writing the fields after all ---

Lowering::LateCompares Lowering::late_compares() const {
  LateCompares now = late_compares_;
  for (LateCompare& late : now) {
    if (late.node == no_node || late.of_last_round) continue;
    late.left = where_[node(late.node).a];
    if (!is_constant(node(late.node).b)) late.right = where_[node(late.node).b];
  }
  return now;
}

// Where temporaries hold nothing but the operands of these. Those that are in temporaries go first, for then
// there are others free.
void Lowering::write_fields(LateCompares late) {
  const auto in_temporaries = [](const LateCompare& it) {
    return (it.left.place == Place::temporary ? 1 : 0) + (it.right.place == Place::temporary ? 1 : 0);
  };
  if (in_temporaries(late[0]) < in_temporaries(late[1])) std::swap(late[0], late[1]);
  for (LateCompare& it : late) {
    const LateCompare now = it;
    it = {};
    if (now.node != no_node) write_field(now, late);
  }
}

// A temporary that is neither `but` nor needed by any of them, each of which needs one at most.
x86::Gp Lowering::temporary_beside(const LateCompares& others, u8 but) {
  const auto is_in = [](const Location& at, u8 host) {
    return at.place == Place::temporary && at.index == host;
  };
  for (const u8 host : {u8{x86::Gp::kIdAx}, u8{x86::Gp::kIdDx}, u8{x86::Gp::kIdCx}}) {
    const bool is_needed = std::any_of(others.begin(), others.end(), [&](const LateCompare& other) {
      return is_in(other.left, host) || is_in(other.right, host);
    });
    if (!is_needed && host != but) return x86::gpd(host);
  }
  assert(!"the other compare has one operand at most");
  return x86::eax;
}

void Lowering::extended_from(x86::Gp to, const Location& at, bool is_signed) {
  if (at.place == Place::temporary || (at.place == Place::guest && is_pinned(at.index))) {
    const x86::Gp from = at.place == Place::temporary ? x86::gpd(at.index) : pinned_register(at.index);
    return is_signed ? a.movsxd(to.r64(), from) : a.mov(to, from);
  }
  assert(at.place == Place::guest || at.place == Place::slot);
  x86::Mem from = at.place == Place::guest ? guest_memory(at.index) : slot_memory(at.index);
  from.setSize(4);
  is_signed ? a.movsxd(to.r64(), from) : a.mov(to, from);
}

void Lowering::write_field(const LateCompare& it, const LateCompares& others) {
  const bool is_signed = node(it.node).op == IrOp::set_cr_signed;
  // An operand's own temporary is as good as another, once it is not needed any more.
  const bool right_is_there = it.right.place == Place::temporary;
  const x86::Gp difference = temporary_beside(others, right_is_there ? it.right.index : u8{0xff});
  extended_from(difference, it.left, is_signed);
  if (it.right.place == Place::nowhere) {
    const u32 right = constant(node(it.node).b);
    if (right != 0) a.sub(difference.r64(), static_cast<i32>(right));
  } else {
    const x86::Gp right = temporary_beside(others, static_cast<u8>(difference.id()));
    extended_from(right, it.right, is_signed);
    a.sub(difference.r64(), right.r64());
  }
  a.store_state(StateOffsets::cr(node(it.node).imm), difference.r64());
}

}  // namespace quince::jit
