// Who is told of generated code as it comes and goes: for tools that look at this process from outside.
#pragma once

#include <span>

#include "guest-ppc/types.h"

namespace quince::translator {

class CodeListener {
 public:
  virtual ~CodeListener() = default;
  // Code for the guest's block at this effective address.
  virtual void added(ppc::u32 pc, std::span<const ppc::u8> code) = 0;
};

}  // namespace quince::translator
