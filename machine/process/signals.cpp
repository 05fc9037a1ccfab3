#include "machine/process/signals.h"

#include <algorithm>

namespace quince::machine::process {

SignalInfo SignalInfo::from_host(const siginfo_t& host) {
  SignalInfo info{host.si_signo, host.si_code, host.si_errno, {}};
  info.words[0] = static_cast<u32>(host.si_pid);
  info.words[1] = static_cast<u32>(host.si_uid);
  if (host.si_signo == SIGBUS && host.si_code > 0) {
    return fault(SIGBUS, host.si_code, static_cast<u32>(reinterpret_cast<std::uintptr_t>(host.si_addr)));
  }
  if (host.si_signo == SIGCHLD && host.si_code > 0) {
    info.words[2] = static_cast<u32>(host.si_status);
    info.words[3] = static_cast<u32>(host.si_utime);
    info.words[4] = static_cast<u32>(host.si_stime);
  } else {
    info.words[2] = static_cast<u32>(host.si_value.sival_int);
  }
  return info;
}

DefaultAction default_action(int number) {
  switch (number) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
    case SIGCONT: return DefaultAction::ignore;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return DefaultAction::stop;
    default: return DefaultAction::terminate;
  }
}

void PendingSignals::add(const SignalInfo& info) {
  const bool queues = info.number >= 32;
  if ((set_ & signal_bit(info.number)) && (!queues || queue_.size() >= longest_queue)) return;
  const auto after = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const SignalInfo& other) { return other.number > info.number; });
  queue_.insert(after, info);
  set_ |= signal_bit(info.number);
}

void PendingSignals::drop(u64 set) {
  std::erase_if(queue_, [&](const SignalInfo& info) { return set & signal_bit(info.number); });
  set_ &= ~set;
}

std::optional<SignalInfo> PendingSignals::take(u64 wanted) {
  const auto found = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const SignalInfo& info) { return wanted & signal_bit(info.number); });
  if (found == queue_.end()) return {};
  const SignalInfo info = *found;
  queue_.erase(found);
  set_ &= ~signal_bit(info.number);
  for (const auto& other : queue_) set_ |= signal_bit(other.number);
  return info;
}

}  // namespace quince::machine::process
