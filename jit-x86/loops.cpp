// Loops of one block: they end with a jump back and no link. Many are made twice, once as any other block,
// for the first round, and behind it for the others. From the second round on, guest registers that have no
// host register elsewhere have that of a register which the loop does not use. They change places in front of
// the second round and on each way out; where the way out is a fault, the run loop does it (see
// translator::Loan). Likewise a CR field that the end of a round writes and the next one overwrites is only
// written on the ways out (see translator::OwedField).
#include <algorithm>
#include <cassert>

#include "jit-x86/lowering.h"
#include "translator/lift.h"

namespace quince::jit {

namespace {

// Of a register in the loop, to be worth the four moves that exchange it and put it back.
constexpr unsigned fewest_accesses = 2;

// Made twice, a block is not longer than the longest made once.
constexpr std::size_t most_nodes_twice = translator::enough_nodes / 2;

static_assert(std::size(pinned) <= std::size(translator::Area{}.lent));

// Nodes whose code, thunks included, asks for no guest register in memory and leaves nowhere but where
// return_loans() is called or a side point tells.
constexpr auto may_loop = [] {
  std::array<bool, translator::ir_table.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto op = static_cast<IrOp>(i);
    table[i] = op <= IrOp::set_ca || op == IrOp::get_cr_bit || op == IrOp::get_cr ||
               (op >= IrOp::set_cr_signed && op <= IrOp::require_alignment) || op == IrOp::touch_block ||
               op == IrOp::jump || op == IrOp::jump_if || op == IrOp::get_fpr || op == IrOp::set_fpr ||
               (op >= IrOp::fp_from_single && op <= IrOp::fp_to_int32) || op == IrOp::fp_compare ||
               op >= IrOp::get_vr;
  }
  return table;
}();

x86::Mem lent(std::size_t n) {
  return x86::dword_ptr(x86::rbp, in_area(offsetof(translator::Area, lent)) + static_cast<i32>(4 * n));
}

}  // namespace

// Whether it is the last jump, and leads to the block's beginning. Behind a conditional one stands the way
// on.
bool Lowering::leads_back(NodeId n) const {
  const Node& it = node(n);
  const std::size_t from_end = block_->nodes.size() - n;
  return it.imm == block_->pc &&
         (it.op == IrOp::jump ? from_end == 1 : it.op == IrOp::jump_if && from_end == 2);
}

bool Lowering::is_loop() const {
  if (has(block_->off, translator::JitPart::loops)) return false;
  const auto last = static_cast<NodeId>(block_->nodes.size() - 1);
  return leads_back(last) || leads_back(last - 1);
}

void Lowering::lend(unsigned lender, unsigned borrower) {
  const u8 host = host_of_guest[lender];
  HostRegisters& lent = lent_registers_;
  lent.host_of_guest[lender] = not_pinned;
  lent.guest_of_host[host] = static_cast<u8>(borrower);
  (borrower == translator::Loan::ctr ? lent.ctr_host : lent.host_of_guest[borrower]) = host;
  loans.push_back({static_cast<u8>(lender), static_cast<u8>(borrower)});
}

// The registers used most are lent to first, but CTR before all others.
bool Lowering::plan_loans() {
  std::array<u16, 33> accesses{};
  for (const Node& it : block_->nodes) {
    if (!may_loop[static_cast<std::size_t>(it.op)]) return false;
    if (it.op == IrOp::get_gpr) ++accesses[it.imm];
    if (it.op == IrOp::set_gpr) ++accesses[it.imm];
    if (it.op == IrOp::get_ctr) accesses[translator::Loan::ctr] = 0xffff;
  }
  lent_registers_ = usual_registers;
  for (const PinnedRegister& lender : pinned) {
    if (accesses[lender.guest] != 0) continue;
    unsigned best = translator::Loan::ctr;
    for (unsigned guest = 0; guest < 32; ++guest) {
      if (host_of_guest[guest] == not_pinned && accesses[guest] > accesses[best]) best = guest;
    }
    if (accesses[best] < fewest_accesses) break;
    lend(lender.guest, best);
    accesses[best] = 0;
  }
  return true;
}

