// A double that is loaded where two words have just been stored: how compiled code moves integers to
// floating-point registers. Hosts do not forward two stores to one load and wait until both have reached the
// cache, so the load takes the words from the nodes that were stored.
#include <algorithm>
#include <optional>

#include "translator/passes.h"

namespace quince::translator {

namespace {

class StoreForwarding {
 public:
  explicit StoreForwarding(Block& block) : block_(block), places_(block.nodes.size()) { forget_registers(); }

  void run() {
    for (std::size_t n = 0; n < block_.nodes.size(); ++n) visit(static_cast<NodeId>(n));
  }

 private:
  // An address or any other word: a node's value and an offset from it.
  struct Place {
    NodeId root = no_node;
    u32 offset = 0;
  };
  struct Store {
    Place at;
    NodeId value;
  };
  static constexpr std::size_t most_stores = 6;

  void visit(NodeId n) {
    Node& node = block_.nodes[n];
    places_[n] = {n, 0};
    switch (node.op) {
      case IrOp::get_gpr:
        if (registers_[node.imm].root == no_node) registers_[node.imm] = {n, 0};
        places_[n] = registers_[node.imm];
        break;
      case IrOp::set_gpr: registers_[node.imm] = places_[node.a]; break;
      case IrOp::add:
        if (block_.nodes[node.b].op == IrOp::imm) {
          places_[n] = {places_[node.a].root, places_[node.a].offset + block_.nodes[node.b].imm};
        }
        break;
      case IrOp::store8: overwrite(places_[node.a], 1); break;
      case IrOp::store16: overwrite(places_[node.a], 2); break;
      case IrOp::store_fp: overwrite(places_[node.a], 8); break;
      case IrOp::store32:
        overwrite(places_[node.a], 4);
        if (stores_.size() == most_stores) stores_.erase(stores_.begin());
        stores_.push_back({places_[node.a], node.b});
        break;
      case IrOp::load_fp: load(node); break;
      case IrOp::call:  // works on memory and on the registers
      case IrOp::system_call:
        stores_.clear();
        forget_registers();
        break;
      case IrOp::store_vec:
      case IrOp::store_conditional:
      case IrOp::zero_block: stores_.clear(); break;
      default: break;
    }
  }

  // What has been stored somewhere else relative to the same root stays; of other roots nothing is known.
  void overwrite(Place at, u32 bytes) {
    std::erase_if(stores_, [&](const Store& store) {
      if (store.at.root != at.root) return true;
      return store.at.offset - at.offset < bytes || at.offset - store.at.offset < 4;
    });
  }

  std::optional<NodeId> stored(Place at) const {
    for (const Store& store : stores_) {
      if (store.at.root == at.root && store.at.offset == at.offset) return store.value;
    }
    return std::nullopt;
  }

  void load(Node& node) {
    const Place at = places_[node.a];
    const auto high = stored(at), low = stored({at.root, at.offset + 4});
    if (!high || !low) return;
    node.op = IrOp::load_fp_stored;
    node.b = *high;
    node.c = *low;
  }

  void forget_registers() { registers_.fill({}); }

  Block& block_;
  std::vector<Place> places_;        // of each node
  std::array<Place, 32> registers_;  // what a GPR holds
  std::vector<Store> stores_;
};

}  // namespace

void forward_stores(Block& block) {
  if (block.has_floats) StoreForwarding(block).run();
}

}  // namespace quince::translator
