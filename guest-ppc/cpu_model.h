// What distinguishes the processors Quince knows: identity, optional instructions and the choices that the
// architecture leaves to the implementation.
#pragma once

#include <string_view>

#include "guest-ppc/fpu/fpu.h"
#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

struct CpuModel {
  std::string_view name;  // as on the command line
  u32 pvr;
  IsaSet isa;
  fpu::Quirks fpu;
  bool has_altivec() const { return isa.has(Part::altivec); }
};

inline constexpr CpuModel cpu_750{"750", 0x0008'0301, isa_750, fpu::quirks_750};
inline constexpr CpuModel cpu_7400{"7400", 0x000c'0209, isa_7400, fpu::quirks_7400};
inline constexpr const CpuModel* cpu_models[] = {&cpu_750, &cpu_7400};

// Null if there is no such processor.
constexpr const CpuModel* find_cpu_model(std::string_view name) {
  for (const CpuModel* model : cpu_models) {
    if (model->name == name) return model;
  }
  return nullptr;
}

}  // namespace quince::ppc
