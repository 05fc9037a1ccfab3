#include "guest-ppc/semantics/helpers.h"

#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/spr_table.h"

namespace quince::ppc::helper {

namespace {

u32 indexed_address(const Cpu& cpu, Insn i) {
  return (i.ra() == 0 ? 0 : cpu.state.gpr[i.ra()]) + cpu.state.gpr[i.rb()];
}

// --- Strings (PEM 4.2.3.7): bytes go to registers from rD on, wrapping from r31 to r0, left-aligned. ---

// All bytes are read first: a fault leaves the registers untouched, so the instruction can be restarted even
// when it loads its own address registers.
void load_string(Cpu& cpu, unsigned first, u32 ea, u32 bytes) {
  std::array<u32, 32> words{};
  for (u32 n = 0; n < bytes; ++n) words[n / 4] |= u32{cpu.load<u8>(ea + n)} << (24 - 8 * (n % 4));
  for (u32 n = 0; n < (bytes + 3) / 4; ++n) cpu.state.gpr[(first + n) % 32] = words[n];
}

void store_string(Cpu& cpu, unsigned first, u32 ea, u32 bytes) {
  for (u32 n = 0; n < bytes; ++n) {
    const u32 word = cpu.state.gpr[(first + n / 4) % 32];
    cpu.store<u8>(ea + n, static_cast<u8>(word >> (24 - 8 * (n % 4))));
  }
}

u32 immediate_count(Insn i) { return i.nb() == 0 ? 32 : i.nb(); }
u32 xer_count(const Cpu& cpu) { return cpu.state.xer_rest & 0x7f; }
u32 base_address(const Cpu& cpu, Insn i) { return i.ra() == 0 ? 0 : cpu.state.gpr[i.ra()]; }

}  // namespace

void lswi(Cpu& cpu, Insn i) { load_string(cpu, i.rd(), base_address(cpu, i), immediate_count(i)); }
void lswx(Cpu& cpu, Insn i) { load_string(cpu, i.rd(), indexed_address(cpu, i), xer_count(cpu)); }
void stswi(Cpu& cpu, Insn i) { store_string(cpu, i.rs(), base_address(cpu, i), immediate_count(i)); }
void stswx(Cpu& cpu, Insn i) { store_string(cpu, i.rs(), indexed_address(cpu, i), xer_count(cpu)); }

// --- Caches (PEM 4.3.3): dcbst and dcbf are treated as loads, dcbi as a store (MPC750UM 2.3.6.3). ---

// dcba only allocates: where dcbz would raise an exception it does nothing (MPC7400UM 2.3.5.3). The block's
// contents are undefined after it; Quince leaves them as they were.
void dcba(Cpu&, Insn) {}

// --- External control: DSI unless EAR[E] is set (PEM 4.3.4); no board of ours has a device behind it. ---

namespace {

constexpr unsigned spr_ear = 282;

u32 external_control_address(Cpu& cpu, Insn i, u32 store_bit) {
  const u32 ea = indexed_address(cpu, i);
  if (!(cpu.state.spr[spr_ear] & bit32(0))) {
    throw GuestException{Vector::dsi, 0, ea, dsi_cause::external_access | store_bit};
  }
  cpu.require_alignment(ea, AlignedOperand::reservation);
  return ea;
}

}  // namespace

void eciwx(Cpu& cpu, Insn i) { cpu.state.gpr[i.rd()] = cpu.load<u32>(external_control_address(cpu, i, 0)); }
void ecowx(Cpu& cpu, Insn i) {
  cpu.store<u32>(external_control_address(cpu, i, dsi_cause::store), cpu.state.gpr[i.rs()]);
}

// --- Special registers ---

namespace {

// Whether the access happens at all.
bool check_spr_access(Cpu& cpu, unsigned spr, bool write) {
  switch (check_spr(cpu.model, spr, write, (cpu.state.msr & msr::pr) != 0)) {
    case SprAccess::allowed: return true;
    case SprAccess::ignored: return false;
    case SprAccess::privileged: throw GuestException{Vector::program, program_cause::privileged};
    case SprAccess::illegal: throw GuestException{Vector::program, program_cause::illegal};
  }
  return false;
}

}  // namespace

void mfspr(Cpu& cpu, Insn i) {
  if (check_spr_access(cpu, i.spr(), false)) cpu.state.gpr[i.rd()] = cpu.read_spr(i.spr());
}
void mtspr(Cpu& cpu, Insn i) {
  if (check_spr_access(cpu, i.spr(), true)) cpu.write_spr(i.spr(), cpu.state.gpr[i.rs()]);
}
// mftb names the time base by its own numbers, 268 and 269; any other is an illegal form (PEM 4.3.1).
void mftb(Cpu& cpu, Insn i) {
  const u64 time = cpu.timebase();
  switch (i.spr()) {
    case 268: cpu.state.gpr[i.rd()] = static_cast<u32>(time); return;
    case 269: cpu.state.gpr[i.rd()] = static_cast<u32>(time >> 32); return;
    default: throw GuestException{Vector::program, program_cause::illegal};
  }
}

// --- Operating environment ---

void mfsrin(Cpu& cpu, Insn i) { cpu.state.gpr[i.rd()] = cpu.state.sr[cpu.state.gpr[i.rb()] >> 28]; }
void mtsr(Cpu& cpu, Insn i) { cpu.write_segment(i.sr(), cpu.state.gpr[i.rs()]); }
void mtsrin(Cpu& cpu, Insn i) { cpu.write_segment(cpu.state.gpr[i.rb()] >> 28, cpu.state.gpr[i.rs()]); }
void tlbie(Cpu& cpu, Insn i) { cpu.tlb_invalidate_entry(cpu.state.gpr[i.rb()]); }
void tlbia(Cpu& cpu, Insn) { cpu.tlb_invalidate_all(); }

// --- FPSCR ---

void mtfsf(Cpu& cpu, Insn i) {
  cpu.state.fpscr = fpu::mtfsf(cpu.state.fpscr, i.fm(), static_cast<u32>(cpu.state.fpr[i.rb()]));
}
void mtfsfi(Cpu& cpu, Insn i) { cpu.state.fpscr = fpu::mtfsfi(cpu.state.fpscr, i.crfd(), i.mtfsfi_imm()); }
void mtfsb0(Cpu& cpu, Insn i) { cpu.state.fpscr = fpu::mtfsb0(cpu.state.fpscr, i.crbd()); }
void mtfsb1(Cpu& cpu, Insn i) { cpu.state.fpscr = fpu::mtfsb1(cpu.state.fpscr, i.crbd()); }
void mcrfs(Cpu& cpu, Insn i) {
  const auto moved = fpu::mcrfs(cpu.state.fpscr, i.crfs());
  cpu.state.cr[i.crfd()] = CrField::from_nibble(moved.nibble);
  cpu.state.fpscr = moved.fpscr;
}

}  // namespace quince::ppc::helper
