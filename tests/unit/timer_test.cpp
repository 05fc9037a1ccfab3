// Timebase, decrementer and interrupts (PEM 2.2, 2.3.14, 6.4.5, 6.4.9) with a clock set by hand.
#include <gtest/gtest.h>

#include "guest-ppc/spr_table.h"
#include "tests/unit/fake_world.h"

namespace quince::ppc {
namespace {

class TimerTest : public ::testing::Test {
 protected:
  void enable() { cpu.set_msr(msr::ee); }
  // The vector taken, or zero.
  u32 take() {
    cpu.state.pc = 0x0123'4568;
    if (!cpu.take_interrupt()) return 0;
    EXPECT_EQ(cpu.state.srr0, 0x0123'4568u);
    EXPECT_EQ(cpu.state.srr1, msr::ee);
    EXPECT_EQ(cpu.state.msr, 0u);
    return cpu.state.pc;
  }

  FakeWorld world;
  u64& now = world.clock.now;
  Cpu cpu{cpu_750, world.translation, world.memory, world.clock};
};

TEST_F(TimerTest, TimebaseCountsUpFromWhatWasWritten) {
  now = 100;
  cpu.reset();
  EXPECT_EQ(cpu.timebase(), 0u);
  now = 142;
  EXPECT_EQ(cpu.read_spr(spr::tbl), 42u);
  cpu.write_spr(spr::tbl_write, 0);  // the order that avoids a carry
  cpu.write_spr(spr::tbu_write, 0x1234'5678);
  cpu.write_spr(spr::tbl_write, 0xffff'fffe);
  EXPECT_EQ(cpu.timebase(), 0x1234'5678'ffff'fffeu);
  now += 3;
  EXPECT_EQ(cpu.read_spr(spr::tbu), 0x1234'5679u);
  EXPECT_EQ(cpu.read_spr(spr::tbl), 1u);
}

TEST_F(TimerTest, WritingTheTimebaseDoesNotDisturbTheDecrementer) {
  cpu.set_decrementer(1000);
  cpu.set_timebase(1u << 31);
  now = 10;
  EXPECT_EQ(cpu.decrementer(), 990u);
}

TEST_F(TimerTest, DecrementerCountsDownAndInterruptsBelowZero) {
  now = 5'000'000'000;
  cpu.reset();
  cpu.set_decrementer(3);
  enable();
  EXPECT_EQ(cpu.decrementer_deadline(), 5'000'000'004u);
  for (const u32 left : {3u, 2u, 1u, 0u}) {
    EXPECT_EQ(cpu.read_spr(spr::dec), left);
    EXPECT_FALSE(cpu.interrupt_waiting());
    ++now;
  }
  EXPECT_EQ(cpu.read_spr(spr::dec), 0xffff'ffffu);
  EXPECT_TRUE(cpu.interrupt_waiting());
  EXPECT_EQ(take(), 0x900u);
  enable();
  EXPECT_EQ(take(), 0u) << "once per passage";
  now += 10;
  EXPECT_EQ(cpu.read_spr(spr::dec), 0xffff'fff5u);
  EXPECT_EQ(take(), 0u);
}

TEST_F(TimerTest, ThePassageIsRememberedUntilTheInterruptIsTaken) {
  cpu.set_decrementer(10);
  now = 11;
  EXPECT_FALSE(cpu.interrupt_waiting());
  cpu.set_decrementer(1'000'000);  // does not withdraw the exception
  now = 20;
  EXPECT_EQ(cpu.decrementer(), 999'991u);
  enable();
  EXPECT_EQ(take(), 0x900u);
  enable();
  EXPECT_EQ(take(), 0u);
  now = 11 + 1'000'001;
  EXPECT_EQ(take(), 0x900u);
}

TEST_F(TimerTest, SoftwareThatSetsTheSignSignalsTheException) {
  enable();
  cpu.set_decrementer(5);
  cpu.set_decrementer(0x8000'0000);
  EXPECT_EQ(take(), 0x900u);
  enable();
  cpu.set_decrementer(0xffff'ffff);  // negative already
  EXPECT_EQ(take(), 0u);
  cpu.set_decrementer(0x7fff'ffff);  // from negative to positive
  EXPECT_EQ(take(), 0u);
}

TEST_F(TimerTest, DecrementerGoesRound) {
  cpu.set_decrementer(0);
  enable();
  now = 1;
  EXPECT_EQ(take(), 0x900u);
  enable();
  EXPECT_EQ(cpu.decrementer_deadline(), 0x1'0000'0001u);
  now = 0x1'0000'0000;
  EXPECT_EQ(cpu.decrementer(), 0u);
  EXPECT_EQ(take(), 0u);
  now = 0x1'0000'0001;
  EXPECT_EQ(cpu.decrementer(), 0xffff'ffffu);
  EXPECT_EQ(take(), 0x900u);
  // Several passages that nobody looked at are one exception, and the count stays right.
  now = 0x5'0000'0003;
  EXPECT_EQ(cpu.decrementer(), 0xffff'fffdu);
  enable();
  EXPECT_EQ(take(), 0x900u);
  enable();
  EXPECT_EQ(take(), 0u);
  EXPECT_EQ(cpu.decrementer(), 0xffff'fffdu);
  EXPECT_EQ(cpu.decrementer_deadline(), 0x6'0000'0001u);
}

TEST_F(TimerTest, NothingIsPendingAfterReset) {
  cpu.set_decrementer(1);
  now = 2;
  enable();
  EXPECT_TRUE(cpu.interrupt_waiting());
  cpu.reset();
  enable();
  EXPECT_FALSE(cpu.interrupt_waiting());
  EXPECT_EQ(cpu.decrementer_deadline(), now + 0x1'0000'0000u);
}

TEST_F(TimerTest, ExternalInterruptIsALevelAndComesFirst) {
  cpu.set_decrementer(0);
  now = 1;
  cpu.set_external_interrupt(true);
  EXPECT_FALSE(cpu.interrupt_waiting()) << "MSR[EE] is 0";
  EXPECT_EQ(take(), 0u);
  enable();
  EXPECT_EQ(take(), 0x500u);
  EXPECT_EQ(take(), 0u);
  enable();
  EXPECT_EQ(take(), 0x500u) << "still asserted";
  cpu.set_external_interrupt(false);
  enable();
  EXPECT_EQ(take(), 0x900u) << "the decrementer has waited";
  enable();
  EXPECT_EQ(take(), 0u);
}

TEST_F(TimerTest, EnginesAreCalledBack) {
  cpu.limit = 100;
  cpu.set_external_interrupt(false);
  EXPECT_EQ(cpu.limit, 100u);
  cpu.set_external_interrupt(true);
  EXPECT_EQ(cpu.limit, 0u);
  cpu.limit = 100;
  cpu.set_decrementer(7);
  EXPECT_EQ(cpu.limit, 0u);
}

}  // namespace
}  // namespace quince::ppc
