// From guest code to the intermediate representation.
#pragma once

#include "guest-ppc/address_space.h"
#include "guest-ppc/debug_points.h"
#include "translator/ir.h"

namespace quince::translator {

inline constexpr u32 max_block_insns = 64;
// A path that has come so far ends: back ends rely on it that no block's code is huge, and an lmw alone is
// 130 nodes.
inline constexpr std::size_t enough_nodes = 1024;

// Fills `block` (pc, physical and mode are set) with the instructions from its start: along the fall-through
// path of conditional branches, up to an unconditional branch, an instruction that changes the machine state,
// the end of the page, a breakpoint, or max_block_insns. `page` is the host memory of the block's physical
// page.
void lift(Block& block, const ppc::CpuModel& model, const u8* page, const ppc::DebugPoints& debug = {});

}  // namespace quince::translator
