// What every board of ours has: a processor with its memory, and the time they share.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "guest-ppc/engine.h"
#include "guest-ppc/mmu.h"
#include "machine/event_scheduler.h"
#include "machine/physical_bus.h"
#include "machine/virtual_clock.h"
#include "machine/witness.h"

namespace quince::machine {

// Makes the engine for a processor, with ExceptionHandling::deliver.
using MachineEngineFactory = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&)>;

struct Core {
  Core(const ppc::CpuModel& model, u32 ram_bytes, VirtualClock::Kind clock_kind, u64 timebase_hertz,
       const MachineEngineFactory& make_engine, Witness* witness = nullptr)
      : clock(clock_kind, timebase_hertz),
        scheduler(clock),
        bus(ram_bytes),
        mmu(bus),
        cpu(model, seen_by(witness, mmu), seen_by(witness, bus), clock),
        engine(make_engine(cpu)) {
    scheduler.attach(cpu);
    bus.attach(cpu);
  }

  VirtualClock clock;
  EventScheduler scheduler;
  PhysicalBus bus;
  ppc::Mmu mmu;

 private:
  ppc::Translation& seen_by(Witness* witness, ppc::Translation& original) {
    if (!witness || !witness->sees_translations()) return original;
    return seen_translation_.emplace(original, *witness);
  }
  ppc::PhysicalMemory& seen_by(Witness* witness, ppc::PhysicalMemory& original) {
    if (!witness || !witness->sees_accesses()) return original;
    return seen_memory_.emplace(original, *witness);
  }
  std::optional<WitnessedTranslation> seen_translation_;
  std::optional<WitnessedMemory> seen_memory_;

 public:
  ppc::Cpu cpu;
  std::unique_ptr<ppc::Engine> engine;
};

}  // namespace quince::machine
