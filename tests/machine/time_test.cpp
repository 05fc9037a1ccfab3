// The virtual clock and the event scheduler.
#include <gtest/gtest.h>

#include <thread>

#include "machine/event_scheduler.h"
#include "machine/virtual_clock.h"

namespace quince::machine {
namespace {

constexpr u64 timebase = 16'600'000, second = 1'000'000'000;
using Kind = VirtualClock::Kind;

TEST(VirtualClock, TicksAndNanoseconds) {
  const VirtualClock clock(Kind::instructions, timebase);
  EXPECT_EQ(clock.ticks_at(second), timebase);
  constexpr u64 century = u64{100} * 365 * 86'400;
  EXPECT_EQ(clock.ticks_at(century * second), century * timebase);
  for (u64 tick = 0; tick < 100'000; tick += 7) {
    const u64 time = clock.time_of(tick);
    ASSERT_EQ(clock.ticks_at(time), tick);
    if (time > 0) {
      ASSERT_EQ(clock.ticks_at(time - 1), tick - 1);
    }
  }
}

TEST(VirtualClock, InstructionsAreTime) {
  VirtualClock clock(Kind::instructions, timebase);
  EXPECT_EQ(clock.nanoseconds(250), 1000u);
  EXPECT_EQ(clock.instructions_until(2000, 250), 250u);
  EXPECT_EQ(clock.instructions_until(2001, 250), 251u);
  EXPECT_EQ(clock.instructions_until(10, 250), 0u);
  clock.idle(250, 5000);
  EXPECT_EQ(clock.nanoseconds(250), 5000u);
  clock.idle(250, 100);  // never back
  EXPECT_EQ(clock.nanoseconds(251), 5004u);
}

// While the processor executes, real time does not run away from a guest that was interrupted by the host.
TEST(VirtualClock, RealTimeAdvancesWithInstructions) {
  VirtualClock clock(Kind::real, timebase);
  clock.idle(0, 0);
  const u64 before = clock.nanoseconds(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_LE(clock.nanoseconds(10), before + 10 * VirtualClock::real_limit);
  EXPECT_GE(clock.nanoseconds(1'000'000), before + 20'000'000);  // caught up
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  clock.idle(1'000'000, 0);
  EXPECT_GE(clock.nanoseconds(1'000'000), before + 40'000'000);  // idling takes no instructions
}

// A guest that polls for a time sees it pass when it comes, however late the host is.
TEST(VirtualClock, RestDoesNotLastTooLong) {
  VirtualClock clock(Kind::real, timebase);
  const u64 before = clock.nanoseconds(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  clock.rested(0, before + 5'000'000);
  EXPECT_EQ(clock.nanoseconds(0), before + 5'000'000);
  clock.rested(0, before + second);
  EXPECT_LT(clock.nanoseconds(0), before + second);
  EXPECT_GE(clock.nanoseconds(0), before + 20'000'000);
}

class EventSchedulerTest : public ::testing::Test {
 protected:
  VirtualClock clock{Kind::instructions, timebase};
  EventScheduler scheduler{clock};
  std::string order;
  std::function<void()> note(char name) {
    return [this, name] { order.push_back(name); };
  }
};

TEST_F(EventSchedulerTest, InTheOrderOfTime) {
  scheduler.at(200, note('c'));
  scheduler.at(100, note('a'));
  scheduler.at(100, note('b'));
  const auto cancelled = scheduler.at(150, note('x'));
  scheduler.cancel(cancelled);
  scheduler.cancel(cancelled);
  scheduler.cancel(0);
  EXPECT_EQ(scheduler.next_event(), 100u);
  scheduler.run_due();
  EXPECT_EQ(order, "");
  clock.idle(0, 100);
  scheduler.run_due();
  EXPECT_EQ(order, "ab");
  clock.idle(0, 1000);
  scheduler.run_due();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(scheduler.next_event(), EventScheduler::never);
}

TEST_F(EventSchedulerTest, AnEventForNowRunsInTheNextRound) {
  scheduler.at(0, [this] {
    order.push_back('a');
    scheduler.at(0, note('b'));
    EXPECT_EQ(order, "a");
  });
  scheduler.run_due();
  EXPECT_EQ(order, "a");
  scheduler.run_due();
  EXPECT_EQ(order, "ab");
}

TEST_F(EventSchedulerTest, AnEventMayCancelAnother) {
  devices::EventId second_event = 0;
  scheduler.at(0, [&] { scheduler.cancel(second_event); });
  second_event = scheduler.at(0, note('x'));
  scheduler.run_due();
  EXPECT_EQ(order, "");
}

TEST_F(EventSchedulerTest, PostWakesTheProcessorsThread) {
  std::thread host([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    scheduler.post(note('p'));
  });
  const auto before = std::chrono::steady_clock::now();
  scheduler.wait(std::chrono::seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
  scheduler.run_due();
  EXPECT_EQ(order, "p");
  host.join();
}

}  // namespace
}  // namespace quince::machine
