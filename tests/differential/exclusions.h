// Where qemu-ppc 7.2 in user mode is no reference for a 750 or a 7400: one row each, with the reason. A row
// names the circumstances as exactly as can be; everything else is compared.
#pragma once

#include <optional>
#include <span>

#include "guest-ppc/cpu.h"
#include "guest-ppc/instruction_table.h"
#include "tests/differential/state.h"

namespace quince::differential {

// The reservation of lwarx as QEMU keeps it.
struct Reservation {
  u32 address = 0, value = 0;
};

// An instruction, just executed by our interpreter.
struct Step {
  u32 word;
  ppc::Op op;
  const ppc::CpuState& before;
  const ppc::CpuState& after;
  std::optional<ppc::GuestException> exception;
  std::optional<Reservation> reservation;  // before the instruction
  u32 word_at_address;                     // what memory held there before lwarx or stwcx.
  const ppc::CpuModel& model;
  // What the FPSCR would be after the instruction if it had been this before.
  u32 (*fpscr_after)(void* stepper, const Step& step, u32 fpscr_before);
  u64 (*result_after)(void* stepper, const Step& step, u32 fpscr_before);  // the same for frD
  void* stepper;
};

struct Exclusion {
  const char* name;
  const char* reason;
  // One of these. The instruction is not executed in this place;
  bool (*skips)(const Step&) = nullptr;
  // or it leaves these bits of the FPSCR differing,
  u32 (*fpscr)(const Step&) = nullptr;
  // or the high word of frD.
  bool (*fpr_high)(const Step&) = nullptr;
};

std::span<const Exclusion> exclusions();

// The address of an indexed form.
u32 indexed_address(const ppc::CpuState& registers, u32 word);

// What may be different from QEMU's after a step, given what could be before it.
Ignored ignored_after(const Step& step, Ignored before, Ignored fresh);

// Whether the instruction would carry such a difference on to what is compared.
bool reads_ignored(const Step& step, Ignored before, Ignored after);

}  // namespace quince::differential
