// Tells a GDB that is attached to this process of generated code, through GDB's JIT interface ("JIT
// Compilation Interface" in its manual): for each block a small object file in memory with one symbol.
#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "translator/code_listener.h"

namespace quince::jit {

class GdbJit final : public translator::CodeListener {
 public:
  GdbJit();
  ~GdbJit() override;  // GDB forgets it all
  GdbJit(const GdbJit&) = delete;
  GdbJit& operator=(const GdbJit&) = delete;

  void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) override;
  void removed(ppc::u32 pc, std::span<const ppc::u8> code) override;
  void add(std::string_view name, std::span<const ppc::u8> code);

 private:
  struct Object;
  std::map<const ppc::u8*, std::unique_ptr<Object>> objects_;  // by their code's address
};

}  // namespace quince::jit
