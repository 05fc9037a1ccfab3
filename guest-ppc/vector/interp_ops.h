// The computational AltiVec instructions by their Op: what an interpreter calls and a translator falls back
// on.
#pragma once

#include "guest-ppc/vector/float.h"
#include "guest-ppc/vector/integer.h"
#include "guest-ppc/vector/memory.h"
#include "guest-ppc/vector/op.h"
#include "guest-ppc/vector/permute.h"

namespace quince::ppc::vec {

// a, b, c: the contents of vA, vB, vC; imm: the immediate that the shape names, SIMM sign-extended. What the
// shape does not name is not looked at. vscr: SAT may become one.
template <Op op>
V128 apply(const V128& a, const V128& b, const V128& c, u32 imm, Vscr& vscr);

#define QUINCE_VEC_ARGS_VA_VB a, b
#define QUINCE_VEC_ARGS_VA_VB_VC a, b, c
#define QUINCE_VEC_ARGS_VB b
#define QUINCE_VEC_ARGS_VB_UIMM b, imm
#define QUINCE_VEC_ARGS_VA_VB_SH a, b, imm
#define QUINCE_VEC_ARGS_SIMM imm
#define QUINCE_VEC_STATUS_PLAIN
#define QUINCE_VEC_STATUS_CMP
#define QUINCE_VEC_STATUS_SAT , vscr
#define QUINCE_VEC_STATUS_NJ , vscr
#define QUINCE_VEC_STATUS_CMP_NJ , vscr
#define QUINCE_VEC_STATUS_BOUNDS_NJ , vscr
#define QUINCE_VEC_OP(id, shape, effect)                                                    \
  template <>                                                                               \
  inline V128 apply<Op::id>([[maybe_unused]] const V128& a, [[maybe_unused]] const V128& b, \
                            [[maybe_unused]] const V128& c, [[maybe_unused]] u32 imm,       \
                            [[maybe_unused]] Vscr& vscr) {                                  \
    return id(QUINCE_VEC_ARGS_##shape QUINCE_VEC_STATUS_##effect);                          \
  }
#include "guest-ppc/vector/ops.inc"
#undef QUINCE_VEC_ARGS_VA_VB
#undef QUINCE_VEC_ARGS_VA_VB_VC
#undef QUINCE_VEC_ARGS_VB
#undef QUINCE_VEC_ARGS_VB_UIMM
#undef QUINCE_VEC_ARGS_VA_VB_SH
#undef QUINCE_VEC_ARGS_SIMM
#undef QUINCE_VEC_STATUS_PLAIN
#undef QUINCE_VEC_STATUS_CMP
#undef QUINCE_VEC_STATUS_SAT
#undef QUINCE_VEC_STATUS_NJ
#undef QUINCE_VEC_STATUS_CMP_NJ
#undef QUINCE_VEC_STATUS_BOUNDS_NJ

// As an ordinary function, chosen when the program runs.
using ApplyFunction = V128 (*)(const V128& a, const V128& b, const V128& c, u32 imm, Vscr& vscr);
ApplyFunction apply_function(Op op);

}  // namespace quince::ppc::vec
