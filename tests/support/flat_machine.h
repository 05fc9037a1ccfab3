// A processor with RAM at address 0 and nothing else, for tests: effective addresses are physical ones.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "guest-ppc/interpreter.h"

namespace quince::test {

class FlatMemory : public ppc::Translation, public ppc::PhysicalMemory {
 public:
  explicit FlatMemory(ppc::u32 bytes) : ram(bytes) {}
  std::vector<ppc::u8> ram;

  tl::expected<ppc::Mapping, ppc::GuestException> translate(const ppc::CpuState&, ppc::u32 ea,
                                                            ppc::Access access) override {
    if (ea < ram.size()) return ppc::Mapping{ea & ~ppc::page_mask, true, false, false, false};
    using namespace ppc;
    if (access == Access::fetch)
      return tl::unexpected(GuestException{Vector::isi, isi_cause::no_translation});
    const u32 store = access == Access::write ? dsi_cause::store : 0;
    return tl::unexpected(GuestException{Vector::dsi, 0, ea, dsi_cause::no_translation | store});
  }
  ppc::u8* page(ppc::u32 physical, bool) override { return physical < ram.size() ? &ram[physical] : nullptr; }
  ppc::u64 read(ppc::u32, unsigned) override { return 0; }
  void write(ppc::u32, unsigned, ppc::u64) override {}
};

class InstructionClock : public ppc::Clock {
 public:
  ppc::u64 ticks(ppc::u64 instructions) override { return instructions; }
  ppc::u64 instructions_before(ppc::u64 ticks, ppc::u64) override { return ticks; }
};

struct FlatMachine {
  static constexpr ppc::u32 code_base = 0x1000;

  // Tests of several engines give one of those in tests/support/engines.h.
  using EngineMaker = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&, ppc::ExceptionHandling)>;

  explicit FlatMachine(const ppc::CpuModel& model, ppc::u32 ram_bytes = 1u << 20,
                       const EngineMaker& make_engine = make_interpreter)
      : memory(ram_bytes),
        cpu(model, memory, memory, clock),
        engine(make_engine(cpu, ppc::ExceptionHandling::stop)) {
    cpu.state.msr = ppc::msr::fp | (model.has_altivec() ? ppc::msr::vec : 0);
    cpu.tlb.leave_window();
  }

  void put_word(ppc::u32 address, ppc::u32 word) {
    for (unsigned n = 0; n < 4; ++n) memory.ram[address + n] = static_cast<ppc::u8>(word >> (24 - 8 * n));
    cpu.memory_written(address, 4);
  }
  ppc::u32 word(ppc::u32 address) const {
    ppc::u32 value = 0;
    for (unsigned n = 0; n < 4; ++n) value = value << 8 | memory.ram[address + n];
    return value;
  }

  // Executes the words, then sc. What stopped it: system_call if all went well.
  ppc::GuestException run(std::initializer_list<ppc::u32> words) {
    ppc::u32 at = code_base;
    for (const ppc::u32 w : words) put_word(at, w), at += 4;
    put_word(at, 0x4400'0002);
    cpu.state.pc = code_base;
    return resume();
  }
  ppc::GuestException resume() {
    cpu.limit = ~ppc::u64{0};
    const ppc::Stop stop = engine->run();
    return stop.exception ? stop.what : ppc::GuestException{ppc::Vector::system_reset};
  }

  FlatMemory memory;
  InstructionClock clock;
  ppc::Cpu cpu;
  std::unique_ptr<ppc::Engine> engine;

 private:
  static std::unique_ptr<ppc::Engine> make_interpreter(ppc::Cpu& cpu, ppc::ExceptionHandling handling) {
    return std::make_unique<ppc::Interpreter>(cpu, handling);
  }
};

}  // namespace quince::test
