// Who is told of generated code as it comes and goes: for tools that look at this process from outside, and
// for the log.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::translator {

// Called on the processor's thread while no generated code runs.
class CodeListener {
 public:
  virtual ~CodeListener() = default;
  // Code for the guest's block at this effective address, before its jumps are linked. insns: of the guest.
  virtual void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) = 0;
  // The block's code will not run again, and other code may come to its place.
  virtual void removed(ppc::u32 /*pc*/, std::span<const ppc::u8> /*code*/) {}
  // A jump of the block at `from` leads to the one at `to` directly now.
  virtual void linked(ppc::u32 /*from*/, ppc::u32 /*to*/) {}
};

// Tells several.
class CodeListeners final : public CodeListener {
 public:
  void add(std::unique_ptr<CodeListener> listener) { listeners_.push_back(std::move(listener)); }
  bool empty() const { return listeners_.empty(); }
  void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) override {
    for (const auto& listener : listeners_) listener->added(pc, insns, code);
  }
  void removed(ppc::u32 pc, std::span<const ppc::u8> code) override {
    for (const auto& listener : listeners_) listener->removed(pc, code);
  }
  void linked(ppc::u32 from, ppc::u32 to) override {
    for (const auto& listener : listeners_) listener->linked(from, to);
  }

 private:
  std::vector<std::unique_ptr<CodeListener>> listeners_;
};

}  // namespace quince::translator
