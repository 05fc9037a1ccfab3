// Signals: actions, masks, waiting, sending.
#include <unistd.h>

#include <algorithm>

#include "machine/process/signal_frame.h"
#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

bool valid_signal(u32 number) { return number >= 1 && number <= u32{signal_count}; }

Result exchange_action(Kernel& k, u32 number, std::optional<SignalAction> action, SignalAction* old) {
  if (!valid_signal(number)) return -EINVAL;
  if (action && (number == SIGKILL || number == SIGSTOP)) return -EINVAL;
  *old = k.actions[number];
  if (action) k.set_action(signed_word(number), *action);
  return 0;
}

std::optional<u64> changed_mask(u64 mask, u32 how, u64 set) {
  switch (how) {
    case SIG_BLOCK: return mask | set;
    case SIG_UNBLOCK: return mask & ~set;
    case SIG_SETMASK: return set;
    default: return {};
  }
}

Thread* find_thread(Kernel& k, u32 id) {
  for (auto& t : k.threads()) {
    if (t->id == id) return t.get();
  }
  return nullptr;
}

Result send_to_thread(Kernel& k, Thread& t, u32 number, int code) {
  if (number != 0) {
    k.send(SignalInfo::sent(signed_word(number), code, static_cast<u32>(getpid()), getuid()), &t);
  }
  return 0;
}

}  // namespace

Result sys_rt_sigaction(Kernel& k, const Arguments& a) {
  if (a[3] != signal_set_bytes) return -EINVAL;
  std::optional<SignalAction> action;
  SignalAction old;
  if (a[1]) {
    const auto guest = k.memory.get<GuestSignalAction>(a[1]);
    action = SignalAction{guest.handler, guest.flags, guest.restorer, guest.mask.value()};
  }
  const Result result = exchange_action(k, a[0], action, &old);
  if (result == 0 && a[2]) {
    k.memory.put(a[2], GuestSignalAction{old.handler, old.flags, old.restorer, GuestSignalSet(old.mask)});
  }
  return result;
}

Result sys_sigaction(Kernel& k, const Arguments& a) {
  std::optional<SignalAction> action;
  SignalAction old;
  if (a[1]) {
    const auto guest = k.memory.get<GuestOldSignalAction>(a[1]);
    action = SignalAction{guest.handler, guest.flags, guest.restorer, u32{guest.mask}};
  }
  const Result result = exchange_action(k, a[0], action, &old);
  if (result == 0 && a[2]) {
    k.memory.put(a[2],
                 GuestOldSignalAction{old.handler, static_cast<u32>(old.mask), old.flags, old.restorer});
  }
  return result;
}

Result sys_signal(Kernel& k, const Arguments& a) {
  SignalAction old;
  const SignalAction action{a[1], static_cast<u32>(SA_RESETHAND | SA_NODEFER), 0, 0};
  const Result result = exchange_action(k, a[0], action, &old);
  return result == 0 ? Result{old.handler} : result;
}

