// What one instruction word reads and writes: the roles of the instruction table applied to the word's
// fields.
#pragma once

#include "guest-ppc/insn.h"
#include "guest-ppc/instruction_table.h"

namespace quince::ppc {

// State other than general, floating-point, vector and condition registers.
namespace state {
inline constexpr u32 ca = 1u << 0;  // XER[CA], [OV], [SO] and the byte count
inline constexpr u32 ov = 1u << 1;
inline constexpr u32 so = 1u << 2;
inline constexpr u32 xer_count = 1u << 3;
inline constexpr u32 xer = ca | ov | so | xer_count;
inline constexpr u32 lr = 1u << 4;
inline constexpr u32 ctr = 1u << 5;
inline constexpr u32 fpscr = 1u << 6;
inline constexpr u32 vscr = 1u << 7;
inline constexpr u32 vrsave = 1u << 8;
inline constexpr u32 memory = 1u << 9;
inline constexpr u32 reservation = 1u << 10;
inline constexpr u32 msr = 1u << 11;
inline constexpr u32 srr = 1u << 12;      // SRR0, SRR1
inline constexpr u32 segment = 1u << 13;  // the segment registers
inline constexpr u32 tlb = 1u << 14;
inline constexpr u32 clock = 1u << 15;  // the time base, the decrementer, the performance counters
inline constexpr u32 spr = 1u << 16;    // any other special register
}  // namespace state

struct StateSet {
  u32 gpr = 0, fpr = 0, vr = 0;  // bit n is register n
  u32 cr = 0;                    // bit by bit, as in CR: the most significant is CR0[LT]
  u32 other = 0;                 // of namespace state

  friend bool operator==(const StateSet&, const StateSet&) = default;
};

// Of an instruction that completes; exceptions save and change state as well. Not counted as reads: MSR as
// far as it decides about privilege, availability and translation, and the stores and lookups of translation
// itself.
struct Effects {
  StateSet reads;   // may decide about something written, or about the next instruction's address
  StateSet writes;  // may differ afterwards
  StateSet kills;   // part of writes: what was there before is lost, whatever the operands' values
  u32 flags = 0;    // of namespace flag; those that by_spr leaves open are decided
};

// What stays live before an instruction is (live after it, without kills) and reads.
Effects effects(u32 word);

}  // namespace quince::ppc
