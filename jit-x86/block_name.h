// What tools on the host call the code of a guest's block.
#pragma once

#include <cstdio>
#include <string>

#include "guest-ppc/types.h"

namespace quince::jit {

// guest_ and the block's effective address, eight hexadecimal digits
inline std::string block_name(ppc::u32 pc) {
  char name[32];
  std::snprintf(name, sizeof name, "guest_%08x", pc);
  return name;
}

// The code that all blocks share.
inline constexpr const char* thunks_name = "quince_thunks";

}  // namespace quince::jit
