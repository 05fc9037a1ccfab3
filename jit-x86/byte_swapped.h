// Big-endian loads and stores of 1 << size_log2 bytes.
#pragma once

#include "jit-x86/host.h"

namespace quince::jit {

// The rest of the register becomes zero. `from` has no size.
template <class Assembler>
void byte_swapped_load(Assembler& a, x86::Gp to, const x86::Mem& from, unsigned size_log2) {
  switch (size_log2) {
    case 0: {
      x86::Mem memory = from;
      memory.setSize(1);
      a.movzx(to, memory);
      break;
    }
    case 1:
      a.movbe(to.r16(), from);
      a.movzx(to, to.r16());
      break;
    default: a.movbe(to, from);
  }
}

template <class Assembler>
void byte_swapped_store(Assembler& a, const x86::Mem& to, x86::Gp from, unsigned size_log2) {
  switch (size_log2) {
    case 0: a.mov(to, from.r8()); break;
    case 1: a.movbe(to, from.r16()); break;
    default: a.movbe(to, from);
  }
}

}  // namespace quince::jit
