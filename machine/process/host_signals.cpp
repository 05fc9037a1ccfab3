#include "machine/process/host_signals.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace quince::machine::process {

namespace {

constexpr unsigned ring_size = 128;

// The only mutable data of the board outside objects: a signal handler has no other way to be told.
struct Shared {
  volatile int pending = 0;  // something in the ring, or the timeout
  volatile int timeout = 0;
  ppc::Cpu* volatile cpu = nullptr;
  char* memory = nullptr;  // 4 GiB of the guest
  // Written by the handler, with all signals blocked, and read with all signals blocked.
  std::array<siginfo_t, ring_size> ring{};
  unsigned first = 0, count = 0;
  std::array<struct sigaction, signal_count + 1> before{};
  std::array<bool, signal_count + 1> changed{};
} shared;

class AllBlocked {
 public:
  AllBlocked() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before_);
  }
  ~AllBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  AllBlocked(const AllBlocked&) = delete;
  AllBlocked& operator=(const AllBlocked&) = delete;

 private:
  sigset_t before_;
};

bool is_fault(int number) {
  return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE || number == SIGTRAP;
}

void leave_interruptible_call(void* context);

bool mend_guest_page(siginfo_t* info) {
  constexpr std::ptrdiff_t guest_bytes = std::ptrdiff_t{1} << 32, page = ppc::page_size;
  const std::ptrdiff_t offset = static_cast<char*>(info->si_addr) - shared.memory;
  if (!shared.memory || offset < 0 || offset >= guest_bytes) return false;
  info->si_addr = reinterpret_cast<void*>(offset);
  return mmap(shared.memory + offset / page * page, page, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

// A fault of the host's code: the engine may expect it. Else it is a mistake of ours, and has its effect.
void pass_on(int number, siginfo_t* info, void* context) {
  const struct sigaction& engine = shared.before[static_cast<std::size_t>(number)];
  if ((engine.sa_flags & SA_SIGINFO) && engine.sa_sigaction)
    return engine.sa_sigaction(number, info, context);
  signal(number, SIG_DFL);
}

void handler(int number, siginfo_t* info, void* context) {
  if (number == SIGBUS && info->si_code > 0 && mend_guest_page(info)) {
    // The access is made again and succeeds.
  } else if (is_fault(number) && info->si_code > 0) {
    return pass_on(number, info, context);
  }
  if (number == timeout_signal) {
    shared.timeout = 1;
  } else if (shared.count < ring_size) {
    shared.ring[(shared.first + shared.count++) % ring_size] = *info;
  }
  shared.pending = 1;
  if (shared.cpu) shared.cpu->request_attention();
  leave_interruptible_call(context);
}

void set_disposition(int number, const struct sigaction& action) {
  struct sigaction old {};
  if (sigaction(number, &action, &old) != 0) return;
  const auto n = static_cast<std::size_t>(number);
  if (!shared.changed[n]) shared.before[n] = old, shared.changed[n] = true;
}

}  // namespace

#if defined(__x86_64__)

// long quince_interruptible_call(volatile int* pending, long number, const long arguments[6])
// Between `begin` and `end` the system call has not been made, or is to be made again.
asm(R"(
    .text
    .type quince_interruptible_call, @function
quince_interruptible_call:
    mov %rdi, %rcx
    mov %rsi, %rax
    mov %rdx, %r11
    mov (%r11), %rdi
    mov 8(%r11), %rsi
    mov 16(%r11), %rdx
    mov 24(%r11), %r10
    mov 32(%r11), %r8
    mov 40(%r11), %r9
quince_interruptible_call_begin:
    cmpl $0, (%rcx)
    jne quince_interruptible_call_leave
    syscall
quince_interruptible_call_end:
    ret
quince_interruptible_call_leave:
    mov $-4, %rax
    ret
    .size quince_interruptible_call, . - quince_interruptible_call
)");

extern "C" {
long quince_interruptible_call(volatile int* pending, long number, const long* arguments);
extern const char quince_interruptible_call_begin[], quince_interruptible_call_end[],
    quince_interruptible_call_leave[];
}

namespace {
static_assert(EINTR == 4);  // as in the assembly

void leave_interruptible_call(void* context) {
  auto& pc = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  if (pc >= reinterpret_cast<greg_t>(quince_interruptible_call_begin) &&
      pc < reinterpret_cast<greg_t>(quince_interruptible_call_end)) {
    pc = reinterpret_cast<greg_t>(quince_interruptible_call_leave);
  }
}
}  // namespace

long interruptible_call(long number, long a, long b, long c, long d, long e, long f) {
  const long arguments[6] = {a, b, c, d, e, f};
  return quince_interruptible_call(&shared.pending, number, arguments);
}

#else
#error "write interruptible_call for this host"
#endif

HostSignals::HostSignals(ppc::Cpu& cpu) {
  forget_all();
  shared.timeout = 0;
  shared.changed.fill(false);
  shared.cpu = &cpu;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, &mask_before_);
}

HostSignals::~HostSignals() {
  const AllBlocked blocked;
  if (timer_) {
    timer_delete(*timer_);
    std::signal(timeout_signal, SIG_IGN);  // one that has arrived since must not meet what is restored below
  }
  for (int n = 1; n <= signal_count; ++n) {
    const auto index = static_cast<std::size_t>(n);
    if (shared.changed[index]) sigaction(n, &shared.before[index], nullptr);
  }
  shared.cpu = nullptr;
  shared.memory = nullptr;
}

void HostSignals::catch_it(int number, int flags) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;  // no SA_RESTART: blocking calls must return
  sigfillset(&action.sa_mask);
  if (is_fault(number)) {
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) sigdelset(&action.sa_mask, fault);
  }
  set_disposition(number, action);
}

void HostSignals::ignore(int number) {
  if (is_fault(number)) return;  // the host's own faults use the same numbers
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  set_disposition(number, action);
}

void HostSignals::restore_default(int number) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  set_disposition(number, action);
}

void HostSignals::watch_memory(ppc::u8* base) { shared.memory = reinterpret_cast<char*>(base); }

bool HostSignals::pending() const { return shared.pending; }
bool HostSignals::timed_out() const { return shared.timeout; }

std::optional<siginfo_t> HostSignals::take() {
  const AllBlocked blocked;
  if (shared.count == 0) {
    shared.pending = shared.timeout;
    return {};
  }
  const siginfo_t info = shared.ring[shared.first];
  shared.first = (shared.first + 1) % ring_size;
  --shared.count;
  return info;
}

void HostSignals::forget_all() {
  const AllBlocked blocked;
  shared.first = shared.count = 0;
  shared.pending = shared.timeout;
}

void HostSignals::set_timeout(double seconds) {
  catch_it(timeout_signal);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = timeout_signal;
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return;
  timer_ = timer;  // that of a process before a fork() is not this one's
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(seconds);
  const double rest = seconds - static_cast<double>(when.it_value.tv_sec);
  when.it_value.tv_nsec = std::clamp(static_cast<long>(rest * 1e9), 1L, 999'999'999L);
  // Again after that: a call that was entered just when the first arrived ends, too.
  when.it_interval.tv_nsec = 100'000'000;
  timer_settime(timer, 0, &when, nullptr);
}

int HostSignals::poll(pollfd* files, unsigned long count, const timespec* timeout) {
  const AllBlocked blocked;
  if (shared.pending) return -EINTR;
  sigset_t none;
  sigemptyset(&none);
  const int ready = ppoll(files, count, timeout, &none);
  return ready < 0 ? -errno : ready;
}

}  // namespace quince::machine::process
