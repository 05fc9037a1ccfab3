#include "translator/passes.h"

namespace quince::translator {

void run_passes(Block& block) {
  forward_stores(block);
  drop_dead_nodes(block);
}

}  // namespace quince::translator
