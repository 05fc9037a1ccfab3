#include <array>

#include "translator/passes.h"

namespace quince::translator {

namespace {

// Guest state that nodes read and write, one number each; a get or set of none_of_these has no slot.
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
  none_of_these = 127
};

class Slots {
 public:
  static constexpr Slots all() { return {~u64{0}, ~u64{0}}; }
  static constexpr Slots one(unsigned n) {
    return n < 64 ? Slots{u64{1} << n, 0} : Slots{0, u64{1} << (n - 64)};
  }
  static constexpr Slots every_cr_field() { return {0, u64{0xff} << (cr - 64)}; }

  bool meets(Slots other) const { return ((low_ & other.low_) | (high_ & other.high_)) != 0; }
  void add(Slots other) { low_ |= other.low_, high_ |= other.high_; }
  void remove(Slots other) { low_ &= ~other.low_, high_ &= ~other.high_; }

 private:
  constexpr Slots(u64 low, u64 high) : low_(low), high_(high) {}
  u64 low_, high_;
};

// A node's slot is the first one of its operation, plus its number shifted right.
struct SlotRule {
  u8 first = none_of_these;
  u8 shift = 31;
};

constexpr SlotRule rule_of(IrOp op) {
  switch (op) {
    case IrOp::get_gpr:
    case IrOp::set_gpr: return {gpr, 0};
    case IrOp::get_fpr:
    case IrOp::set_fpr: return {fpr, 0};
    case IrOp::get_vr:
    case IrOp::set_vr: return {vr, 0};
    case IrOp::get_state:
    case IrOp::set_state: return {others, 31};
    case IrOp::get_lr:
    case IrOp::set_lr: return {lr, 31};
    case IrOp::get_ctr:
    case IrOp::set_ctr: return {ctr, 31};
    case IrOp::get_ca:
    case IrOp::set_ca: return {ca, 31};
    case IrOp::get_ov:
    case IrOp::get_so: return {xer_ov, 31};
    case IrOp::get_cr_bit:
    case IrOp::set_cr_bit: return {cr, 2};
    case IrOp::set_cr_signed:
    case IrOp::set_cr_unsigned:
    case IrOp::set_cr_field:
    case IrOp::copy_cr_field: return {cr, 0};
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds: return {cr + 6, 31};
    default: return {};
  }
}

constexpr auto rules = [] {
  std::array<SlotRule, ir_table.size()> table;
  for (std::size_t op = 0; op < table.size(); ++op) table[op] = rule_of(static_cast<IrOp>(op));
  return table;
}();

Slots slot_of(const Node& node) {
  const SlotRule rule = rules[static_cast<std::size_t>(node.op)];
  return Slots::one(rule.first + (node.imm >> rule.shift));
}

// Whether the rest of the slot stays as it is.
bool writes_part(IrOp op) { return op == IrOp::set_cr_bit || op == IrOp::set_state; }

class DeadNodes {
 public:
  explicit DeadNodes(Block& block) : block_(block) { block_.uses.assign(block.nodes.size(), 0); }

  void run() {
    for (std::size_t n = block_.nodes.size(); n-- > 0;) visit(n);
  }

 private:
  void visit(std::size_t n) {
    Node& node = block_.nodes[n];
    switch (info(node.op).kind) {
      case IrKind::mark: return;
      case IrKind::pure:
        if (block_.uses[n] == 0) return drop(node);
        break;
      case IrKind::get:
        if (block_.uses[n] == 0) return drop(node);
        live_.add(node.op == IrOp::get_cr ? Slots::every_cr_field() : slot_of(node));
        break;
      case IrKind::set:
        if (!live_.meets(slot_of(node))) return drop(node);
        if (!writes_part(node.op)) live_.remove(slot_of(node));
        if (node.op == IrOp::copy_cr_field) live_.add(Slots::one(cr + node.aux));
        break;
      case IrKind::effect:
      case IrKind::exit: live_ = Slots::all(); break;
    }
    if (node.op == IrOp::raise) return;  // its operand fields hold constants
    for (const NodeId operand : {node.a, node.b, node.c}) {
      if (operand != no_node) ++block_.uses[operand];
    }
  }
  static void drop(Node& node) { node = {}; }

  Block& block_;
  Slots live_ = Slots::all();
};

}  // namespace

void drop_dead_nodes(Block& block) { DeadNodes(block).run(); }

}  // namespace quince::translator
