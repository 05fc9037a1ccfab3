// Which registers GDB sees, under which numbers, and the description of it that GDB reads (GDB manual,
// appendix G "Target Descriptions", G.5.12 "PowerPC Features").
#pragma once

#include <string>
#include <vector>

#include "machine/debugger.h"

namespace quince::app::gdb {

struct Target {
  explicit Target(const machine::Debugger& debugger);

  std::vector<machine::Register> registers;  // the index is GDB's number
  std::size_t general;      // how many of them a `g` packet has: those every 32-bit PowerPC has
  std::string description;  // target.xml
};

}  // namespace quince::app::gdb
