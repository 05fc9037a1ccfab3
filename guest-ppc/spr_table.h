// The special-purpose registers: numbers, names, privilege and behaviour (PEM 2.3 and 8.2 "mfspr", "mtspr";
// MPC750UM 2.1 and table 2-44; MPC7400UM 2.1 and tables 2-45, 2-46). Rows are in spr_table.inc.
#pragma once

#include <span>
#include <string_view>

#include "guest-ppc/cpu_model.h"

namespace quince::ppc {

// Who may do it. none: the register cannot be read (or written) under this number at all.
enum class SprLevel : u8 { none, user, supervisor };

enum class SprModels : u8 { g3 = 1, g4 = 2, both = 3 };

// Where the register lives and what else an access does.
enum class SprKind : u8 {
  storage,          // CpuState::spr; bits that are not writable keep their value after reset
  alias_16_higher,  // reads as the register whose number is 16 higher
  xer,
  lr,
  ctr,
  vrsave,
  dsisr,
  dar,
  srr0,
  srr1,
  sdr1,
  pvr,
  decrementer,
  timebase_lower,
  timebase_upper,
  bat_upper,
  bat_lower,
  cache_control,  // HID0
};

struct SprRow {
  u16 number;  // as in assembly language: the halves of the instruction's field exchanged
  std::string_view name;
  SprModels models;
  SprLevel read, write;
  SprKind kind;
  u32 writable;  // mask of the bits that mtspr changes
  u32 reset;
};

namespace spr {
inline constexpr unsigned xer = 1, lr = 8, ctr = 9, dsisr = 18, dar = 19, dec = 22, sdr1 = 25, srr0 = 26,
                          srr1 = 27, vrsave = 256, tbl = 268, tbu = 269, sprg0 = 272, ear = 282,
                          tbl_write = 284, tbu_write = 285, pvr = 287, ibat0u = 528, dbat0u = 536,
                          hid0 = 1008, hid1 = 1009, dabr = 1013, msscr0 = 1014, l2cr = 1017, ictc = 1019,
                          thrm1 = 1020;
}

namespace hid0 {
inline constexpr u32 doze = bit32(8), nap = bit32(9), sleep = bit32(10), instruction_cache = bit32(16),
                     data_cache = bit32(17), invalidate_instruction_cache = bit32(20),
                     invalidate_data_cache = bit32(21);
}

std::span<const SprRow> spr_rows();

// Null if the model has no register of this number (0..1023).
const SprRow* find_spr(const CpuModel& model, unsigned number);

// Where in CpuState the register is, in bytes from the beginning, if mfspr does nothing but load that word
// (mtspr, if `write`: nothing but store the writable bits there); else no_word.
inline constexpr u32 no_word = ~0u;
u32 word_of_state(const SprRow& row, bool write);

enum class SprAccess : u8 {
  allowed,
  ignored,     // the instruction does nothing; mfspr leaves rD unchanged
  privileged,  // program exception, privileged instruction
  illegal,     // program exception, illegal instruction
};

// What mfspr (mtspr, if `write`) of a register does in user or supervisor mode.
//
// User mode: a number whose bit 0x10 is set belongs to the supervisor, whether it exists or not, and using it
// is a privilege violation; any other number that cannot be accessed is illegal (PEM 8.2). Supervisor mode:
// mtspr of the read-only PVR and HID1 does nothing, as the manuals say. Unknown numbers the architecture
// leaves open; the 750 takes an illegal instruction exception (MPC750UM 2.1.1). Here they do nothing but for
// those that POWER and the 601 had (MQ, RTCU, RTCL, DEC), which software expects to trap so that it can
// emulate them: firmware and drivers touch the registers of sister processors, and a machine whose processor
// is not the one they were written for runs only if that is harmless.
SprAccess check_spr(const CpuModel& model, unsigned number, bool write, bool user_mode);

}  // namespace quince::ppc
