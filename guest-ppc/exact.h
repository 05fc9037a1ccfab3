// Every instruction but branches as an ordinary function: what an engine falls back on where it has no code
// of its own, and what it is tested against.
#pragma once

#include "guest-ppc/instruction_table.h"
#include "guest-ppc/semantics/helpers.h"

namespace quince::ppc {

using ExactFunction = void (*)(Cpu&, Insn);  // may throw GuestException; availability has been checked

// Null for branches, sc and rfi, which need an engine.
ExactFunction exact_function(Op op);

}  // namespace quince::ppc
