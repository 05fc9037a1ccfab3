#include "devices/via.h"

#include <gtest/gtest.h>

#include "tests/devices/support/fake_scheduler.h"

namespace quince::devices {
namespace {

constexpr u32 orb = 0x0000, ddrb = 0x0400, t1c_l = 0x0800, t1c_h = 0x0a00, t1l_l = 0x0c00, t1l_h = 0x0e00,
              t2c_l = 0x1000, t2c_h = 0x1200, sr = 0x1400, acr = 0x1600, ifr = 0x1a00, ier = 0x1c00;
constexpr u64 second = 1'000'000'000;
constexpr u8 flag_t1 = 0x40, flag_t2 = 0x20, flag_sr = 0x04;

// The count at 4.7 MHz / 6, with one tick of slack for the phase.
constexpr u64 ticks(u64 n) { return (n * 60'000 + 46) / 47; }

class ViaTest : public ::testing::Test {
 protected:
  ViaTest() { via.reset(); }
  u8 get(u32 offset) { return static_cast<u8>(via.read(offset, 1)); }
  void set(u32 offset, u8 value) { via.write(offset, 1, value); }
  FakeScheduler scheduler;
  Via via{scheduler};
};

TEST_F(ViaTest, TimerOneOnce) {
  set(t1c_l, 0x34);
  set(t1c_h, 0x12);
  EXPECT_EQ(get(t1c_h), 0x12);
  scheduler.run_for(ticks(0x34));
  EXPECT_EQ(get(t1c_h) << 8 | get(t1c_l), 0x1200);
  scheduler.run_for(ticks(0x1200) - ticks(1));
  EXPECT_EQ(get(ifr), 0);
  scheduler.run_for(ticks(3));
  EXPECT_EQ(get(ifr), flag_t1);
  get(t1c_l);
  EXPECT_EQ(get(ifr), 0);
  scheduler.run_for(ticks(0x10000) * 2);
  EXPECT_EQ(get(ifr), 0);  // once for each load
}

// The measurement that Linux makes of its timebase: two flags, 47000 + 2 counts apart.
TEST_F(ViaTest, TimerOneRepeats) {
  set(acr, 0x40);
  set(t1c_h, 2);
  set(t1l_l, 0x98);
  set(t1l_h, 0xb7);
  u64 seen[2];
  for (u64& at : seen) {
    while (!(get(ifr) & flag_t1)) scheduler.run_for(1000);
    at = scheduler.now();
    get(t1c_l);
  }
  EXPECT_NEAR(static_cast<double>(seen[1] - seen[0]), 47002 * 60'000.0 / 47, 2000);
}

TEST_F(ViaTest, PollingForTheTimerIsRest) {
  set(t1c_l, 0x98);
  set(t1c_h, 0xb7);
  const u64 expiry = scheduler.now() + ticks(0xb798 + 1);
  for (unsigned n = 0; n < 1000; ++n) get(ifr), get(acr);
  EXPECT_TRUE(scheduler.rests.empty());
  for (unsigned n = 0; n < 1000; ++n) get(ifr);
  ASSERT_FALSE(scheduler.rests.empty());
  for (const u64 until : scheduler.rests) EXPECT_NEAR(until, expiry, ticks(2));
  scheduler.rests.clear();
  scheduler.run_for(ticks(0xb798 + 3));
  for (unsigned n = 0; n < 1000; ++n) EXPECT_EQ(get(ifr), flag_t1);
  EXPECT_TRUE(scheduler.rests.empty());  // the flag is there: nothing to wait for
}

TEST_F(ViaTest, MissedPeriodsCountOnce) {
  set(acr, 0x40);
  set(t1c_l, 0);
  set(t1c_h, 1);
  scheduler.run_for(second);
  EXPECT_EQ(get(ifr), flag_t1);
  set(ifr, flag_t1);
  EXPECT_EQ(get(ifr), 0);
  scheduler.run_for(ticks(0x102));
  EXPECT_EQ(get(ifr), flag_t1);
}

TEST_F(ViaTest, TimerTwoCountsAtTheSameRate) {
  set(t2c_l, 0x10);
  set(t2c_h, 0x27);  // 10000 counts: 12.77 ms
  scheduler.run_for(ticks(10'000) - ticks(1));
  EXPECT_EQ(get(ifr), 0);
  scheduler.run_for(ticks(3));
  EXPECT_EQ(get(ifr), flag_t2);
  EXPECT_EQ(get(t2c_h), 0xff);  // goes on below zero
  get(t2c_l);
  EXPECT_EQ(get(ifr), 0);
}

TEST_F(ViaTest, TimersInterruptWithoutBeingLookedAt) {
  set(ier, 0x80 | flag_t1 | flag_t2);
  EXPECT_EQ(get(ier), 0x80 | flag_t1 | flag_t2);
  set(acr, 0x40);
  set(t1c_l, 100);
  set(t1c_h, 0);
  set(t2c_l, 250);
  set(t2c_h, 0);
  scheduler.run_for(ticks(99));
  EXPECT_FALSE(via.interrupt.asserted());
  scheduler.run_for(ticks(3));
  EXPECT_TRUE(via.interrupt.asserted());
  EXPECT_EQ(get(ifr), 0x80 | flag_t1);
  get(t1c_l);
  EXPECT_FALSE(via.interrupt.asserted());
  scheduler.run_for(ticks(102));
  EXPECT_TRUE(via.interrupt.asserted());
  set(ifr, flag_t1);
  EXPECT_FALSE(via.interrupt.asserted());
  scheduler.run_for(ticks(50));
  EXPECT_EQ(get(ifr), 0x80 | flag_t2);
  set(ier, flag_t1 | flag_t2);
  EXPECT_FALSE(via.interrupt.asserted());
  EXPECT_TRUE(scheduler.idle());
}

TEST_F(ViaTest, ShiftRegisterFlag) {
  set(ier, 0x80 | flag_sr);
  via.shift_register = 0x5a;
  via.shift_complete();
  EXPECT_TRUE(via.interrupt.asserted());
  EXPECT_EQ(get(sr), 0x5a);
  EXPECT_FALSE(via.interrupt.asserted());
  via.shift_complete();
  set(sr, 0x11);
  EXPECT_FALSE(via.interrupt.asserted());
  EXPECT_EQ(via.shift_register, 0x11);
  EXPECT_FALSE(via.shifting_out());
  set(acr, 0x10);
  EXPECT_TRUE(via.shifting_out());
}

TEST_F(ViaTest, PortBDoesNotDependOnItsDirectionRegister) {
  u8 written = 0;
  via.on_port_b_write = [&](u8 value) { written = value; };
  via.drive_port_b(0x08, 0);
  set(orb, 0x38);
  EXPECT_EQ(written, 0x38);
  EXPECT_EQ(get(orb), 0x30);
  via.drive_port_b(0x08, 0x08);
  EXPECT_EQ(get(orb), 0x38);
  set(ddrb, 0xf7);
  EXPECT_EQ(get(ddrb), 0xf7);
  EXPECT_EQ(get(orb), 0x38);
}

TEST_F(ViaTest, OnlyBytes) {
  via.write(acr, 4, 0xffff'ffff);
  EXPECT_EQ(get(acr), 0);
  EXPECT_EQ(via.read(ier, 2), 0u);
}

}  // namespace
}  // namespace quince::devices
