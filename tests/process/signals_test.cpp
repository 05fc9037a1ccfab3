#include "machine/process/signals.h"

#include <gtest/gtest.h>

namespace quince::machine::process {
namespace {

TEST(PendingSignals, OneOfEachKindButOfRealTimeOnes) {
  PendingSignals pending;
  pending.add(SignalInfo::sent(SIGUSR1, SI_USER, 1, 0));
  pending.add(SignalInfo::sent(SIGUSR1, SI_USER, 2, 0));
  pending.add(SignalInfo::sent(40, SI_QUEUE, 3, 0));
  pending.add(SignalInfo::sent(40, SI_QUEUE, 4, 0));
  pending.add(SignalInfo::sent(SIGHUP, SI_USER, 5, 0));
  EXPECT_EQ(pending.set(), signal_bit(SIGHUP) | signal_bit(SIGUSR1) | signal_bit(40));
  std::vector<u32> order;
  while (const auto info = pending.take(~u64{0})) order.push_back(info->words[0]);
  EXPECT_EQ(order, (std::vector<u32>{5, 1, 3, 4})) << "by number, then in turn";
  EXPECT_EQ(pending.set(), 0u);
}

TEST(PendingSignals, TakesOnlyWhatIsWanted) {
  PendingSignals pending;
  pending.add(SignalInfo::sent(SIGUSR1, SI_USER, 1, 0));
  pending.add(SignalInfo::sent(SIGUSR2, SI_USER, 2, 0));
  EXPECT_FALSE(pending.take(signal_bit(SIGHUP)));
  EXPECT_EQ(pending.take(signal_bit(SIGUSR2))->number, SIGUSR2);
  EXPECT_EQ(pending.set(), signal_bit(SIGUSR1));
  pending.drop(signal_bit(SIGUSR1));
  EXPECT_FALSE(pending.take(~u64{0}));
}

TEST(PendingSignals, ThereIsAnEnd) {
  PendingSignals pending;
  for (u32 n = 0; n < 100'000; ++n) pending.add(SignalInfo::sent(40, SI_QUEUE, n, 0));
  std::size_t count = 0;
  while (pending.take(~u64{0})) ++count;
  EXPECT_EQ(count, PendingSignals::longest_queue);
}

TEST(Signals, DefaultActions) {
  EXPECT_EQ(default_action(SIGCHLD), DefaultAction::ignore);
  EXPECT_EQ(default_action(SIGTSTP), DefaultAction::stop);
  EXPECT_EQ(default_action(SIGSEGV), DefaultAction::terminate);
  EXPECT_EQ(default_action(50), DefaultAction::terminate);
}

TEST(AlternateStack, HoldsWhatIsAboveItsBeginning) {
  const AlternateStack stack{0x1000, 0x2000, true, false};
  EXPECT_FALSE(stack.holds(0x1000));
  EXPECT_TRUE(stack.holds(0x1001));
  EXPECT_TRUE(stack.holds(0x3000)) << "an empty stack begins at its end";
  EXPECT_FALSE(stack.holds(0x3001));
  EXPECT_FALSE(AlternateStack{}.holds(0));
}

}  // namespace
}  // namespace quince::machine::process
