// Which signals reach the guest, when, and what they do to it.
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "machine/process/kernel.h"

namespace quince::machine::process {

namespace {

constexpr u32 kept_by_host_from = 32, kept_by_host_to = 33;  // of the host's C library

bool catchable(int number) {
  return number != SIGKILL && number != SIGSTOP && number != timeout_signal &&
         (number < int{kept_by_host_from} || number > int{kept_by_host_to});
}

bool is_ignored(const SignalAction& action, int number) {
  return action.handler == SignalAction::ignore ||
         (action.handler == SignalAction::default_action && default_action(number) == DefaultAction::ignore);
}

}  // namespace

// --- The host's side ---

// Signals that whoever started us has ignored stay ignored, as across execve.
void Kernel::adopt_host_dispositions() {
  for (int n = 1; n <= signal_count; ++n) {
    struct sigaction host_action {};
    if (!catchable(n) || sigaction(n, nullptr, &host_action) != 0) continue;
    if (!(host_action.sa_flags & SA_SIGINFO) && host_action.sa_handler == SIG_IGN) {
      actions[static_cast<std::size_t>(n)].handler = SignalAction::ignore;
    }
    apply_disposition(n);
  }
}

void Kernel::apply_disposition(int number) {
  if (!catchable(number)) return;
  const SignalAction& action = actions[static_cast<std::size_t>(number)];
  if (action.handler == SignalAction::ignore) return host.ignore(number);
  const bool stops = default_action(number) == DefaultAction::stop;
  if (action.handler == SignalAction::default_action && stops) return host.restore_default(number);
  const u32 flags = number == SIGCHLD ? action.flags & (SA_NOCLDSTOP | SA_NOCLDWAIT) : 0;
  host.catch_it(number, static_cast<int>(flags));
}

void Kernel::take_host_signals() {
  while (const auto host_info = host.take()) {
    const auto info = SignalInfo::from_host(*host_info);
    if (info.number == SIGBUS && info.code > 0 && current_) {
      force_signal(info);
    } else {
      send(info);
    }
  }
  if (host.timed_out()) exit_code_ = status::timeout;
}

// --- The guest's side ---

void Kernel::send(const SignalInfo& info, Thread* to) {
  const u64 bit = signal_bit(info.number);
  const auto blocks = [&](const Thread& t) { return (t.blocked & bit) != 0; };
  const bool all_block =
      to ? blocks(*to)
         : std::all_of(threads_.begin(), threads_.end(), [&](const auto& t) { return blocks(*t); });
  if (is_ignored(actions[static_cast<std::size_t>(info.number)], info.number) && !all_block) return;
  (to ? to->pending : pending).add(info);
}

void Kernel::set_action(int number, const SignalAction& action) {
  actions[static_cast<std::size_t>(number)] = action;
  if (is_ignored(action, number)) {
    pending.drop(signal_bit(number));
    for (auto& t : threads_) t->pending.drop(signal_bit(number));
  }
  apply_disposition(number);
}

// Pending, not blocked, and not to be ignored.
u64 Kernel::deliverable(const Thread& t) const {
  u64 set = (pending.set() | t.pending.set()) & ~t.blocked;
  for (u64 rest = set; rest; rest &= rest - 1) {
    const int number = __builtin_ctzll(rest) + 1;
    if (is_ignored(actions[static_cast<std::size_t>(number)], number)) set &= ~signal_bit(number);
  }
  return set;
}

void Kernel::force_signal(SignalInfo info) {
  auto& action = actions[static_cast<std::size_t>(info.number)];
  if (action.handler == SignalAction::ignore || (current_->blocked & signal_bit(info.number))) {
    action.handler = SignalAction::default_action;
    current_->blocked &= ~signal_bit(info.number);
  }
  current_->pending.add(info);
}

void Kernel::deliver_signals() {
  bool handled = false;
  while (const u64 wanted = deliverable(*current_)) {
    auto info = current_->pending.take(wanted);
    if (!info) info = pending.take(wanted);
    handled |= deliver(*info);
    if (exit_code_ || death_signal_) return;
  }
  if (current_->mask_after) set_mask(*current_, *current_->mask_after);
  current_->mask_after.reset();
  if (current_->restart && !handled) restart_system_call();
  current_->restart.reset();
}

void Kernel::restart_system_call() {
  cpu.state.gpr[3] = *current_->restart;
  cpu.state.pc -= 4;
}

bool Kernel::deliver(const SignalInfo& info) {
  SignalAction& action = actions[static_cast<std::size_t>(info.number)];
  if (action.handler == SignalAction::default_action) {
    take_default_action(info.number);
    return false;
  }
  if (current_->restart && (action.flags & SA_RESTART)) restart_system_call();
  current_->restart.reset();
  try {
    push_frame(info, action);
  } catch (BadAddress) {  // no stack for the handler
    if (info.number == SIGSEGV) action.handler = SignalAction::default_action;
    force_signal(SignalInfo::fault(SIGSEGV, SI_KERNEL, 0));
    return true;
  }
  current_->mask_after.reset();
  u64 mask = current_->blocked | action.mask;
  if (!(action.flags & SA_NODEFER)) mask |= signal_bit(info.number);
  set_mask(*current_, mask);
  if (action.flags & SA_RESETHAND) {
    action = {};
    apply_disposition(info.number);
  }
  return true;
}

void Kernel::take_default_action(int number) {
  switch (default_action(number)) {
    case DefaultAction::ignore: return;
    case DefaultAction::stop: kill(getpid(), SIGSTOP); return;
    case DefaultAction::terminate: death_signal_ = number; return;
  }
}

}  // namespace quince::machine::process
