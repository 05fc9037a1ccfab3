// What generated code and the run loop share: the part of Cpu::engine_area that both know, and why control
// came back.
#pragma once

#include "guest-ppc/cpu.h"
#include "translator/ir.h"

namespace quince::translator {

// One line of the table that indirect branches look their target up in.
struct DispatchLine {
  u32 pc = 1;   // of an empty line: no instruction's address
  u32 tag = 0;  // see exec_tag(); 0: the line is empty
  const u8* code = nullptr;
};
static_assert(sizeof(DispatchLine) == 16);
inline constexpr u32 dispatch_lines = 1u << 16;

// A translation belongs to the physical page that its address leads to and to a mode: the page's number with
// the mode in the bits below, never zero. Mode bits 1..10, bit 0 set as in SoftTlb's exec tags.
constexpr u32 exec_tag(u32 physical_page, u32 mode_key) { return physical_page | mode_key | 1; }

enum class ExitReason : u32 {
  lookup,      // continue at state.pc; the target is not known to be translated
  link,        // continue where the jump leads that came here, and patch it: it is the one at Area::link
  checkpoint,  // Area::countdown ran out at a checkpoint; continue at state.pc
  recheck,     // an instruction changed the machine's state; continue at state.pc
  access,      // the guest instruction at Area::fault_address has to be interpreted: its access faulted
  fault,       // a helper stored an exception in the run loop; Area::fault_address is the place
  raise,       // the instruction at state.pc raises Area::vector, Area::cause
};
inline constexpr std::size_t exit_reasons = 7;

// What the guest's FPSCR still lacks while generated code computes: see float_status.h. Which operation
// decides FPRF, FR and FI is one word, so that one store replaces it all.
struct FloatStatus {
  static constexpr u8 no_arith = 0, no_convert = 0, no_compare = 0x80;
  static constexpr u8 unordered = 0x40;
  static constexpr u32 clean_mxcsr = 0x1f80;  // no flag, no exception enabled, round to nearest

  u32 mxcsr = clean_mxcsr;  // of generated code: its sticky flags are the guest's; valid outside of it
  u8 arith = no_arith;      // 0x80 | aux of fp_arith, or round_to_single: the last arithmetic
  u8 convert = no_convert;  // 1 fctiw, 2 fctiwz: a conversion after it
  u8 compare = no_compare;  // a compare after it: 0xff less, 1 greater, 0 equal, or unordered
  u8 unused = 0;
  u64 operand[3] = {};  // a, c, b of arith
  u64 converted = 0;    // operand of convert
};

// In CpuState::engine_words.
struct HotWords {
  i32 countdown;         // instructions left in this slice; negative or zero: stop at the next checkpoint
  i32 quiet;             // while the countdown is above this, no interrupt waits for MSR[EE]
  u64 call_stack_limit;  // see Area::call_stack
};
static_assert(sizeof(HotWords) == sizeof(ppc::CpuState::engine_words));

struct Profile;

struct Area {
  u32 mode_key;    // Mode::key() of the code that runs
  u64 host_stack;  // of enter(), for leaving from any depth
  // Subroutine calls of the guest are calls of the host: for each, the guest's return address and below it
  // the host's lie on the host's stack. A return that does not find its address there is looked up. The stack
  // starts anew here when it is at its limit or generated code is left.
  u64 call_stack;
  const DispatchLine* dispatch;
  u64 link;           // return address of the call that stands for the jump, see LinkSite
  u64 fault_address;  // return address of the call that faulted or reads the clock, or 0
  u32 vector;
  u32 cause;
  u32 faulted;      // a helper has an exception to report
  u64 scratch[40];  // spilled values: lmw loads 32 before it writes the first register
  void* engine;
  FloatStatus float_status;
  u32 float_word;                        // the instruction that the exact function is called for
  u32 fprs;                              // the back end's: where the floating-point and vector registers are
  u64 backend[16];                       // the back end's constants
  u64 cr_fields[16];                     // CrField of each four bits
  alignas(16) u8 on_its_way[16];         // what a slow load has read, or a vector store is to write
  alignas(16) u8 backend_vectors[1536];  // the back end's constants for vectors
  Profile* profile;                      // null: nobody asked for one
  u32 lent[10];                          // of guest registers that are not where they belong: see Loan
};

inline HotWords& hot_words_of(ppc::Cpu& cpu) {
  return *reinterpret_cast<HotWords*>(cpu.state.engine_words.data());
}
inline Area& area_of(ppc::Cpu& cpu) {
  static_assert(sizeof(Area) <= sizeof(ppc::Cpu::engine_area));
  return *reinterpret_cast<Area*>(cpu.engine_area.data());
}

}  // namespace quince::translator
