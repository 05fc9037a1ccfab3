#include <algorithm>
#include <array>

#include "translator/passes.h"

namespace quince::translator {

namespace {

// Guest state that nodes read and write, one number each.
enum Slot : u8 {
  gpr = 0,
  fpr = 32,
  vr = 64,
  cr = 96,
  lr = 104,
  ctr,
  ca,
  xer_ov,
  others,
  none_of_these = 126  // and the one after it
};

class Slots {
 public:
  static constexpr Slots all() { return {~u64{0}, ~u64{0}}; }
  static constexpr Slots one(unsigned n) {
    return n < 64 ? Slots{u64{1} << n, 0} : Slots{0, u64{1} << (n - 64)};
  }
  static constexpr Slots every_cr_field() { return {0, u64{0xff} << (cr - 64)}; }

  Slots if_true(bool condition) const {
    const u64 mask = 0 - u64{condition};
    return {low_ & mask, high_ & mask};
  }
  bool meets(Slots other) const { return ((low_ & other.low_) | (high_ & other.high_)) != 0; }
  void add(Slots other) { low_ |= other.low_, high_ |= other.high_; }
  void remove(Slots other) { low_ &= ~other.low_, high_ &= ~other.high_; }

 private:
  constexpr Slots(u64 low, u64 high) : low_(low), high_(high) {}
  u64 low_, high_;
};

// A node's slot is the first one of its operation, plus its number shifted right.
struct Rule {
  u8 first = none_of_these;
  u8 shift = 31;
  bool writes = false;      // the slot
  bool keeps_rest = false;  // of what it writes
};

constexpr Rule get(u8 first, u8 shift = 31) { return {first, shift}; }
constexpr Rule set(u8 first, u8 shift = 31) { return {first, shift, true}; }
constexpr Rule set_part(u8 first, u8 shift = 31) { return {first, shift, true, true}; }

constexpr Rule rule_of(IrOp op) {
  switch (op) {
    case IrOp::get_gpr: return get(gpr, 0);
    case IrOp::set_gpr: return set(gpr, 0);
    case IrOp::get_fpr: return get(fpr, 0);
    case IrOp::set_fpr: return set(fpr, 0);
    case IrOp::get_vr: return get(vr, 0);
    case IrOp::set_vr: return set(vr, 0);
    case IrOp::get_state: return get(others);
    case IrOp::set_state: return set_part(others);
    case IrOp::get_lr: return get(lr);
    case IrOp::set_lr: return set(lr);
    case IrOp::get_ctr: return get(ctr);
    case IrOp::set_ctr: return set(ctr);
    case IrOp::get_ca: return get(ca);
    case IrOp::set_ca: return set(ca);
    case IrOp::get_ov:
    case IrOp::get_so: return get(xer_ov);
    case IrOp::get_cr_bit: return get(cr, 2);
    case IrOp::set_cr_bit: return set_part(cr, 2);
    case IrOp::set_cr_signed:
    case IrOp::set_cr_unsigned:
    case IrOp::set_cr_field:
    case IrOp::copy_cr_field: return set(cr, 0);
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds: return set(cr + 6);
    default: return {};
  }
}

constexpr auto rules = [] {
  std::array<Rule, ir_table.size()> table;
  for (std::size_t op = 0; op < table.size(); ++op) table[op] = rule_of(static_cast<IrOp>(op));
  return table;
}();

// Backwards over the list: what is live behind a node, and how often its value is used there, decide about
// it. The branches for the common kinds of nodes are few, because their order is hard to predict.
class DeadNodes {
 public:
  explicit DeadNodes(Block& block) : block_(block), size_(block.nodes.size()) {
    block_.uses.assign(size_ + spare_counters, 0);
  }

  void run() {
    for (std::size_t n = size_; n-- > 0;) visit(n);
    block_.uses.resize(size_);
  }

 private:
  void visit(std::size_t n) {
    Node& node = block_.nodes[n];
    const IrKind kind = info(node.op).kind;
    if (kind >= IrKind::effect) {
      if (kind == IrKind::mark) return;
      live_ = Slots::all();
      if (node.op == IrOp::raise) return;  // its operand fields hold constants
      return use_operands(node, n);
    }
    const Rule rule = rules[static_cast<std::size_t>(node.op)];
    const Slots slot = Slots::one(rule.first + (node.imm >> rule.shift));
    const bool needed = rule.writes ? live_.meets(slot) || keeps_dead_writes_ : block_.uses[n] != 0;
    if (!needed) {
      node = {};
      return;
    }
    live_.remove(slot.if_true(rule.writes && !rule.keeps_rest));
    live_.add(slot.if_true(!rule.writes));
    if (node.op == IrOp::get_cr) live_.add(Slots::every_cr_field());
    if (node.op == IrOp::copy_cr_field) live_.add(Slots::one(cr + node.aux));
    use_operands(node, n);
  }
  void use_operands(const Node& node, std::size_t n) {
    u16* uses = block_.uses.data();
    const std::size_t spare = size_ + n % (spare_counters / 3) * 3;
    ++uses[std::min<std::size_t>(node.a, spare)];
    ++uses[std::min<std::size_t>(node.b, spare + 1)];
    ++uses[std::min<std::size_t>(node.c, spare + 2)];
  }

  // Of operands that are not there; several, so that no addition waits for the last one's.
  static constexpr std::size_t spare_counters = 24;

  Block& block_;
  const std::size_t size_;
  const bool keeps_dead_writes_ = has(block_.off, JitPart::dead);
  Slots live_ = Slots::all();
};

}  // namespace

void drop_dead_nodes(Block& block) { DeadNodes(block).run(); }

}  // namespace quince::translator
