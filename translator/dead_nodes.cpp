#include <bitset>

#include "translator/passes.h"

namespace quince::translator {

namespace {

// Guest state that nodes read and write, one number each.
enum Slot : unsigned { gpr = 0, fpr = 32, vr = 64, cr = 96, lr = 104, ctr, ca, xer_ov, others, slot_count };
using Slots = std::bitset<slot_count>;

Slots one(unsigned n) { return Slots().set(n); }

Slots slots_of(const Node& node) {
  switch (node.op) {
    case IrOp::get_gpr:
    case IrOp::set_gpr: return one(gpr + node.imm);
    case IrOp::get_fpr:
    case IrOp::set_fpr: return one(fpr + node.imm);
    case IrOp::get_vr:
    case IrOp::set_vr: return one(vr + node.imm);
    case IrOp::get_state:
    case IrOp::set_state: return one(others);
    case IrOp::get_lr:
    case IrOp::set_lr: return one(lr);
    case IrOp::get_ctr:
    case IrOp::set_ctr: return one(ctr);
    case IrOp::get_ca:
    case IrOp::set_ca: return one(ca);
    case IrOp::get_ov:
    case IrOp::get_so: return one(xer_ov);
    case IrOp::get_cr_bit:
    case IrOp::set_cr_bit: return one(cr + node.imm / 4);
    case IrOp::set_cr_signed:
    case IrOp::set_cr_unsigned:
    case IrOp::set_cr_field:
    case IrOp::copy_cr_field: return one(cr + node.imm);
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds: return one(cr + 6);
    case IrOp::get_cr: {
      Slots all;
      for (unsigned f = 0; f < 8; ++f) all.set(cr + f);
      return all;
    }
    default: return {};
  }
}

// Whether the rest of the slot stays as it is.
bool writes_part(IrOp op) { return op == IrOp::set_cr_bit || op == IrOp::set_state; }

// Reads beside the operands.
Slots reads(const Node& node) {
  if (info(node.op).kind == IrKind::get) return slots_of(node);
  if (node.op == IrOp::copy_cr_field) return one(cr + node.aux);
  if (writes_part(node.op)) return slots_of(node);
  return {};
}

class DeadNodes {
 public:
  explicit DeadNodes(Block& block) : block_(block), used_(block.nodes.size()) {}

  void run() {
    live_.set();
    for (std::size_t n = block_.nodes.size(); n-- > 0;) visit(n);
  }

 private:
  void visit(std::size_t n) {
    Node& node = block_.nodes[n];
    switch (info(node.op).kind) {
      case IrKind::mark: return;
      case IrKind::pure:
      case IrKind::get:
        if (!used_[n]) return drop(node);
        break;
      case IrKind::set:
        if ((slots_of(node) & live_).none()) return drop(node);
        if (!writes_part(node.op)) live_ &= ~slots_of(node);
        break;
      case IrKind::effect:
      case IrKind::exit: live_.set(); break;
    }
    live_ |= reads(node);
    if (node.op == IrOp::raise) return;  // its operand fields hold constants
    for (const NodeId operand : {node.a, node.b, node.c}) {
      if (operand != no_node) used_[operand] = true;
    }
  }
  static void drop(Node& node) { node = {}; }

  Block& block_;
  std::vector<bool> used_;
  Slots live_;
};

}  // namespace

void drop_dead_nodes(Block& block) { DeadNodes(block).run(); }

std::vector<u16> count_uses(const Block& block) {
  std::vector<u16> uses(block.nodes.size());
  for (const Node& node : block.nodes) {
    if (node.op == IrOp::raise) continue;
    for (const NodeId operand : {node.a, node.b, node.c}) {
      if (operand != no_node) ++uses[operand];
    }
  }
  return uses;
}

}  // namespace quince::translator
