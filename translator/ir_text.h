// The intermediate representation for people to read.
#pragma once

#include <string>

#include "translator/ir.h"

namespace quince::translator {

// One node, such as "%5 = add %3 %4", "r3 = %5", or "set_ca %7". Operands are the numbers of nodes.
std::string to_text(const Block& block, NodeId n);

}  // namespace quince::translator
