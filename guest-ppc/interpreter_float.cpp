// Floating-point instructions, interpreted.
#include "guest-ppc/interpreter_handlers.h"

namespace quince::ppc {

namespace {
constexpr bool is_float(Part part) {
  return part == Part::fp || part == Part::graphics || part == Part::optional_fsqrt;
}
}  // namespace

constinit const HandlerTable float_handlers = handler_detail::make_handlers<is_float>();

}  // namespace quince::ppc
