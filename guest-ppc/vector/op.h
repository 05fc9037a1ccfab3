// The names and properties of the computational AltiVec instructions, from ops.inc.
#pragma once

#include <array>
#include <string_view>

#include "guest-ppc/types.h"

namespace quince::ppc::vec {

enum class Op : u8 {
#define QUINCE_VEC_OP(id, shape, effect) id,
#include "guest-ppc/vector/ops.inc"
};

enum class Shape : u8 { VA_VB, VA_VB_VC, VB, VB_UIMM, VA_VB_SH, SIMM };
enum class Effect : u8 { PLAIN, SAT, NJ, CMP, CMP_NJ, BOUNDS_NJ };

struct OpInfo {
  std::string_view name;
  Shape shape;
  Effect effect;

  constexpr bool sets_sat() const { return effect == Effect::SAT; }
  constexpr bool reads_nj() const {
    return effect == Effect::NJ || effect == Effect::CMP_NJ || effect == Effect::BOUNDS_NJ;
  }
  constexpr bool is_compare() const {
    return effect == Effect::CMP || effect == Effect::CMP_NJ || effect == Effect::BOUNDS_NJ;
  }
  constexpr bool is_bounds() const { return effect == Effect::BOUNDS_NJ; }
};

inline constexpr auto op_table = std::to_array<OpInfo>({
#define QUINCE_VEC_OP(id, shape, effect) {#id, Shape::shape, Effect::effect},
#include "guest-ppc/vector/ops.inc"
});
inline constexpr unsigned op_count = op_table.size();

constexpr const OpInfo& info(Op op) { return op_table[static_cast<unsigned>(op)]; }

}  // namespace quince::ppc::vec
