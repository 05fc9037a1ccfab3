#include "app/sandbox/calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <vector>

namespace quince::app {

namespace {

#include "filters.inc"

std::span<const sock_filter> filter_of(Calls calls) {
  switch (calls) {
    case Calls::machine: return for_machine;
    case Calls::with_window: return for_window;
    case Calls::program: return for_program;
    case Calls::networked: return for_network;
  }
  return {};
}

// For all threads. 0 or an errno.
int load(std::span<const sock_filter> filter) {
  std::vector<sock_filter> own(filter.begin(), filter.end());
  for (sock_filter& it : own) {
    if (it.k == own_process) it.k = static_cast<std::uint32_t>(getpid());
  }
  const sock_fprog program{static_cast<unsigned short>(own.size()), own.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return result == 0 ? 0 : result > 0 ? ESRCH : errno;  // > 0: a thread that has another filter
}

// --- A call that nobody should have made ---

volatile std::sig_atomic_t told = 0;

// The kernel has not made the call; here it gets its result.
void refused(int, siginfo_t* info, void* context) {
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -EPERM;
  if (told) return;
  told = 1;
  char text[] =
      "quince: the sandbox has refused system call ### (please report it; --no-sandbox runs without)\n";
  char* digits = std::strchr(text, '#');
  for (int n = 2, number = info->si_syscall; n >= 0; --n, number /= 10) {
    digits[n] = static_cast<char>('0' + number % 10);
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
}

void take_refusals() {
  struct sigaction action {};
  action.sa_sigaction = refused;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGSYS, &action, nullptr);
}

}  // namespace

tl::expected<void, std::string> limit_calls(Calls calls) {
  if (calls == Calls::machine || calls == Calls::with_window) take_refusals();
  if (const int error = load(filter_of(calls)); error != 0)
    return tl::unexpected<std::string>(std::strerror(error));
  return {};
}

}  // namespace quince::app
