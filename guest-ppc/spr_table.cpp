#include "guest-ppc/spr_table.h"

#include <array>
#include <cstddef>

#include "guest-ppc/cpu_state.h"

namespace quince::ppc {

namespace {

using enum SprLevel;
using enum SprModels;
using enum SprKind;

constexpr SprRow rows[] = {
#define SPR(number, name, models, read, write, kind, writable, reset) \
  {number, name, models, read, write, kind, writable, reset},
#include "guest-ppc/spr_table.inc"
#undef SPR
};

constexpr u8 absent = 0xff;
using Index = std::array<u8, 1024>;
static_assert(std::size(rows) < absent);

constexpr Index make_index(SprModels model) {
  Index index{};
  index.fill(absent);
  for (u8 i = 0; const SprRow& row : rows) {
    if (static_cast<u8>(row.models) & static_cast<u8>(model)) index[row.number] = i;
    ++i;
  }
  return index;
}

constexpr Index g3_index = make_index(g3), g4_index = make_index(g4);

constexpr bool is_power_register(unsigned number) { return number == 0 || (number >= 4 && number <= 6); }

}  // namespace

std::span<const SprRow> spr_rows() { return rows; }

const SprRow* find_spr(const CpuModel& model, unsigned number) {
  const u8 row = (model.has_altivec() ? g4_index : g3_index)[number & 1023];
  return row == absent ? nullptr : &rows[row];
}

u32 word_of_state(const SprRow& row, bool write) {
  constexpr u32 words = offsetof(CpuState, spr);
  const bool data = row.number >= spr::dbat0u;
  const u32 bats = data ? offsetof(CpuState, dbat) : offsetof(CpuState, ibat);
  switch (row.kind) {
    case storage: return words + 4u * row.number;
    case vrsave: return offsetof(CpuState, vrsave);
    case dsisr: return offsetof(CpuState, dsisr);
    case dar: return offsetof(CpuState, dar);
    case srr0: return offsetof(CpuState, srr0);
    case srr1: return offsetof(CpuState, srr1);
    default: break;
  }
  if (write) return no_word;
  switch (row.kind) {
    case cache_control: return words + 4u * row.number;
    case alias_16_higher: return words + 4u * (row.number + 16u);
    case sdr1: return offsetof(CpuState, sdr1);
    case bat_upper:
    case bat_lower: return bats + 4u * (row.number - (data ? spr::dbat0u : spr::ibat0u));
    default: return no_word;
  }
}

SprAccess check_spr(const CpuModel& model, unsigned number, bool write, bool user_mode) {
  const SprRow* row = find_spr(model, number);
  const SprLevel needed = row ? (write ? row->write : row->read) : none;
  if (needed == user || (needed == supervisor && !user_mode)) return SprAccess::allowed;
  if (user_mode) return number & 0x10 ? SprAccess::privileged : SprAccess::illegal;
  return is_power_register(number) ? SprAccess::illegal : SprAccess::ignored;
}

}  // namespace quince::ppc
