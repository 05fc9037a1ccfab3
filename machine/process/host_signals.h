// Signals that the host sends to Quince while it plays a process: caught, remembered, and handed to the guest
// between its instructions. Blocking host calls end when one arrives, without a moment in which it could be
// missed.
#pragma once

#include <poll.h>

#include <csignal>
#include <ctime>
#include <optional>

#include "guest-ppc/cpu.h"

namespace quince::machine::process {

inline constexpr int signal_count = 64;    // numbers 1 to 64, the same on Linux for PowerPC and x86-64
inline constexpr int timeout_signal = 64;  // the host's last one is kept for --timeout

// One at a time in a host process, since signal handlers know no objects. Restores all dispositions in the
// end.
class HostSignals {
 public:
  explicit HostSignals(ppc::Cpu& cpu);  // whose engine is to return when a signal arrives
  ~HostSignals();
  HostSignals(const HostSignals&) = delete;
  HostSignals& operator=(const HostSignals&) = delete;

  // How the host treats a signal. The host's C library keeps a few numbers for itself: those do nothing.
  void catch_it(int number, int flags = 0);  // flags: SA_NOCLDSTOP, SA_NOCLDWAIT
  void ignore(int number);                   // those of faults stay caught
  void restore_default(int number);

  // Accesses to a file mapping of the guest that its file does not reach (host SIGBUS) read zeros, and are
  // reported as a signal whose si_addr is the guest's address.
  void watch_memory(ppc::u8* base);

  bool pending() const;
  std::optional<siginfo_t> take();
  void forget_all();  // the child of a fork has none
  bool timed_out() const;
  void set_timeout(double seconds);  // from now; for this process only
  // Sleeps until a signal arrives (not when one is pending already) or ppoll's conditions are met.
  int poll(pollfd* files, unsigned long count, const timespec* timeout);

 private:
  sigset_t mask_before_{};
  std::optional<timer_t> timer_;  // of set_timeout()
};

// A Linux system call of the host that ends with -EINTR as soon as a signal is pending. Else as the kernel
// returns it: negative errno.
long interruptible_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0);

}  // namespace quince::machine::process
