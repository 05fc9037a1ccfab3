#include "guest-ppc/vector/interp_ops.h"

#include <array>

namespace quince::ppc::vec {

ApplyFunction apply_function(Op op) {
  static constexpr auto functions = std::to_array<ApplyFunction>({
#define QUINCE_VEC_OP(id, shape, effect) &apply<Op::id>,
#include "guest-ppc/vector/ops.inc"
  });
  return functions[static_cast<unsigned>(op)];
}

}  // namespace quince::ppc::vec
