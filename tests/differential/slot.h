// Cases as the guest program wants them, see layout.h.
#pragma once

#include "tests/differential/program.h"

namespace quince::differential {

// A slot's code begins by loading CTR and the general registers and ends by storing them.
inline constexpr std::size_t words_before_program = 35;

void put_case(std::span<u8> slot, const Case& c, const std::vector<u32>& words);

}  // namespace quince::differential
