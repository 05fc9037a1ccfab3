// Passes over a lifted block, each in its own file. They leave the list's order and numbering as they are and
// turn nodes into nop or into others of the same result.
#pragma once

#include "translator/ir.h"

namespace quince::translator {

// All of them, in their order.
void run_passes(Block& block);

// Drops writes of guest state that nothing can see before the next write of the same, and values nobody uses.
// Everything is visible at an exit and where an exception may be raised. Counts the uses of what is left.
void drop_dead_nodes(Block& block);

// Lets loads of doubles take what two stores of words have left there in the same block.
void forward_stores(Block& block);

}  // namespace quince::translator
