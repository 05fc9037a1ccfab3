// Counts the host instructions of translations, through Capstone: slow.
#pragma once

#include <cstddef>

#include "translator/code_listener.h"

namespace quince::jit {

class InsnCounter final : public translator::CodeListener {
 public:
  // Adds to `sum`, which outlives it. Throws std::runtime_error if there is no Capstone.
  explicit InsnCounter(ppc::u64& sum);
  ~InsnCounter() override;
  InsnCounter(const InsnCounter&) = delete;
  InsnCounter& operator=(const InsnCounter&) = delete;

  void added(ppc::u32 pc, ppc::u32 insns, std::span<const ppc::u8> code) override;

 private:
  ppc::u64& sum_;
  std::size_t handle_ = 0;  // Capstone's csh
};

}  // namespace quince::jit
