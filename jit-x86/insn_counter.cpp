#include "jit-x86/insn_counter.h"

#include <capstone/capstone.h>

#include <stdexcept>

namespace quince::jit {

static_assert(sizeof(csh) == sizeof(std::size_t));

InsnCounter::InsnCounter(ppc::u64& sum) : sum_(sum) {
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) throw std::runtime_error("no Capstone");
}

InsnCounter::~InsnCounter() { cs_close(&handle_); }

// What is no instruction is a constant among the code: it is passed over byte by byte.
void InsnCounter::added(ppc::u32, ppc::u32, std::span<const ppc::u8> code) {
  const ppc::u8* at = code.data();
  std::size_t left = code.size();
  ppc::u64 address = 0;
  cs_insn* insn = cs_malloc(handle_);
  while (left > 0) {
    if (cs_disasm_iter(handle_, &at, &left, &address, insn)) {
      ++sum_;
    } else {
      ++at, --left;
    }
  }
  cs_free(insn, 1);
}

}  // namespace quince::jit
