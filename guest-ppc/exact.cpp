#include "guest-ppc/exact.h"

#include "guest-ppc/interpreter_emitter.h"
#include "guest-ppc/semantics/all.h"

namespace quince::ppc {

namespace {

// Instructions that need an address of their own are branches, which have no function here.
template <class Apply>
constexpr ExactFunction function_unless_branch(u32 flags, Apply) {
  if (flags & flag::branch) return nullptr;
  return [](Cpu& cpu, Insn i) {
    InterpreterEmitter e(cpu, 0);
    Apply{}(e, i);
  };
}

constexpr ExactFunction functions[] = {
    nullptr,
#define INSN(id, mnemonic, mask, match, operands, part, flags_, reads, writes) \
  function_unless_branch(info(Op::id).flags, [](InterpreterEmitter& e, Insn i) { sem::id(e, i); }),
#include "guest-ppc/instructions.inc"
#undef INSN
};

}  // namespace

ExactFunction exact_function(Op op) { return functions[static_cast<std::size_t>(op)]; }

}  // namespace quince::ppc
