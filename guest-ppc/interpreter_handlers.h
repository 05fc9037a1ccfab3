// From rows of the instruction table to the interpreter's handlers. They are compiled in several translation
// units, one for each part of the architecture, because 350 instructions in one would build slowly.
#pragma once

#include <array>
#include <span>

#include "guest-ppc/interpreter.h"
#include "guest-ppc/interpreter_emitter.h"
#include "guest-ppc/semantics/all.h"

namespace quince::ppc {

using HandlerTable = std::array<Decoded::Handler, op_count>;  // null where another table has the instruction
extern const HandlerTable integer_handlers, float_handlers, vector_handlers;

// A handler for those words of an instruction in which some fields have a certain value, known to the
// compiler.
struct SpecialHandler {
  Op op;
  u32 mask, value;
  Decoded::Handler run;
};
extern const std::span<const SpecialHandler>
    special_handlers;  // sorted by op; of several that match the first counts

namespace handler_detail {

// An instruction word of which the bits in `mask` are known when compiling.
template <u32 mask, u32 value>
struct KnownWord {
  u32 word = 0;
  constexpr KnownWord() = default;
  constexpr explicit KnownWord(u32 w) : word(w) {}
  constexpr explicit operator u32() const { return (word & ~mask) | value; }
};

// Exceptions that depend on the machine state only.
template <u32 flags>
inline void check_availability(const CpuState& state) {
  if constexpr ((flags & flag::priv) != 0) {
    if (state.msr & msr::pr) [[unlikely]]
      throw GuestException{Vector::program, program_cause::privileged};
  }
  if constexpr ((flags & flag::fp) != 0) {
    if (!(state.msr & msr::fp)) [[unlikely]]
      throw GuestException{Vector::fp_unavailable};
  }
  if constexpr ((flags & flag::vec) != 0) {
    if (!(state.msr & msr::vec)) [[unlikely]]
      throw GuestException{Vector::vector_unavailable};
  }
}

template <class Semantics, class Word>
void execute(Interpreter& interpreter, const Decoded* at) {
  constexpr u32 flags = info(Semantics::op).flags;
  constexpr u32 may_throw =
      flag::priv | flag::fp | flag::vec | flag::may_fault | flag::reads_clock | flag::by_spr;
  if constexpr ((flags & may_throw) != 0) interpreter.position = at;
  check_availability<flags>(interpreter.cpu.state);
  InterpreterEmitter emitter(interpreter.cpu, at->pc);
  Semantics::apply(emitter, BasicInsn<Word>{at->word});
  if constexpr ((flags & flag::branch) == 0) return at[1].run(interpreter, at + 1);
}

// The semantics of each row as a type.
#define INSN(id, mnemonic, mask, match, operands, part_, flags, reads, writes) \
  struct id##_row {                                                            \
    static constexpr Op op = Op::id;                                           \
    template <class E, class I>                                                \
    static void apply(E& e, I i) {                                             \
      sem::id(e, i);                                                           \
    }                                                                          \
  };
#include "guest-ppc/instructions.inc"
#undef INSN

template <bool wanted, class Row>
constexpr Decoded::Handler handler_if() {
  if constexpr (wanted) {
    return &execute<Row, u32>;
  } else {
    return nullptr;
  }
}

// Handlers of the rows whose part `is_ours` accepts; only those are compiled.
template <bool (*is_ours)(Part)>
constexpr HandlerTable make_handlers() {
  return HandlerTable{
      nullptr,
#define INSN(id, mnemonic, mask, match, operands, part, flags, reads, writes) \
  handler_if<is_ours(Part::part), id##_row>(),
#include "guest-ppc/instructions.inc"
#undef INSN
  };
}

}  // namespace handler_detail
}  // namespace quince::ppc