// --- CR fields that are owed from one round to the next ---

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
  if (!left || is_constant(it.a) || owed.size() == most_late_compares) return;
  if (is_constant(it.b)) {
    field.number = constant(it.b);
    if (!is_signed && field.number > 0x7fff'ffff) return;
  } else {
    const auto right = last_home(it.b);
    const bool is_second = std::any_of(owed.begin(), owed.end(), [](const translator::OwedField& other) {
      return other.right != translator::OwedField::constant;
    });
    if (!right || is_second) return;
    field.right = *right;
  }
  const NodeId overwrite = first_overwrite(field);
  if (overwrite == no_node) return;
  owed.push_back(field);
  owed_compares_.push_back({compare, overwrite});
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
        if (!(known >> it.imm & 1)) plan_owed_field(static_cast<NodeId>(n));
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

void Lowering::begin_next_round() {
  for (std::size_t n = 0; n < owed_compares_.size(); ++n) {
    LateCompare late{owed_compares_[n].node, owed_compares_[n].overwrite, {Place::guest, owed[n].left}};
    if (owed[n].right != translator::OwedField::constant) late.right = {Place::guest, owed[n].right};
    late.of_last_round = true;
    late.owed = static_cast<u8>(n + 1);
    add_late_compare(late);
  }
}

// --- Rounds ---

// Without loans and debts all rounds are the same.
void Lowering::begin_loop() {
  owed_compares_.clear();
  const bool may_be_twice = block_->goes_round && block_->nodes.size() <= most_nodes_twice;
  if (may_be_twice && plan_loans()) plan_owed_fields();
  rounds_ = loans.empty() && owed.empty() ? Rounds::others : Rounds::first;
  loop_head_ = here();
}

// The first round is done, and there is another one.
void Lowering::begin_rounds() {
  rounds_ = Rounds::others;
  for (std::size_t n = 0; n < loans.size(); ++n) {
    a.mov(lent(n), loan_register(loans[n]));
    a.mov(loan_register(loans[n]), borrowers_memory(loans[n]));
  }
  registers_ = &lent_registers_;
  loop_head_ = here();
}

// Changes no flags.
void Lowering::return_loans() {
  if (registers_ != &lent_registers_) return;
  for (std::size_t n = 0; n < loans.size(); ++n) {
    a.mov(borrowers_memory(loans[n]), loan_register(loans[n]));
    a.mov(loan_register(loans[n]), lent(n));
  }
}

bool Lowering::closes_loop(NodeId n) const { return rounds_ != Rounds::none && leads_back(n); }

// The next round, unless the condition does not hold or it is time for a checkpoint. The way on, which is the
// last node then, is left to far code, so that the other rounds stand right behind the first one.
void Lowering::close_loop(NodeId n) {
  const bool is_conditional = node(n).op == IrOp::jump_if;
  const x86::CondCode again = is_conditional ? condition(node(n).a) : x86::CondCode::kZ;
  const LateCompares late = late_compares();
  if (is_conditional) {
    use(node(n).a);
    const NodeId way_on = static_cast<NodeId>(n + 1);
    done_[way_on] = Done::all;
    const auto enough = static_cast<x86::CondCode>(static_cast<u8>(again) ^ 1);
    far({jump_if(enough)}, [this, late, next = node(way_on).imm] {
      write_fields(late);
      leave_to(next, false);
    });
  }
  count_down(insns_);
  const auto leave = [this, late] {
    write_fields(late);
    return_loans();
    a.mov(x86::ecx, block_->pc);
    jump_to(thunks_.checkpoint);
  };
  if (rounds_ == Rounds::first) {
    far({jump_if(x86::CondCode::kLE)}, leave);
    loop.after_first = here();
  } else {
    lead(jump_if(x86::CondCode::kG), loop_head_);
    loop.after_back = here();
    leave();
  }
}

}  // namespace quince::jit