Result sys_rt_sigprocmask(Kernel& k, const Arguments& a) {
  if (a[3] != signal_set_bytes) return -EINVAL;
  Thread& t = k.thread();
  const u64 old = t.blocked;
  if (a[1]) {
    const auto mask = changed_mask(old, a[0], k.memory.get<GuestSignalSet>(a[1]).value());
    if (!mask) return -EINVAL;
    k.set_mask(t, *mask);
  }
  if (a[2]) k.memory.put(a[2], GuestSignalSet(old));
  return 0;
}
Result sys_sigprocmask(Kernel& k, const Arguments& a) {  // 32 signals
  Thread& t = k.thread();
  const u64 old = t.blocked;
  if (a[1]) {
    const auto mask = changed_mask(old & 0xffff'ffff, a[0], u32{k.memory.get<be32>(a[1])});
    if (!mask) return -EINVAL;
    k.set_mask(t, (old & ~u64{0xffff'ffff}) | (*mask & 0xffff'ffff));
  }
  put_if(k, a[2], static_cast<u32>(old));
  return 0;
}

Result sys_rt_sigpending(Kernel& k, const Arguments& a) {
  if (a[1] > signal_set_bytes) return -EINVAL;
  const u64 set = (k.pending.set() | k.thread().pending.set()) & k.thread().blocked;
  k.memory.put(a[0], GuestSignalSet(set));
  return 0;
}
Result sys_sigpending(Kernel& k, const Arguments& a) {
  const u64 set = (k.pending.set() | k.thread().pending.set()) & k.thread().blocked;
  k.memory.put(a[0], be32(set));
  return 0;
}

Result sys_rt_sigsuspend(Kernel& k, const Arguments& a) {
  if (a[1] != signal_set_bytes) return -EINVAL;
  wait_with_mask(k, a[0], a[1]);
  return k.block({}, -EINTR);
}
Result sys_sigsuspend(Kernel& k, const Arguments& a) {  // the mask itself, in a register
  Thread& t = k.thread();
  if (!t.mask_after) {
    t.mask_after = t.blocked;
    k.set_mask(t, a[0]);
  }
  return k.block({}, -EINTR);
}
Result sys_pause(Kernel& k, const Arguments&) { return k.block({}, -EINTR); }

namespace {

// Takes a blocked signal; waits for one at most so long.
template <class Guest>
Result take_signal(Kernel& k, const Arguments& a) {
  if (a[3] != signal_set_bytes) return -EINVAL;
  const u64 wanted = k.memory.get<GuestSignalSet>(a[0]).value() & ~never_blocked;
  auto info = k.thread().pending.take(wanted);
  if (!info) info = k.pending.take(wanted);
  if (info) {
    if (a[1]) k.memory.put(a[1], GuestSignalInfo(*info));
    return info->number;
  }
  if (!a[2]) return k.block({.signals = wanted}, -EINTR);
  const auto timeout = nanoseconds_at<Guest>(k, a[2]);
  if (!timeout) return -EINVAL;
  const u64 deadline = k.make_deadline(*timeout);
  if (k.monotonic() >= deadline) return -EAGAIN;
  return k.block({.deadline = deadline, .signals = wanted}, -EINTR);
}

}  // namespace

Result sys_rt_sigtimedwait(Kernel& k, const Arguments& a) { return take_signal<GuestTime32>(k, a); }
Result sys_rt_sigtimedwait_time64(Kernel& k, const Arguments& a) { return take_signal<GuestTime64>(k, a); }

Result sys_sigaltstack(Kernel& k, const Arguments& a) {
  AlternateStack& own = k.thread().alternate_stack;
  const u32 sp = k.cpu.state.gpr[1];
  const AlternateStack old = own;
  if (a[0]) {
    const auto guest = k.memory.get<GuestStack>(a[0]);
    const u32 flags = guest.flags, mode = flags & ~autodisarm;
    if (old.holds(sp) && !old.disarm) return -EPERM;
    if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) return -EINVAL;
    if (mode != SS_DISABLE && guest.size < smallest_alternate_stack) return -ENOMEM;
    own = mode == SS_DISABLE ? AlternateStack{}
                             : AlternateStack{guest.sp, guest.size, true, (flags & autodisarm) != 0};
  }
  if (a[1]) k.memory.put(a[1], guest_stack(old, sp));
  return 0;
}

Result sys_sigreturn(Kernel& k, const Arguments&) {
  try {
    return k.return_from_signal(false);
  } catch (BadAddress) {
    k.force_signal(SignalInfo::fault(SIGSEGV, SI_KERNEL, 0));
    return no_result;
  }
}
Result sys_rt_sigreturn(Kernel& k, const Arguments&) {
  try {
    return k.return_from_signal(true);
  } catch (BadAddress) {
    k.force_signal(SignalInfo::fault(SIGSEGV, SI_KERNEL, 0));
    return no_result;
  }
}

// old context, new context, their size
Result sys_swapcontext(Kernel& k, const Arguments& a) {
  if (a[2] < sizeof(GuestUserContext)) return -EINVAL;
  if (a[0]) save_user_context(k, a[0]);
  if (!a[1]) return 0;
  restore_user_context(k, a[1]);
  return no_result;
}

// --- Sending ---

Result sys_kill(Kernel& k, const Arguments& a) {
  if (a[1] != 0 && !valid_signal(a[1])) return -EINVAL;
  if (signed_word(a[0]) != getpid()) return from_host(kill(signed_word(a[0]), signed_word(a[1])));
  if (a[1] != 0) {
    k.send(SignalInfo::sent(signed_word(a[1]), SI_USER, static_cast<u32>(getpid()), getuid()));
  }
  return 0;
}
Result sys_tgkill(Kernel& k, const Arguments& a) {
  if (a[2] != 0 && !valid_signal(a[2])) return -EINVAL;
  if (signed_word(a[0]) <= 0 || signed_word(a[1]) <= 0) return -EINVAL;
  if (signed_word(a[0]) != getpid()) {
    return from_host(tgkill(signed_word(a[0]), signed_word(a[1]), signed_word(a[2])));
  }
  Thread* t = find_thread(k, a[1]);
  return t ? send_to_thread(k, *t, a[2], SI_TKILL) : -ESRCH;
}
Result sys_tkill(Kernel& k, const Arguments& a) {
  if (a[1] != 0 && !valid_signal(a[1])) return -EINVAL;
  Thread* t = find_thread(k, a[0]);
  return t ? send_to_thread(k, *t, a[1], SI_TKILL) : -ESRCH;
}
Result sys_rt_sigqueueinfo(Kernel& k, const Arguments& a) {
  if (!valid_signal(a[1])) return -EINVAL;
  const auto guest = k.memory.get<GuestSignalInfo>(a[2]);
  SignalInfo info{signed_word(a[1]), guest.code, guest.error, {}};
  std::copy(guest.words.begin(), guest.words.end(), info.words.begin());
  if (signed_word(a[0]) == getpid()) {
    k.send(info);
    return 0;
  }
  if (info.code >= 0) return -EPERM;
  return from_host(sigqueue(signed_word(a[0]), signed_word(a[1]), {.sival_int = signed_word(info.words[2])}));
}

}  // namespace quince::machine::process
