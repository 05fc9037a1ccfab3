// Threads take turns on one processor. They change places at system calls that wait and when a time slice is
// over.
#include <algorithm>
#include <cerrno>

#include "machine/process/kernel.h"

namespace quince::machine::process {

namespace {

constexpr u64 slice = 200'000;  // instructions

}  // namespace

Result Kernel::block(Wait wait, Result interrupted) {
  Thread& t = thread();
  if (t.wake == Wake::signal) return interrupted;
  t.wait = std::move(wait);
  t.waiting = true;
  return blocked_call;
}

Result Kernel::wait_for_file(int file, short events) {
  if (threads_.size() == 1) return 0;  // the host's call may as well wait itself
  pollfd entry{file, events, 0};
  if (::poll(&entry, 1, 0) != 0) return 0;
  return block({.files = {entry}});
}

u64 Kernel::make_deadline(u64 nanoseconds) {
  Thread& t = thread();
  if (!t.deadline) {
    const u64 now = monotonic();
    t.deadline = nanoseconds > ~u64{0} - now ? ~u64{0} : now + nanoseconds;
  }
  return *t.deadline;
}

u64 Kernel::next_limit() {
  u64 limit = threads_.size() > 1 ? cpu.retired + slice : ~u64{0};
  if (timer.deadline) {
    const u64 now = monotonic();
    limit = std::min(limit,
                     cpu.retired + clock->instructions_in(timer.deadline > now ? timer.deadline - now : 0));
  }
  return limit;
}

void Kernel::fire_timer() {
  if (!timer.deadline || monotonic() < timer.deadline) return;
  timer.deadline = timer.interval ? timer.deadline + timer.interval : 0;
  send({SIGALRM, SI_KERNEL, 0, {}});
}

void Kernel::switch_to(Thread& t) {
  if (&t == current_) return;
  if (current_) current_->state = cpu.state;
  current_ = &t;
  cpu.state = t.state;
  cpu.state.reservation = false;
}

// Marks the descriptors of waiting threads that are ready, without waiting.
void Kernel::poll_files() {
  for (auto& t : threads_) {
    if (t->waiting && !t->wait.files.empty()) ::poll(t->wait.files.data(), t->wait.files.size(), 0);
  }
}

bool Kernel::try_wake(Thread& t) {
  const auto& files = t.wait.files;
  if (t.futex_woken || ((pending.set() | t.pending.set()) & t.wait.signals) ||
      std::any_of(files.begin(), files.end(), [](const pollfd& f) { return f.revents != 0; })) {
    t.wake = Wake::ready;
  } else if (deliverable(t)) {
    t.wake = Wake::signal;
  } else if (t.wait.deadline && monotonic() >= *t.wait.deadline) {
    t.wake = Wake::deadline;
  } else {
    return false;
  }
  return true;
}

// The next thread that can go on, in turn; the current one only if there is no other. False if all wait.
bool Kernel::choose_thread() {
  if (threads_.size() == 1) {
    switch_to(*threads_.front());
    return !current_->waiting || (poll_files(), try_wake(*current_));
  }
  poll_files();
  const auto current =
      std::find_if(threads_.begin(), threads_.end(), [&](const auto& t) { return t.get() == current_; });
  const std::size_t start =
      current == threads_.end() ? 0 : static_cast<std::size_t>(current - threads_.begin());
  for (std::size_t n = 1; n <= threads_.size(); ++n) {
    Thread& t = *threads_[(start + n) % threads_.size()];
    if (t.waiting && !try_wake(t)) continue;
    switch_to(t);
    return true;
  }
  return false;
}

void Kernel::sleep_until_something() {
  std::vector<pollfd> files;
  std::optional<u64> deadline;
  if (timer.deadline) deadline = timer.deadline;
  for (const auto& t : threads_) {
    files.insert(files.end(), t->wait.files.begin(), t->wait.files.end());
    if (t->wait.deadline && (!deadline || *t->wait.deadline < *deadline)) deadline = t->wait.deadline;
  }
  const u64 now = monotonic();
  timespec timeout = to_timespec(deadline && *deadline > now ? *deadline - now : 0);
  if (deadline && clock->deterministic()) {
    timeout = {};
    if (host.poll(files.data(), files.size(), &timeout) == 0) clock->skip_to(*deadline, cpu.retired);
    return;
  }
  host.poll(files.data(), files.size(), deadline ? &timeout : nullptr);
}

u32 Kernel::wake_futex(u32 address, u32 count, u32 bits) {
  u32 woken = 0;
  for (auto& t : threads_) {
    if (woken == count) break;
    if (!t->waiting || t->futex_woken || t->wait.futex != address || !(t->wait.futex_bits & bits)) continue;
    t->futex_woken = true;
    ++woken;
  }
  return woken;
}

u32 Kernel::requeue_futex(u32 from, u32 to, u32 count) {
  u32 moved = 0;
  for (auto& t : threads_) {
    if (moved == count) break;
    if (!t->waiting || t->futex_woken || t->wait.futex != from) continue;
    t->wait.futex = to;
    ++moved;
  }
  return moved;
}

void Kernel::step() {
  // In this order: a signal that arrives after the limit is set makes the engine return at once.
  cpu.limit = next_limit();
  memory.settle();
  if (host.pending()) take_host_signals();
  fire_timer();
  if (exit_code_ || death_signal_) return;
  if (!choose_thread()) return sleep_until_something();
  if (current_->waiting) {
    resume_call();
    if (!current_ || current_->waiting || exit_code_ || death_signal_) return;
  }
  deliver_signals();
  if (exit_code_ || death_signal_) return;
  // Back in user mode with FPSCR[FEX] set, by prctl or by a handler's return.
  if (cpu.fp_exception_waiting()) {
    return exception({ppc::Vector::program, ppc::program_cause::fp_enabled, 0, 0});
  }
  const ppc::Stop stop = engine_->run();
  if (stop.exception) {
    ++cpu.counters.exceptions[static_cast<u32>(stop.what.vector) / 0x100];
    if (cpu.on_exception) cpu.on_exception(stop.what, cpu.state.pc);
    exception(stop.what);
  }
}

}  // namespace quince::machine::process
