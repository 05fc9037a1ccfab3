// What every board of ours has: a processor with its memory, and the time they share.
#pragma once

#include <functional>
#include <memory>

#include "guest-ppc/engine.h"
#include "guest-ppc/mmu.h"
#include "machine/event_scheduler.h"
#include "machine/physical_bus.h"
#include "machine/virtual_clock.h"

namespace quince::machine {

// Makes the engine for a processor, with ExceptionHandling::deliver.
using MachineEngineFactory = std::function<std::unique_ptr<ppc::Engine>(ppc::Cpu&)>;

struct Core {
  Core(const ppc::CpuModel& model, u32 ram_bytes, VirtualClock::Kind clock_kind, u64 timebase_hertz,
       const MachineEngineFactory& make_engine)
      : clock(clock_kind, timebase_hertz),
        scheduler(clock),
        bus(ram_bytes),
        mmu(bus),
        cpu(model, mmu, bus, clock),
        engine(make_engine(cpu)) {
    scheduler.attach(cpu);
    bus.attach(cpu);
  }

  VirtualClock clock;
  EventScheduler scheduler;
  PhysicalBus bus;
  ppc::Mmu mmu;
  ppc::Cpu cpu;
  std::unique_ptr<ppc::Engine> engine;
};

}  // namespace quince::machine
