// Machines for comparing engines: one processor, one engine, the same memory whatever the engine, and a
// record of what the processor did to its bus.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "guest-ppc/engine.h"
#include "tests/differential/random.h"
#include "tests/support/engines.h"

namespace quince::jit_test {

using differential::Random;
using ppc::u32;
using ppc::u64;
using ppc::u8;

using test::EngineKind;
using test::make_engine;

// system: Mmu, page table, BATs, MMIO, exceptions delivered to handlers in ROM.
// process: one flat address space that lies in host memory as it is; exceptions stop the engine.
enum class BoardKind : u8 { system, process };

// Where things are, as effective addresses in which translation is on (and as physical ones, but for the
// aliases).
namespace places {
inline constexpr u32 data = 0x0020'0000, data_pages = 8;  // of all kinds: see prepare()
inline constexpr u32 code = 0x0040'0000, code_pages = 4;  // stores there have no effect
inline constexpr u32 code_bytes = code_pages * ppc::page_size;
inline constexpr u32 code_alias = 0x1040'0000, data_alias = 0x2020'0000;  // system only
inline constexpr u32 device = 0x8000'0000;                                // system only; one page
inline constexpr u32 data_base = 0x0020'1000;  // what base registers are loaded with
}  // namespace places

class Board {
 public:
  virtual ~Board() = default;
  virtual ppc::Cpu& cpu() = 0;
  ppc::Engine& engine() { return *engine_; }
  const ppc::Engine& engine() const { return *engine_; }

  // New page protections, segments and block translations; memory with random content.
  virtual void prepare(Random random) = 0;
  // Puts code into the pages at places::code, as DMA would.
  virtual void put_code(u32 index, std::span<const u32> words) = 0;
  // All that the guest can change.
  virtual std::vector<std::span<const u8>> memory() = 0;
  // A number that depends on all accesses to devices and on when they came.
  u64 bus_record() const { return bus_record_; }

 protected:
  void make_engine(EngineKind kind, ppc::ExceptionHandling handling, std::size_t code_cache_bytes,
                   translator::JitParts off);
  u64 bus_record_ = 0;
  std::unique_ptr<ppc::Engine> engine_;
};

std::unique_ptr<Board> make_board(BoardKind kind, const ppc::CpuModel& model, EngineKind engine,
                                  std::size_t code_cache_bytes, translator::JitParts off = {});

// A page table entry's words and where they go in a table of 64 KiB.
struct PageEntry {
  u32 offset, upper, lower;
};
PageEntry page_entry(u32 vsid, u32 ea, u32 lower, unsigned place_in_group);

}  // namespace quince::jit_test
