// The shorter names that assemblers know for common uses of an instruction (PEM appendix F), as GNU objdump
// chooses among them.
#pragma once

#include <optional>
#include <string>

#include "guest-ppc/operand_text.h"

namespace quince::ppc {

struct AssemblyText {
  std::string mnemonic, operands;
};

// Nothing if only the standard mnemonic applies.
std::optional<AssemblyText> simplified_mnemonic(const Line& line);

}  // namespace quince::ppc
