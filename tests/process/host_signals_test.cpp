#include "machine/process/host_signals.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "machine/process/guest_memory.h"
#include "tests/support/sanitized.h"

namespace quince::machine::process {
namespace {

class NoTime : public ppc::Clock {
 public:
  ppc::u64 ticks(ppc::u64) override { return 0; }
};

class HostSignalsTest : public testing::Test {
 protected:
  GuestMemory memory;
  NoTime clock;
  ppc::Cpu cpu{ppc::cpu_750, memory, memory, clock};
  HostSignals host{cpu};
};

constexpr const char* kept_back = "ThreadSanitizer keeps signals back until a call that it knows";

TEST_F(HostSignalsTest, AreRememberedInTurn) {
  host.catch_it(SIGUSR1), host.catch_it(SIGUSR2);
  cpu.limit = 1000;
  EXPECT_FALSE(host.pending());
  raise(SIGUSR2), raise(SIGUSR1);
  EXPECT_TRUE(host.pending());
  EXPECT_EQ(cpu.limit, 0u) << "the engine is to return";
  EXPECT_EQ(host.take()->si_signo, SIGUSR2);
  EXPECT_EQ(host.take()->si_signo, SIGUSR1);
  EXPECT_FALSE(host.take());
  EXPECT_FALSE(host.pending());
}

TEST_F(HostSignalsTest, EndACallThatWaits) {
  if (test::thread_sanitized) GTEST_SKIP() << kept_back;
  host.catch_it(SIGALRM);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  char c;
  const auto read_it = [&] {
    return interruptible_call(SYS_read, ends[0], static_cast<long>(reinterpret_cast<std::uintptr_t>(&c)), 1);
  };
  const itimerval soon{{0, 0}, {0, 20'000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  EXPECT_EQ(read_it(), -EINTR);
  EXPECT_EQ(read_it(), -EINTR) << "as long as it has not been taken";
  EXPECT_EQ(host.take()->si_signo, SIGALRM);
  EXPECT_FALSE(host.take());
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_EQ(read_it(), 1);
  EXPECT_EQ(interruptible_call(SYS_read, -1, 0, 0), -EBADF);
  close(ends[0]), close(ends[1]);
}

// Signals arrive at every moment of many calls: none may wait for a signal that has already come.
TEST_F(HostSignalsTest, NeverMissASignalBeforeACall) {
  if (test::thread_sanitized) GTEST_SKIP() << kept_back;
  host.catch_it(SIGALRM);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  char c;
  for (int n = 0; n < 2000; ++n) {
    const itimerval soon{{0, 0}, {0, 1 + n % 50}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    ASSERT_EQ(
        interruptible_call(SYS_read, ends[0], static_cast<long>(reinterpret_cast<std::uintptr_t>(&c)), 1),
        -EINTR);
    ASSERT_TRUE(host.take());
    ASSERT_FALSE(host.take());
  }
  close(ends[0]), close(ends[1]);
}

TEST_F(HostSignalsTest, PollDoesNotSleepOverOne) {
  host.catch_it(SIGUSR1);
  raise(SIGUSR1);
  EXPECT_EQ(host.poll(nullptr, 0, nullptr), -EINTR);
  host.take(), host.take();
  const timespec moment{0, 1'000'000};
  EXPECT_EQ(host.poll(nullptr, 0, &moment), 0);
}

TEST_F(HostSignalsTest, TheTimeoutStays) {
  host.set_timeout(0.01);
  EXPECT_EQ(host.poll(nullptr, 0, nullptr), -EINTR);
  EXPECT_TRUE(host.timed_out());
  EXPECT_FALSE(host.take());
  EXPECT_TRUE(host.pending());
}

// Its signal would end the host's process once nobody catches it any more.
TEST(HostTimeout, EndsWithTheSignals) {
  GuestMemory memory;
  NoTime clock;
  ppc::Cpu cpu{ppc::cpu_750, memory, memory, clock};
  for (const double seconds : {0.001, 0.9999999999}) HostSignals(cpu).set_timeout(seconds);
  usleep(20'000);
}

TEST_F(HostSignalsTest, PagesBeyondTheEndOfAFileReadZeros) {
  host.catch_it(SIGBUS);
  host.watch_memory(memory.host(0));
  const int file = memfd_create("short", 0);
  ASSERT_EQ(ftruncate(file, 1), 0);
  ASSERT_EQ(memory.map(0x3000'0000, 2 * ppc::page_size, PROT_READ, {MAP_SHARED, file, 0}), 0x3000'0000);
  EXPECT_EQ(*const_cast<volatile u8*>(memory.host(0x3000'1234)), 0);
  const auto info = host.take();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->si_signo, SIGBUS);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(info->si_addr), 0x3000'1234u);
  close(file);
}

// An engine that expects faults of its code has its handler before us.
volatile int engine_faults;
void engine_handler(int, siginfo_t* info, void*) {
  engine_faults = engine_faults + 1;
  mprotect(info->si_addr, ppc::page_size, PROT_READ);
}

TEST(HostFaults, ThatTheEngineExpectsReachIt) {
  GuestMemory memory;
  NoTime clock;
  ppc::Cpu cpu{ppc::cpu_750, memory, memory, clock};
  struct sigaction action = {}, before = {};
  action.sa_sigaction = engine_handler, action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &before);
  {
    HostSignals host(cpu);
    host.catch_it(SIGSEGV);
    host.ignore(SIGSEGV);
    u8* page = static_cast<u8*>(mmap(nullptr, ppc::page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_EQ(*const_cast<volatile u8*>(page), 0);
    EXPECT_EQ(engine_faults, 1);
    EXPECT_FALSE(host.pending());
    munmap(page, ppc::page_size);
  }
  sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace
}  // namespace quince::machine::process
