// Translated blocks in columns: guest instructions, intermediate representation, host instructions.
#pragma once

#include <string>

#include "jit-x86/workbench.h"

namespace quince::app {

struct ListingColumns {
  bool guest = true, ir = true, host = true;
};

// Which host register holds which guest register: one line.
std::string register_legend();

// The block that the workbench has translated last, on standard output, and how many host instructions it
// has.
ppc::u64 print_block(const jit::Workbench& workbench, const ListingColumns& columns);

// Bytes of the block's code that is seldom run.
ppc::u32 far_bytes(const jit::Workbench& workbench);

}  // namespace quince::app
