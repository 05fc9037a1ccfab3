// AltiVec instructions, interpreted.
#include "guest-ppc/interpreter_handlers.h"

namespace quince::ppc {

namespace {
constexpr bool is_vector(Part part) { return part == Part::altivec; }
}  // namespace

constinit const HandlerTable vector_handlers = handler_detail::make_handlers<is_vector>();

}  // namespace quince::ppc
