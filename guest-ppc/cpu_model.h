// What distinguishes the processors Quince knows: identity, optional instructions and the choices that the
// architecture leaves to the implementation.
#pragma once

#include <string_view>

#include "guest-ppc/types.h"

namespace quince::ppc {

struct CpuModel {
  std::string_view name;  // as on the command line
  u32 pvr;
  bool has_altivec;
  bool has_dcba;
  // Single-precision multiplies round frC to 25 significant bits first (measured on the 750 family).
  bool rounds_frc_to_25_bits;
  // stwcx. compares the address with that of the lwarx. The 750 and 7400 only look whether a reservation is held.
  bool stwcx_checks_address;
};

inline constexpr CpuModel cpu_750{"750", 0x0008'0301, false, false, true, false};
inline constexpr CpuModel cpu_7400{"7400", 0x000c'0209, true, true, false, false};
inline constexpr const CpuModel* cpu_models[] = {&cpu_750, &cpu_7400};

// Null if there is no such processor.
constexpr const CpuModel* find_cpu_model(std::string_view name) {
  for (const CpuModel* model : cpu_models) {
    if (model->name == name) return model;
  }
  return nullptr;
}

}  // namespace quince::ppc
