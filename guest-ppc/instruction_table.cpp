#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

const char* name(Part part) {
  static constexpr std::array<const char*, static_cast<std::size_t>(Part::count)> names{
      "none", "uisa",           "vea",           "oea", "fp", "graphics", "external_control", "altivec",
      "dcba", "optional_fsqrt", "optional_tlbia"};
  return names[static_cast<std::size_t>(part)];
}

}  // namespace quince::ppc
