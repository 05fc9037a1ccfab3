// All that a user-mode program can see of a processor and of the scratch memory, before or after a case.
#pragma once

#include <array>
#include <span>
#include <string>

#include "guest-ppc/types.h"
#include "guest-ppc/vector_value.h"
#include "tests/differential/layout.h"

namespace quince::differential {

using ppc::i32;
using ppc::u16;
using ppc::u32;
using ppc::u64;
using ppc::u8;
using ppc::V128;

struct State {
  std::array<u32, 32> gpr{};
  std::array<u64, 32> fpr{};
  std::array<V128, 32> vr{};
  u32 cr = 0, xer = 0, ctr = 0, lr = 0, fpscr = 0, vscr = 0, vrsave = 0;
  std::array<u8, LAYOUT_SCRATCH_BYTES> memory{};  // from LAYOUT_SCRATCH on

  friend bool operator==(const State&, const State&) = default;
};

// What a comparison leaves out.
struct Ignored {
  u32 fpscr = 0;     // bits
  u32 fpr_high = 0;  // bit n: the high word of register n
};

bool differs(const State& ours, const State& theirs, Ignored ignored);
// One line for each register or word of memory that differs.
std::string difference(const State& ours, const State& theirs, Ignored ignored);

// One line for each register or word of memory that is not 0.
std::string listing(const State& state);

// As in a slot. The span is the slot's.
void put_state(std::span<u8> slot, const State& state);
State get_state(std::span<const u8> slot);
void put_word(std::span<u8> bytes, u32 word);

}  // namespace quince::differential
