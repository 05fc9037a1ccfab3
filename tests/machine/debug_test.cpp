// Standing still, breakpoints, watchpoints and steps, with both engines.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "guest-ppc/interpreter.h"
#include "jit-x86/x86_backend.h"
#include "machine/core.h"
#include "machine/run_loop.h"
#include "translator/translator.h"

namespace quince::machine {
namespace {

std::unique_ptr<ppc::Engine> make_interpreter(ppc::Cpu& cpu) {
  return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::deliver);
}

std::unique_ptr<ppc::Engine> make_translator(ppc::Cpu& cpu) {
  auto backend = jit::X86Backend::create(cpu, jit::default_code_cache);
  return std::make_unique<translator::Translator>(cpu, std::move(*backend), ppc::ExceptionHandling::deliver);
}

constexpr u32 loop_at = 0x1008, store_at = 0x100c, end_at = 0x1014, variable = 0x2000;
constexpr u32 rounds = 1000;

constexpr u32 program[] = {
    0x3880'03e8,  // 1000 li    r4, 1000
    0x7c89'03a6,  //      mtctr r4
    0x3863'0001,  // 1008 addi  r3, r3, 1
    0x9065'0000,  //      stw   r3, 0(r5)
    0x4200'fff8,  //      bdnz  0x1008
    0x4800'0000,  // 1014 b     0x1014
};

struct Pause {
  u32 pc, r3;
  std::optional<ppc::GuestException> why;
};

class DebugTest : public ::testing::TestWithParam<bool> {
 protected:
  DebugTest() {
    u8* to = core.bus.ram().data() + 0x1000;
    for (const u32 word : program) {
      const u32 bytes = ppc::swap_bytes(word);
      std::memcpy(to, &bytes, 4);
      to += 4;
    }
    cpu.state.pc = 0x1000;
    cpu.state.msr = 0;
    cpu.state.gpr[3] = 0;
    cpu.state.gpr[5] = variable;
    loop.observe({.paused = [this](const std::optional<ppc::GuestException>& why) {
      pauses.push_back({cpu.state.pc, cpu.state.gpr[3], why});
      if (on_pause) on_pause();
    }});
  }
  u32 memory() const {
    u32 word;
    std::memcpy(&word, core.bus.ram().data() + variable, 4);
    return ppc::swap_bytes(word);
  }
  void run_until_end() {
    cpu.debug.breakpoints.push_back(end_at);
    auto others = std::move(on_pause);
    on_pause = [this, others] {
      if (cpu.state.pc == end_at) return loop.stop(0);
      others ? others() : loop.resume();
    };
    ASSERT_EQ(loop.run(), 0);
    EXPECT_EQ(cpu.state.gpr[3], rounds);
    EXPECT_EQ(memory(), rounds);
  }

