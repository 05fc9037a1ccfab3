// The operating environment's registers: reset, special-purpose registers, segments, TLB instructions.
#include <cassert>

#include "guest-ppc/cpu.h"
#include "guest-ppc/spr_table.h"

namespace quince::ppc {

namespace {

u32& word(CpuState& state, u32 offset) {
  return *reinterpret_cast<u32*>(reinterpret_cast<char*>(&state) + offset);
}

CpuState::Bat& bat_of(CpuState& state, unsigned number) {
  return number < spr::dbat0u ? state.ibat[(number - spr::ibat0u) / 2]
                              : state.dbat[(number - spr::dbat0u) / 2];
}

constexpr u64 low_half = 0xffff'ffff;

}  // namespace

// MPC750UM table 4-8 (hard reset); what the manual leaves unknown is zero here.
void Cpu::reset() {
  state = {};
  state.pc = 0xfff0'0100;
  state.msr = msr::ip;
  if (model.has_altivec()) state.vscr = 0x0001'0000;  // NJ
  for (const SprRow& row : spr_rows()) {
    if (find_spr(model, row.number) == &row && row.kind == SprKind::storage)
      state.spr[row.number] = row.reset;
  }
  checkstop = false;
  set_timebase(0);
  decrementer_set_ = clock_.ticks(instructions());
  decrementer_base_ = find_spr(model, spr::dec)->reset;
  decrementer_pending_ = false;
  translation_.forget();
  tlb.address_space_registers_changed();
  tlb.invalidate_all();
}

u32 Cpu::read_spr(unsigned number) {
  const SprRow* row = find_spr(model, number);
  assert(row && "check_spr() first");
  if (const u32 at = word_of_state(*row, false); at != no_word) return word(state, at);
  switch (row->kind) {
    case SprKind::xer: return state.xer();
    case SprKind::lr: return state.lr;
    case SprKind::ctr: return state.ctr;
    case SprKind::pvr: return model.pvr;
    case SprKind::decrementer: return decrementer();
    case SprKind::timebase_lower: return static_cast<u32>(timebase());
    case SprKind::timebase_upper: return static_cast<u32>(timebase() >> 32);
    default: __builtin_unreachable();
  }
}

void Cpu::write_spr(unsigned number, u32 value) {
  const SprRow* row = find_spr(model, number);
  assert(row && "check_spr() first");
  const u32 mask = row->writable;
  if (const u32 at = word_of_state(*row, true); at != no_word) {
    u32& there = word(state, at);
    there = (there & ~mask) | (value & mask);
    return;
  }
  switch (row->kind) {
    case SprKind::cache_control: write_hid0(value & mask); break;
    case SprKind::xer: state.set_xer(value); break;
    case SprKind::lr: state.lr = value; break;
    case SprKind::ctr: state.ctr = value; break;
    case SprKind::sdr1:
      state.sdr1 = value & mask;
      tlb_invalidate_all();
      break;
    case SprKind::decrementer: set_decrementer(value); break;
    case SprKind::timebase_lower: set_timebase((timebase() & ~low_half) | value); break;
    case SprKind::timebase_upper: set_timebase((timebase() & low_half) | u64{value} << 32); break;
    case SprKind::bat_upper: write_address_space(bat_of(state, number).upper, value & mask); break;
    case SprKind::bat_lower: write_address_space(bat_of(state, number).lower, value & mask); break;
    default: break;  // read-only: check_spr() lets no write come here
  }
}

// Operating systems rewrite segment registers and BATs with what they hold already; that must cost nothing.
void Cpu::write_address_space(u32& reg, u32 value) {
  if (reg == value) return;
  reg = value;
  tlb.address_space_registers_changed();
}

void Cpu::write_segment(unsigned n, u32 value) { write_address_space(state.sr[n & 15], value); }

// The flash-invalidate bits clear themselves while their cache is enabled (MPC750UM 2.1.2.2).
void Cpu::write_hid0(u32 value) {
  if (value & hid0::invalidate_instruction_cache) all_code_changed();
  if (value & hid0::instruction_cache) value &= ~hid0::invalidate_instruction_cache;
  if (value & hid0::data_cache) value &= ~hid0::invalidate_data_cache;
  state.spr[spr::hid0] = value;
}

void Cpu::all_code_changed() {
  for (u32 region = 0; region < has_had_code_.size(); ++region) {
    if (!has_had_code_[region]) continue;
    for (u32 page = region * pages_of_region; page < (region + 1) * pages_of_region; ++page) {
      if (code_granules_[page] != 0) code_written(page * page_size, page_size);
    }
  }
}

void Cpu::tlb_invalidate_entry(u32 ea) {
  translation_.forget();
  tlb.invalidate_class(ea);
}

void Cpu::tlb_invalidate_all() {
  translation_.forget();
  tlb.invalidate_all();
}

}  // namespace quince::ppc
