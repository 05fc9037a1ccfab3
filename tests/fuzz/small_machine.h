// A processor with a mebibyte of RAM, full of branches to themselves, for what controls a machine from
// outside.
#pragma once

#include <cstring>
#include <memory>

#include "guest-ppc/interpreter.h"
#include "machine/debugger.h"
#include "machine/run_loop.h"

namespace quince::fuzz {

struct SmallMachine {
  SmallMachine() {
    constexpr ppc::u32 branch_to_itself = 0x4800'0000;
    const ppc::u32 bytes = ppc::swap_bytes(branch_to_itself);
    const auto ram = core.bus.ram();
    for (std::size_t at = 0; at < ram.size(); at += sizeof bytes) std::memcpy(&ram[at], &bytes, sizeof bytes);
    loop.observe({.paused = [this](const auto&) { loop.stop(0); }});
  }
  // What has been asked for happens: steps until the last of them, otherwise some thousand instructions.
  void run() {
    constexpr ppc::u64 nanoseconds = 10'000;
    if (loop.paused())
      loop.stop(0);
    else
      core.scheduler.at(core.scheduler.now() + nanoseconds, [this] { loop.stop(0); });
    [[maybe_unused]] const auto status = loop.run();  // it may also be stuck
  }

  machine::Core core{ppc::cpu_7400, 1u << 20, machine::VirtualClock::Kind::instructions, 16'600'000,
                     [](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu); }};
  machine::RunLoop loop{core, 1};
};

}  // namespace quince::fuzz