  Core core{ppc::cpu_750, 1u << 20, VirtualClock::Kind::instructions, 16'600'000,
            GetParam() ? make_translator : make_interpreter};
  ppc::Cpu& cpu = core.cpu;
  RunLoop loop{core, 20};
  std::vector<Pause> pauses;
  std::function<void()> on_pause;
};

TEST_P(DebugTest, BreakpointInTheMiddleOfABlock) {
  cpu.debug.breakpoints = {store_at};
  run_until_end();
  ASSERT_EQ(pauses.size(), rounds + 1);
  for (u32 n = 0; n < rounds; ++n) {
    ASSERT_EQ(pauses[n].pc, store_at);
    ASSERT_EQ(pauses[n].r3, n + 1);
    ASSERT_TRUE(pauses[n].why && pauses[n].why->vector == ppc::Vector::debugger);
  }
}

// Both when the code is translated already and when a breakpoint goes away again.
TEST_P(DebugTest, BreakpointsComeAndGo) {
  cpu.debug.breakpoints = {loop_at};
  on_pause = [this] {
    cpu.debug.breakpoints = {end_at};
    if (pauses.size() == 3) cpu.debug.breakpoints.push_back(store_at);
    loop.resume();
  };
  cpu.debug.watchpoints = {{variable + 3, variable + 3, false, true}};
  run_until_end();
  EXPECT_EQ(pauses[0].pc, loop_at);
  EXPECT_EQ(pauses[1].pc, store_at);  // the watchpoint
  EXPECT_EQ(pauses[1].r3, 1u);
  EXPECT_EQ(pauses[2].r3, 2u);
  EXPECT_EQ(pauses[3].pc, store_at);
  EXPECT_EQ(pauses[1].why->srr1, ppc::debugger_cause::watchpoint);
  EXPECT_EQ(pauses[3].why->srr1, ppc::debugger_cause::breakpoint);  // it comes first
}

TEST_P(DebugTest, WatchedStoreHasNotHappened) {
  cpu.debug.watchpoints = {{variable + 1, variable + 1, false, true}};
  u32 expected = 0;
  on_pause = [&] {
    EXPECT_EQ(memory(), expected++);
    loop.resume();
  };
  run_until_end();
  ASSERT_EQ(pauses.size(), rounds + 1);
  EXPECT_EQ(pauses[0].pc, store_at);
  EXPECT_EQ(pauses[0].why->dar, variable + 1);
  EXPECT_EQ(pauses[0].why->dsisr, ppc::dsi_cause::store);
}

TEST_P(DebugTest, OtherAccessesOfAWatchedPageGoOn) {
  cpu.debug.watchpoints = {{variable + 4, variable + 100, true, true}, {variable, variable + 3, true, false}};
  run_until_end();
  EXPECT_EQ(pauses.size(), 1u);
}

TEST_P(DebugTest, StepsAreExact) {
  cpu.debug.breakpoints = {loop_at};
  u64 before = 0;
  on_pause = [&] {
    switch (pauses.size()) {
      case 1:
        cpu.debug.breakpoints = {end_at};
        before = cpu.instructions();
        return loop.step();
      case 2:
        EXPECT_EQ(cpu.state.pc, store_at);
        EXPECT_EQ(cpu.instructions(), before + 1);
        return loop.step(4);
      case 3:
        EXPECT_EQ(cpu.state.pc, 0x1010u);
        EXPECT_EQ(cpu.instructions(), before + 5);
        EXPECT_FALSE(pauses.back().why);
        return loop.step(1'000'000);  // a breakpoint ends it
    }
  };
  run_until_end();
  EXPECT_EQ(pauses.size(), 4u);
}

// Who is told that the machine stands still has the machine at once: 20 times in much less than 20 times 100
// ms.
TEST_P(DebugTest, StandsStillWithoutDelay) {
  const auto before = std::chrono::steady_clock::now();
  for (unsigned n = 0; n < 20; ++n) {
    RunLoop other(core, 20);
    other.observe({.paused = [&other](const auto&) { other.stop(7); }});
    other.pause();
    ASSERT_EQ(other.run(), 7);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST_P(DebugTest, NothingPassesWhileItStandsStill) {
  const u64 before = core.scheduler.now();
  bool ran = false;
  std::thread other;
  core.scheduler.at(before + 1, [&ran] { ran = true; });
  loop.pause();
  on_pause = [&] {
    if (pauses.size() > 1) return;
    // From another thread, as a monitor would.
    other = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      core.scheduler.post([&] {
        EXPECT_EQ(core.scheduler.now(), before);
        EXPECT_FALSE(ran);
        loop.resume();
      });
    });
  };
  run_until_end();
  other.join();
  EXPECT_TRUE(ran);
  EXPECT_EQ(pauses[0].pc, 0x1000u);
}

INSTANTIATE_TEST_SUITE_P(Engines, DebugTest, ::testing::Bool(),
                         [](const auto& engine) { return engine.param ? "jit" : "interpreter"; });

}  // namespace
}  // namespace quince::machine
