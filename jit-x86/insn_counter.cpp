#include "jit-x86/insn_counter.h"

#include <stdexcept>

#include "jit-x86/capstone_library.h"

namespace quince::jit {

static_assert(sizeof(csh) == sizeof(std::size_t));

InsnCounter::InsnCounter(ppc::u64& sum) : sum_(sum) {
  if (capstone_library().open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK)
    throw std::runtime_error("no Capstone");
}

InsnCounter::~InsnCounter() { capstone_library().close(&handle_); }

// What is no instruction is a constant among the code: it is passed over byte by byte.
void InsnCounter::added(ppc::u32, ppc::u32, std::span<const ppc::u8> code) {
  const ppc::u8* at = code.data();
  std::size_t left = code.size();
  ppc::u64 address = 0;
  cs_insn* insn = capstone_library().malloc(handle_);
  while (left > 0) {
    if (capstone_library().disasm_iter(handle_, &at, &left, &address, insn)) {
      ++sum_;
    } else {
      ++at, --left;
    }
  }
  capstone_library().free(insn, 1);
}

}  // namespace quince::jit
