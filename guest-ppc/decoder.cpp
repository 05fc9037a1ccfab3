#include "guest-ppc/decoder.h"

namespace quince::ppc::decoder_detail {

namespace {

constexpr auto make_ops() {
  std::array<Op, primaries.entries> result{};
  for (const InsnInfo& insn : instruction_table) {
    if (insn.op == Op::illegal) continue;
    const Primary primary = primaries.row[insn.match >> 26];
    const u32 fixed = insn.match & primary.low_mask;
    const u32 free = primary.low_mask & ~insn.mask;
    // Every subset of the free bits, from none to all.
    u32 subset = 0;
    do {
      Op& entry = result[primary.base + fixed + subset];
      if (entry != Op::illegal) throw "two rows of instructions.inc claim the same word";
      entry = insn.op;
      subset = (subset - free) & free;
    } while (subset != 0);
  }
  return result;
}

constexpr auto make_parts() {
  std::array<Part, op_count> result{};
  for (const InsnInfo& insn : instruction_table) result[static_cast<std::size_t>(insn.op)] = insn.part;
  return result;
}

}  // namespace

constinit const std::array<Op, primaries.entries> ops = make_ops();
constinit const std::array<Part, op_count> parts = make_parts();

}  // namespace quince::ppc::decoder_detail
