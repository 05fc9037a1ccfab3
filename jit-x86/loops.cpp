// Loops of one block: they end with a jump back and no link. Many are made twice, once as any other block,
// for the first round, and behind it for the others. From the second round on, guest registers that have no
// host register elsewhere have that of a register which the loop does not use. They change places in front of
// the second round and on each way out; where the way out is a fault, the run loop does it (see
// translator::Loan). Fields of CR are in loop_fields.cpp.
#include <algorithm>
#include <cassert>
#include <utility>

#include "jit-x86/lowering.h"
#include "translator/lift.h"

namespace quince::jit {

namespace {

// Of a register in the loop, to be worth the four moves that exchange it and put it back. Reading counts one,
// for it often is part of another instruction of the host, and writing two.
constexpr unsigned fewest_accesses = 2;

// Of all that borrow, where rounds are few.
constexpr unsigned fewest_if_brief = 10;

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

// A loan to nobody: the lender's register has a complement instead.
bool is_complement(const translator::Loan& loan) { return loan.borrower == loan.lender; }

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
  if (borrower == lender) {
    lent.complement_host = host;
  } else {
    (borrower == translator::Loan::ctr ? lent.ctr_host : lent.host_of_guest[borrower]) = host;
  }
  loans.push_back({static_cast<u8>(lender), static_cast<u8>(borrower)});
}

// --- Complements ---

// Of a disjunction that is complemented at once: an operand that is the register which the loop does not
// change, or no_node.
NodeId Lowering::complemented_operand(NodeId either) const {
  const auto next = static_cast<NodeId>(either + 1);
  if (node(either).op != IrOp::or_ || node(next).op != IrOp::not_ || node(next).a != either) return no_node;
  if (block_->uses[either] != 1) return no_node;
  const auto is_kept = [this](NodeId x) {
    return node(x).op == IrOp::get_gpr && node(x).imm == complement_.guest;
  };
  return is_kept(node(either).a) ? node(either).a : is_kept(node(either).b) ? node(either).b : no_node;
}

// nor of a register that the loop does not change, as where a word's bytes are looked over for a zero: with
// that register's complement at hand it is one instruction of the host, not three.
void Lowering::plan_complement(std::array<u16, 33>& accesses) {
  complement_ = {};
  std::array<u8, 32> reads{};
  u32 written = 0;
  for (const Node& it : block_->nodes) {
    if (it.op == IrOp::set_gpr) written |= 1u << it.imm;
  }
  for (NodeId n = 0; n + 1u < block_->nodes.size(); ++n) {
    if (node(n).op != IrOp::or_ || node(n + 1u).op != IrOp::not_) continue;
    for (const NodeId x : {node(n).a, node(n).b}) {
      if (node(x).op != IrOp::get_gpr || written >> node(x).imm & 1) continue;
      complement_.guest = static_cast<u8>(node(x).imm);
      if (complemented_operand(n) == x) ++reads[node(x).imm];
    }
  }
  const unsigned guest = complement_.guest;
  complement_.saves = static_cast<u16>(2 * reads[guest]);
  if (reads[guest] == accesses[guest] && host_of_guest[guest] == not_pinned) accesses[guest] = 0;
}

bool Lowering::is_complemented_next(NodeId either) const {
  return registers_->complement_host != not_pinned && complemented_operand(either) != no_node;
}

// The complement of a disjunction that is still pending.
void Lowering::neither(NodeId n) {
  const NodeId either = node(n).a, kept = complemented_operand(either);
  const NodeId other = node(either).a == kept ? node(either).b : node(either).a;
  const x86::Gp value = reg(other);
  const x86::Gp to = destination(n);
  a.emit(x86::Inst::kIdAndn, to, value, x86::gpd(registers_->complement_host));
  use_operands(either);
  use(either);
  define(n, to);
  flags_of_value_ = {n, here()};
}

// --- Loans ---

// The registers used most are lent to first, but CTR before all others.
bool Lowering::plan_loans() {
  std::array<u16, 33> accesses{};
  for (const Node& it : block_->nodes) {
    if (!may_loop[static_cast<std::size_t>(it.op)]) return false;
    if (it.op == IrOp::get_gpr) ++accesses[it.imm];
    if (it.op == IrOp::set_gpr) accesses[it.imm] = static_cast<u16>(accesses[it.imm] + 2);
    if (it.op == IrOp::get_ctr) accesses[translator::Loan::ctr] = 0xffff;
  }
  plan_complement(accesses);
  lent_registers_ = usual_registers;
  unsigned saved = 0;
  for (const PinnedRegister& lender : pinned) {
    if (accesses[lender.guest] != 0) continue;
    unsigned best = translator::Loan::ctr;
    for (unsigned guest = 0; guest < 32; ++guest) {
      if (host_of_guest[guest] == not_pinned && accesses[guest] > accesses[best]) best = guest;
    }
    if (complement_.saves > accesses[best]) {
      lend(lender.guest, lender.guest);
      saved += std::exchange(complement_.saves, u16{0});
      continue;
    }
    if (accesses[best] < fewest_accesses) break;
    lend(lender.guest, best);
    saved += best == translator::Loan::ctr ? 2u : accesses[best];
    accesses[best] = 0;
  }
  if (!block_->goes_round && saved < fewest_if_brief) loans.clear();
  return block_->goes_round || saved >= fewest_if_brief;
}

// --- Rounds ---

// Without loans and debts all rounds are the same. Where rounds are few, but a load or store is one
// instruction of the host, the second copy is short enough to be worth a try.
void Lowering::begin_loop() {
  owed_compares_.clear();
  equal_field_ = {};
  const bool may_be_twice = (block_->goes_round || flat_stores_) && block_->nodes.size() <= most_nodes_twice;
  if (may_be_twice && plan_loans()) plan_owed_fields();
  rounds_ = loans.empty() && planned_compares() == 0 ? Rounds::others : Rounds::first;
  loop_head_ = here();
}

// The first round is done, and there is another one.
void Lowering::begin_rounds() {
  rounds_ = Rounds::others;
  for (std::size_t n = 0; n < loans.size(); ++n) {
    a.mov(lent(n), loan_register(loans[n]));
    if (!is_complement(loans[n])) a.mov(loan_register(loans[n]), borrowers_memory(loans[n]));
  }
  if (lent_registers_.complement_host != not_pinned) {
    const x86::Gp complement = x86::gpd(lent_registers_.complement_host);
    const unsigned guest = complement_.guest;
    is_pinned(guest) ? a.mov(complement, pinned_register(guest)) : a.mov(complement, guest_memory(guest));
    a.not_(complement);
  }
  registers_ = &lent_registers_;
  loop_head_ = here();
}

// Changes no flags.
void Lowering::return_loans() {
  if (registers_ != &lent_registers_) return;
  for (std::size_t n = 0; n < loans.size(); ++n) {
    if (!is_complement(loans[n])) a.mov(borrowers_memory(loans[n]), loan_register(loans[n]));
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
  if (equal_field_.exit != no_node) leave_unless_equal();
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
