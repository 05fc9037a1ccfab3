#include "jit-x86/workbench.h"

#include "translator/lift.h"
#include "translator/passes.h"

namespace quince::jit {

// A processor with nothing around it: code for it is made, never run.
struct Workbench::World final : Translation, PhysicalMemory, Clock {
  World(const CpuModel& model, Setting setting)
      : flat_memory(setting == Setting::process), cpu(model, *this, *this, *this) {
    cpu.state.msr = msr::fp | (model.has_altivec() ? msr::vec : 0) | (flat_memory ? msr::pr : 0);
    if (flat_memory) cpu.alignment_traps = static_cast<u8>(AlignedOperand::reservation);
  }
  tl::expected<Mapping, GuestException> translate(const CpuState&, u32, Access) override {
    return tl::unexpected(GuestException{Vector::machine_check});
  }
  u8* page(u32, bool) override { return nullptr; }
  u64 read(u32, unsigned) override { return 0; }
  void write(u32, unsigned, u64) override {}
  const u8* flat() override { return flat_memory ? &somewhere : nullptr; }
  u64 ticks(u64 instructions) override { return instructions; }

  bool flat_memory;
  u8 somewhere = 0;
  Cpu cpu;
};

tl::expected<std::unique_ptr<Workbench>, std::string> Workbench::create(const CpuModel& model,
                                                                        Setting setting,
                                                                        translator::JitParts off) {
  std::unique_ptr<Workbench> made(new Workbench(model, setting));
  auto backend = X86Backend::create(made->world_->cpu, default_code_cache);
  if (!backend) return tl::unexpected(backend.error());
  made->backend_ = std::move(*backend);
  made->block_.off = off;
  return made;
}

Workbench::Workbench(const CpuModel& model, Setting setting)
    : world_(std::make_unique<World>(model, setting)) {}
Workbench::~Workbench() = default;

void Workbench::translate(u32 pc, u32 end, std::span<const u8, page_size> page) {
  const Cpu& cpu = world_->cpu;
  const u64 started = clock_.now();
  block_.clear();
  block_.pc = block_.physical = pc;
  block_.mode = translator::Mode::of(cpu.state);
  block_.alignment_traps = cpu.alignment_traps;
  translator::lift(block_, cpu.model, page.data(), {.breakpoints = {end}, .watchpoints = {}});
  const u64 lifted = clock_.now();
  translator::run_passes(block_);
  const u64 passed = clock_.now();
  origins_.clear();
  backend_->trace_origins(&origins_);
  code_ = backend_->compile(block_);
  if (!code_.entry) {
    backend_->open_next_chunk();
    origins_.clear();
    code_ = backend_->compile(block_);
  }
  ticks_[0] += lifted - started;
  ticks_[1] += passed - lifted;
  ticks_[2] += clock_.now() - passed;
}

Workbench::Seconds Workbench::seconds() const {
  return {clock_.seconds(ticks_[0]), clock_.seconds(ticks_[1]), clock_.seconds(ticks_[2])};
}

}  // namespace quince::jit
