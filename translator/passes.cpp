#include "translator/passes.h"

namespace quince::translator {

void run_passes(Block& block) {
  if (!has(block.off, JitPart::forwarding)) forward_stores(block);
  drop_dead_nodes(block);
}

}  // namespace quince::translator
