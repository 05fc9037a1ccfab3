// The translator's back end for x86-64.
#pragma once

#include <asmjit/x86.h>

#include <memory>
#include <tl/expected.hpp>

#include "jit-x86/code_cache.h"
#include "jit-x86/lowering.h"
#include "translator/backend.h"

namespace quince::jit {

inline constexpr std::size_t default_code_cache = std::size_t{64} << 20;  // bytes

class X86Backend final : public translator::Backend {
 public:
  // The reason if the host lacks an instruction set that generated code uses, or memory for the cache.
  static tl::expected<std::unique_ptr<X86Backend>, std::string> create(Cpu& cpu, std::size_t cache_bytes);

  translator::CompiledBlock compile(const Block& block) override;
  Range open_next_chunk() override;
  void patch_link(const u8* entry, const translator::LinkSite& site, const u8* code, u32 tag) override;
  void open_loop(const u8* entry, const translator::LoopJumps& loop) override;
  translator::ExitReason enter(Cpu& cpu, const u8* code) override;
  u64 cache_bytes() const override { return cache_.bytes(); }
  // Where the code of blocks compiled from now on comes from; null: nobody wants to know.
  void trace_origins(std::vector<CodeOrigin>* origins) { lowering_.origins = origins; }
  const Thunks& thunks() const { return thunks_; }
  // All of them.
  std::span<const u8> thunk_code() const { return {cache_.start(), thunk_bytes_}; }
  // For the signal handler: whether the address is in generated code.
  bool contains(u64 host) const { return host - reinterpret_cast<u64>(cache_.start()) < cache_.bytes(); }
  const u8* access_thunk() const { return thunks_.access; }

 private:
  X86Backend(Cpu& cpu, std::size_t cache_bytes);

  Cpu& cpu_;
  const bool flat_;
  CodeCache cache_;
  asmjit::CodeHolder holder_;
  CodeWriter assembler_;
  Thunks thunks_;
  std::size_t thunk_bytes_ = 0;
  Lowering lowering_;
};

}  // namespace quince::jit
