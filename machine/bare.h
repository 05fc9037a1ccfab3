// The board `bare`, for tests and benchmarks: RAM at 0, a console and a way to end. Nothing runs before the
// program: an ELF file is loaded at its physical addresses and entered with translation off, MSR[FP] on
// (MSR[VEC] too, where there is AltiVec), r1 at the top of memory, and exception vectors at 0 that are the
// program's own affair.
//
// Registers, big-endian:
//   0xf1000000  byte  CONSOLE  write: a character to the serial line; read: the next one from it, or 0
//   0xf1000004  word  EXIT     write: the machine stops; the low 8 bits are the exit status
#pragma once

#include <tl/expected.hpp>

#include "devices/character.h"
#include "machine/machine.h"
#include "machine/run_loop.h"

namespace quince::machine {

class Bare final : private devices::MmioDevice {
 public:
  static constexpr u32 register_base = 0xf100'0000, console_register = 0, exit_register = 4, window_bytes = 8;
  static constexpr u64 timebase_hertz = 16'600'000;
  static constexpr u64 least_ram = 1u << 20, most_ram = u64{2047} << 20;

  Bare(const MachineOptions& options, Core& core, RunLoop& loop, devices::CharacterBackend& console);
  tl::expected<void, Error> load();
  std::vector<DeviceRow> devices() const;

 private:
  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;

  const MachineOptions& options_;
  Core& core_;
  RunLoop& loop_;
  devices::CharacterBackend& console_;
};

}  // namespace quince::machine
