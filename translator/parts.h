// Parts of the translator that can be left out, to find by bisection which of them a wrong result comes from.
// What remains computes the same, slower.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>

#include "guest-ppc/types.h"

namespace quince::translator {

enum class JitPart : ppc::u8 {
  integer,
  memory,
  carry,
  cr,
  float_,
  vector,
  registers,
  fusion,
  constants,
  forwarding,
  dead,
  links,
  returns,
  flat,
  loops,
  compares,
};
struct JitPartRow {
  const char* name;
  const char* what;  // without it
};
inline constexpr auto jit_parts = std::to_array<JitPartRow>({
    {"integer", "integer instructions call their exact functions"},
    {"memory", "so do loads and stores of general registers,"},
    {"carry", "what reads or writes XER[CA],"},
    {"cr", "what reads or writes CR, but for branches,"},
    {"float", "what has to do with floating-point registers,"},
    {"vector", "and what has to do with vector registers"},
    {"registers", "mfspr and mtspr of registers that only store are calls"},
    {"fusion", "a branch reads from CR what a compare has written there"},
    {"constants", "what the block has written to a register is not known when it is added to"},
    {"forwarding", "no load takes what a store of the same block has stored"},
    {"dead", "registers are written even if nothing can see it"},
    {"links", "jumps between blocks go through the run loop"},
    {"returns", "calls and returns of the guest are not calls and returns of the host"},
    {"flat", "the memory of a program goes through the software TLB, as a machine's does"},
    {"loops", "a loop of one block jumps to itself as it does to others"},
    {"compares", "a compare writes its CR field at once"},
});
using JitParts = std::bitset<jit_parts.size()>;  // by JitPart

inline bool has(JitParts parts, JitPart part) { return parts[static_cast<std::size_t>(part)]; }

}  // namespace quince::translator
