// Generated code for people to read, through Capstone.
#pragma once

#include <string>
#include <vector>

#include "jit-x86/x86_backend.h"

namespace quince::jit {

struct HostInsn {
  u32 offset;  // from the block's first byte
  u32 bytes;
  std::string mnemonic;
  // As the assembler's, but the guest's state has names ("[gpr20]", "[lr]") and jumps lead to a place in the
  // block
  // ("+0x3a"), to code that all blocks share ("exit") or to another block ("block 0x10000184").
  std::string operands;
};

// Opens the file that disassemble() needs: for whoever can't let it do so later. Throws as it would.
void prepare_to_disassemble();

// As it is before anything has been linked. thunks: those that the code was made with.
std::vector<HostInsn> disassemble(const translator::CompiledBlock& code, const Thunks& thunks);

}  // namespace quince::jit
