// What a processor asks of the world around it: the translation of effective addresses, and physical memory.
#pragma once

#include <tl/expected.hpp>

#include "guest-ppc/cpu_state.h"
#include "guest-ppc/exception.h"

namespace quince::ppc {

inline constexpr u32 page_size = 4096;
inline constexpr u32 page_mask = page_size - 1;

enum class Access : u8 { fetch, read, write };

// Where one 4 KiB effective page leads.
struct Mapping {
  u32 physical = 0;              // physical address of the page
  bool writable = false;         // stores may use this mapping as it is (permission, and C already set)
  bool cache_inhibited = false;  // I: dcbz and lwarx treat it differently
  bool write_through = false;    // W
  bool in_tlb = false;           // came from the page table: tlbie removes it (block and real mode: false)
};

// Translates as MSR[IR], MSR[DR] and MSR[PR] of the state say. A failed translation is the DSI or ISI that
// the access raises, DAR and DSISR (or the SRR1 cause) filled in.
class Translation {
 public:
  virtual ~Translation() = default;
  virtual tl::expected<Mapping, GuestException> translate(const CpuState& state, u32 ea, Access access) = 0;
  // The guest executed tlbie or tlbia, or wrote SDR1: forget copies of page table entries, if any are kept.
  virtual void forget() {}
};

// Physical memory. RAM and ROM are host memory that the processor reads directly; all else is MMIO.
class PhysicalMemory {
 public:
  virtual ~PhysicalMemory() = default;
  // Host address of the physical page, or null where loads (stores, if `write`) must go through
  // read()/write().
  virtual u8* page(u32 physical_page, bool write) = 0;
  // Host address of effective address 0 where all of the 4 GiB lie one after the other in host memory, and a
  // load that the guest may not make faults on the host, too; else null. Lets generated code load without a
  // look-up.
  virtual const u8* flat() { return nullptr; }
  // Whether generated code may store to flat() likewise. It may if the host makes stores to every page fault
  // that guard_code() was called for since the code there was forgotten last.
  virtual bool stores_can_fault() { return false; }
  virtual void guard_code(u32 /*physical_page*/) {}
  // MMIO of 1, 2, 4 or 8 bytes, never crossing a page; values are numbers as on a big-endian bus.
  virtual u64 read(u32 physical, unsigned bytes) = 0;
  virtual void write(u32 physical, unsigned bytes, u64 value) = 0;
};

// What a processor asks of the engine that executes on it.
class ExecutionHooks {
 public:
  virtual ~ExecutionHooks() = default;
  // Guest code in [physical, physical + bytes) may have changed; the range does not cross a page.
  virtual void invalidate_code(u32 physical, u32 bytes) = 0;
  // Instructions executed that Cpu::retired does not count yet.
  virtual u32 uncounted_instructions() const = 0;
  // The guest executed sc; the instruction after it is at next_pc.
  virtual void system_call(u32 next_pc) = 0;
  // Cpu::limit was lowered: return from run() at the next checkpoint.
  virtual void attention() {}
};

// Ticks of the timebase since power-on. The processor tells how many instructions it has executed, so that a
// deterministic clock is a function of that number alone.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual u64 ticks(u64 instructions) = 0;
  // As long as fewer instructions than this have been executed, ticks() stays below `ticks`. Zero where the
  // clock can't tell; now: executed so far.
  virtual u64 instructions_before(u64 ticks, u64 now) { return (void)ticks, (void)now, 0; }
};

}  // namespace quince::ppc
