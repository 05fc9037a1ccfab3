// A processor with RAM at 0 and an engine of either kind, for tests of what translators get wrong: changed
// code, many addresses, changed mappings.
#pragma once

#include <functional>
#include <initializer_list>

#include "tests/differential/assembler.h"
#include "tests/differential/state.h"
#include "tests/jit/board.h"
#include "tests/support/flat_machine.h"

namespace quince::jit_test {

namespace as = differential::assembler;

// Further instruction words.
namespace as_more {
inline constexpr u32 isync = 0x4c00'012c, sync = 0x7c00'04ac, blr = 0x4e80'0020, bctr = 0x4e80'0420,
                     bctrl = 0x4e80'0421, bdnz = 16;  // bdnz: the BO field
constexpr u32 icbi(unsigned a, unsigned b) { return as::x_form(31, 0, a, b, 982); }
constexpr u32 dcbst(unsigned a, unsigned b) { return as::x_form(31, 0, a, b, 54); }
constexpr u32 tlbie(unsigned b) { return as::x_form(31, 0, 0, b, 306); }
constexpr u32 mtsr(unsigned n, unsigned s) { return as::x_form(31, s, n, 0, 210); }
constexpr u32 mfmsr(unsigned d) { return as::x_form(31, d, 0, 0, 83); }
constexpr u32 mtmsr(unsigned s) { return as::x_form(31, s, 0, 0, 146); }
constexpr u32 xori(unsigned a, unsigned s, u32 value) { return as::d_form(26, s, a, value); }
constexpr u32 add(unsigned d, unsigned a, unsigned b) { return as::x_form(31, d, a, b, 266); }
constexpr u32 cmpwi(unsigned a, u32 value) { return as::d_form(11, 0, a, value); }
constexpr u32 addis(unsigned d, unsigned a, u32 value) { return as::d_form(15, d, a, value); }
inline constexpr unsigned eq = 2, if_false = 4;  // bit of CR0; BO field
}  // namespace as_more

// Effective addresses lead where `where` says; stores to the page at `device` call `on_store`.
class WorldMemory final : public test::FlatMemory {
 public:
  using FlatMemory::FlatMemory;
  static constexpr u32 device = 0x8000'0000;
  std::function<u32(const ppc::CpuState&, u32 ea)> where = [](const ppc::CpuState&, u32 ea) { return ea; };
  std::function<void(u32 value)> on_store;  // none: the device is not there

  tl::expected<ppc::Mapping, ppc::GuestException> translate(const ppc::CpuState& state, u32 ea,
                                                            ppc::Access access) override {
    if (on_store && ea / ppc::page_size == device / ppc::page_size)
      return ppc::Mapping{device, true, true, false, false};
    auto mapping = FlatMemory::translate(state, where(state, ea), access);
    if (mapping) {
      mapping->in_tlb = true;  // so that tlbie drops it
    } else {
      mapping.error().dar = ea;
    }
    return mapping;
  }
  void write(u32, unsigned, u64 value) override { on_store(static_cast<u32>(value)); }
};

struct World {
  explicit World(EngineKind kind, u32 ram_bytes = 1u << 20, std::size_t code_cache_bytes = 16u << 20)
      : memory(ram_bytes), cpu(ppc::cpu_7400, memory, memory, clock) {
    cpu.state.msr = ppc::msr::fp | ppc::msr::vec;
    cpu.tlb.leave_window();
    engine = make_engine(kind, cpu, ppc::ExceptionHandling::stop, code_cache_bytes);
  }
  ~World() { engine.reset(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // As a loader or DMA does. Returns the address behind it.
  u32 put(u32 physical, std::initializer_list<u32> words) {
    u32 at = physical;
    for (const u32 word : words) {
      differential::put_word(std::span(memory.ram).subspan(at, 4), word);
      cpu.memory_written(at, 4);
      at += 4;
    }
    return at;
  }
  u32 word(u32 physical) const {
    const u8* at = &memory.ram[physical];
    return u32{at[0]} << 24 | u32{at[1]} << 16 | u32{at[2]} << 8 | at[3];
  }
  u32& r(unsigned n) { return cpu.state.gpr[n]; }

  // Up to sc (true), or until this many instructions are done (false). Anything else is a failure of the
  // test.
  bool run(u32 pc, u64 instructions = ~u64{0} / 2) {
    cpu.state.pc = pc;
    return resume(instructions);
  }
  bool resume(u64 instructions = ~u64{0} / 2) {
    cpu.limit = cpu.retired + instructions;
    stop = engine->run();
    return stop.exception && stop.what.vector == ppc::Vector::system_call;
  }

  WorldMemory memory;
  test::InstructionClock clock;
  ppc::Cpu cpu;
  std::unique_ptr<ppc::Engine> engine;
  ppc::Stop stop;
};

}  // namespace quince::jit_test
