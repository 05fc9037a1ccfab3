// A machine as somebody who debugs it sees it: registers by name, memory by effective address, breakpoints
// and watchpoints. All on the processor's thread, between instructions (see RunLoop). Nothing here changes
// the guest but what is asked for: no access to a device, no R or C bit, no exception.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/core.h"

namespace quince::machine {

struct Register {
  enum class Kind : ppc::u8 { gpr, fpr, vr, sr, pc, msr, cr, lr, ctr, xer, fpscr, vscr, vrsave, spr };
  std::string name;  // lower case
  Kind kind;
  unsigned number;  // within its kind; of an SPR as in spr_table.h
  unsigned bits;    // 32, 64 or 128
};

class Debugger {
 public:
  explicit Debugger(Core& core) : core_(core) {}

  // --- Registers ---
  // Of this processor: r0-r31, f0-f31, pc, msr, cr, lr, ctr, xer, fpscr, vr0-vr31, vscr, vrsave, sr0-sr15,
  // and the special-purpose registers that can be read without effect.
  std::vector<Register> registers() const;
  std::vector<ppc::u8> read(const Register& reg);  // as in the guest's memory
  // bytes.size() == reg.bits / 8. Read-only bits keep their values.
  void write(const Register& reg, std::span<const ppc::u8> bytes);

  // --- Memory ---
  // Where a load leads, or if it leads nowhere a fetch.
  std::optional<u32> physical(u32 ea);
  // How many bytes from the first on are in RAM or ROM and could be read.
  std::size_t read_memory(u32 ea, std::span<ppc::u8> to);
  std::size_t read_physical(u32 address, std::span<ppc::u8> to);
  // False: some of it is not in RAM; what comes before has been written.
  bool write_memory(u32 ea, std::span<const ppc::u8> from);
  std::optional<u32> word(u32 ea);

  // --- Points. Those of several debuggers add up; each is removed as often as it was added. ---
  void add_breakpoint(u32 ea) { mutable_points().breakpoints.push_back(ea); }
  bool remove_breakpoint(u32 ea);
  void add_watchpoint(const ppc::Watchpoint& point) { mutable_points().watchpoints.push_back(point); }
  bool remove_watchpoint(const ppc::Watchpoint& point);
  const ppc::DebugPoints& points() const { return core_.cpu.debug; }

  ppc::Cpu& cpu() { return core_.cpu; }

 private:
  ppc::DebugPoints& mutable_points() { return core_.cpu.debug; }
  u32 read_word(const Register& reg);
  void write_word(const Register& reg, u32 value);

  Core& core_;
};

}  // namespace quince::machine
