#include "machine/debugger.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cstring>

#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/spr_table.h"
#include "guest-ppc/vector/vscr.h"

namespace quince::machine {

namespace {

using ppc::u64;
using ppc::u8;
using Kind = Register::Kind;

struct Bank {
  const char* prefix;
  Kind kind;
  unsigned count, bits;
};
constexpr Bank gprs{"r", Kind::gpr, 32, 32}, fprs{"f", Kind::fpr, 32, 64}, vrs{"vr", Kind::vr, 32, 128},
    segments{"sr", Kind::sr, 16, 32};

void add(std::vector<Register>& to, const Bank& bank) {
  for (unsigned n = 0; n < bank.count; ++n) {
    to.push_back({bank.prefix + std::to_string(n), bank.kind, n, bank.bits});
  }
}

// Those that have a place of their own in the list.
bool is_listed_elsewhere(const ppc::SprRow& row) {
  switch (row.kind) {
    case ppc::SprKind::xer:
    case ppc::SprKind::lr:
    case ppc::SprKind::ctr:
    case ppc::SprKind::vrsave: return true;
    default: return row.read == ppc::SprLevel::none;
  }
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

template <class T>
std::vector<u8> to_bytes(T value) {
  value = ppc::swap_bytes(value);
  std::vector<u8> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

template <class T>
T from_bytes(std::span<const u8> bytes) {
  T value;
  assert(bytes.size() == sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return ppc::swap_bytes(value);
}

template <class T>
bool erase_one(std::vector<T>& from, const T& value) {
  const auto found = std::find(from.begin(), from.end(), value);
  if (found == from.end()) return false;
  from.erase(found);
  return true;
}

}  // namespace

// --- Registers ---

std::vector<Register> Debugger::registers() const {
  const ppc::CpuModel& model = core_.cpu.model;
  std::vector<Register> all;
  add(all, gprs);
  add(all, fprs);
  all.insert(all.end(), {{"pc", Kind::pc, 0, 32},
                         {"msr", Kind::msr, 0, 32},
                         {"cr", Kind::cr, 0, 32},
                         {"lr", Kind::lr, 0, 32},
                         {"ctr", Kind::ctr, 0, 32},
                         {"xer", Kind::xer, 0, 32},
                         {"fpscr", Kind::fpscr, 0, 32}});
  if (model.has_altivec()) {
    add(all, vrs);
    all.insert(all.end(), {{"vscr", Kind::vscr, 0, 32}, {"vrsave", Kind::vrsave, 0, 32}});
  }
  add(all, segments);
  for (const ppc::SprRow& row : ppc::spr_rows()) {
    if (ppc::find_spr(model, row.number) != &row || is_listed_elsewhere(row)) continue;
    all.push_back({lower_case(row.name), Kind::spr, row.number, 32});
  }
  return all;
}

u32 Debugger::read_word(const Register& reg) {
  const ppc::CpuState& state = core_.cpu.state;
  switch (reg.kind) {
    case Kind::gpr: return state.gpr[reg.number];
    case Kind::sr: return state.sr[reg.number];
    case Kind::pc: return state.pc;
    case Kind::msr: return state.msr;
    case Kind::cr: return state.cr_word();
    case Kind::lr: return state.lr;
    case Kind::ctr: return state.ctr;
    case Kind::xer: return state.xer();
    case Kind::fpscr: return state.fpscr;
    case Kind::vscr: return state.vscr;
    case Kind::vrsave: return state.vrsave;
    case Kind::spr: return core_.cpu.read_spr(reg.number);
    case Kind::fpr:
    case Kind::vr: break;
  }
  __builtin_unreachable();
}

void Debugger::write_word(const Register& reg, u32 value) {
  ppc::CpuState& state = core_.cpu.state;
  switch (reg.kind) {
    case Kind::gpr: state.gpr[reg.number] = value; return;
    case Kind::sr: return core_.cpu.write_segment(reg.number, value);
    case Kind::pc: state.pc = value & ~3u; return;
    case Kind::msr: return core_.cpu.set_msr(value);
    case Kind::cr: return state.set_cr_word(value);
    case Kind::lr: state.lr = value; return;
    case Kind::ctr: state.ctr = value; return;
    case Kind::xer: return state.set_xer(value);
    case Kind::fpscr: state.fpscr = ppc::fpu::with_summary(value); return;
    case Kind::vscr: state.vscr = value & ppc::vec::vscr_mask; return;
    case Kind::vrsave: state.vrsave = value; return;
    case Kind::spr:
      if (ppc::find_spr(core_.cpu.model, reg.number)->write != ppc::SprLevel::none) {
        core_.cpu.write_spr(reg.number, value);
      }
      return;
    case Kind::fpr:
    case Kind::vr: break;
  }
  __builtin_unreachable();
}

std::vector<u8> Debugger::read(const Register& reg) {
  const ppc::CpuState& state = core_.cpu.state;
  if (reg.kind == Kind::fpr) return to_bytes(state.fpr[reg.number]);
  if (reg.kind != Kind::vr) return to_bytes(read_word(reg));
  const auto halves = state.vr[reg.number].lanes<u64>();
  std::vector<u8> bytes = to_bytes(halves[1]);
  const std::vector<u8> low = to_bytes(halves[0]);
  bytes.insert(bytes.end(), low.begin(), low.end());
  return bytes;
}

void Debugger::write(const Register& reg, std::span<const u8> bytes) {
  ppc::CpuState& state = core_.cpu.state;
  assert(bytes.size() * 8 == reg.bits);
  switch (reg.kind) {
    case Kind::fpr: state.fpr[reg.number] = from_bytes<u64>(bytes); return;
    case Kind::vr:
      state.vr[reg.number] =
          ppc::V128::from_lanes<u64>({from_bytes<u64>(bytes.subspan(8)), from_bytes<u64>(bytes.first(8))});
      return;
    default: return write_word(reg, from_bytes<u32>(bytes));
  }
}

// --- Memory ---

std::optional<u32> Debugger::physical(u32 ea) {
  for (const ppc::Access access : {ppc::Access::read, ppc::Access::fetch}) {
    const auto mapping = core_.mmu.look_up(core_.cpu.state, ea, access);
    if (mapping) return mapping->physical | (ea & ppc::page_mask);
  }
  return std::nullopt;
}

std::size_t Debugger::read_physical(u32 address, std::span<u8> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const u32 at = address + static_cast<u32>(done);
    const u8* page = core_.bus.page(at & ~ppc::page_mask, false);
    if (!page) break;
    const std::size_t bytes = std::min<std::size_t>(to.size() - done, ppc::page_size - (at & ppc::page_mask));
    std::memcpy(&to[done], page + (at & ppc::page_mask), bytes);
    done += bytes;
  }
  return done;
}

std::size_t Debugger::read_memory(u32 ea, std::span<u8> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const u32 at = ea + static_cast<u32>(done);
    const auto address = physical(at);
    const std::size_t bytes = std::min<std::size_t>(to.size() - done, ppc::page_size - (at & ppc::page_mask));
    if (!address || read_physical(*address, to.subspan(done, bytes)) != bytes) break;
    done += bytes;
  }
  return done;
}

// As a device would write, so that code and reservations hear of it.
bool Debugger::write_memory(u32 ea, std::span<const u8> from) {
  while (!from.empty()) {
    const auto address = physical(ea);
    const std::size_t bytes = std::min<std::size_t>(from.size(), ppc::page_size - (ea & ppc::page_mask));
    if (!address || !core_.bus.page(*address & ~ppc::page_mask, true)) return false;
    core_.bus.write(*address, from.first(bytes));
    from = from.subspan(bytes);
    ea += static_cast<u32>(bytes);
  }
  return true;
}

std::optional<u32> Debugger::word(u32 ea) {
  std::array<u8, 4> bytes;
  if (read_memory(ea, bytes) != bytes.size()) return std::nullopt;
  return from_bytes<u32>(bytes);
}

// --- Points ---

bool Debugger::remove_breakpoint(u32 ea) { return erase_one(mutable_points().breakpoints, ea); }

bool Debugger::remove_watchpoint(const ppc::Watchpoint& point) {
  return erase_one(mutable_points().watchpoints, point);
}

}  // namespace quince::machine
