// Threads: clone, futex, and what goes with them.
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr u64 retry_ns = 1'000'000;  // several threads, and a futex that another process may wake

Result clone(Kernel& k, u32 flags, u32 stack, u32 parent_tid, u32 tls, u32 child_tid) {
  const bool shares_memory = flags & CLONE_VM, waits = flags & CLONE_VFORK;
  if (!shares_memory || waits) return k.fork(flags, stack, parent_tid, tls, child_tid);
  if (!(flags & CLONE_THREAD) || !stack) return -EINVAL;
  return k.start_thread(flags, stack, parent_tid, tls, child_tid);
}

}  // namespace

Result sys_fork(Kernel& k, const Arguments&) { return clone(k, SIGCHLD, 0, 0, 0, 0); }
Result sys_vfork(Kernel& k, const Arguments&) {
  return clone(k, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
}
Result sys_clone(Kernel& k, const Arguments& a) { return clone(k, a[0], a[1], a[2], a[3], a[4]); }

Result sys_set_tid_address(Kernel& k, const Arguments& a) {
  k.thread().clear_child_tid = a[0];
  return k.thread().id;
}
Result sys_set_robust_list(Kernel& k, const Arguments& a) {
  constexpr u32 head_bytes = 12;
  if (a[1] != head_bytes) return -EINVAL;
  k.thread().robust_list = a[0];
  return 0;
}
Result sys_get_robust_list(Kernel& k, const Arguments& a) {
  for (auto& t : k.threads()) {
    if (a[0] != 0 && t->id != a[0]) continue;
    put_words(k, a[1], {a[0] == 0 ? k.thread().robust_list : t->robust_list});
    put_words(k, a[2], {12});
    return 0;
  }
  return -ESRCH;
}

// --- futex ---

namespace {

struct FutexCall {
  u32 address, operation, value, timeout_or_count, address2, value3;
  bool shared;  // other processes may take part
};

// The host compares memory as it is, so numbers go there in the guest's byte order.
Result host_futex(Kernel& k, const FutexCall& f, int operation, u32 value, const timespec* timeout) {
  return interruptible(SYS_futex, host_address(k.memory.host(f.address)), operation, value,
                       host_address(timeout), 0, f.value3);
}

Result wait_on_futex(Kernel& k, const FutexCall& f, u32 bits, std::optional<u64> deadline) {
  Thread& t = k.thread();
  if (t.wake == Wake::ready) return 0;
  if (bits == 0) return -EINVAL;
  if (k.memory.get<be32>(f.address) != f.value) return t.wake == Wake::none ? -EAGAIN : 0;
  if (deadline && k.monotonic() >= *deadline) return -ETIMEDOUT;
  if (f.shared && k.threads().size() == 1) {
    const timespec left = to_timespec(deadline ? *deadline - k.monotonic() : 0);
    return host_futex(k, f, FUTEX_WAIT, ppc::swap_bytes(f.value), deadline ? &left : nullptr);
  }
  if (f.shared) deadline = std::min(deadline.value_or(~u64{0}), k.monotonic() + retry_ns);
  return k.block({.deadline = deadline, .futex = f.address, .futex_bits = bits});
}

u32 wake_up(Kernel& k, const FutexCall& f, u32 count, u32 bits) {
  u32 woken = k.wake_futex(f.address, count, bits);
  if (f.shared && woken < count) {
    const Result others = host_futex(k, f, FUTEX_WAKE, count - woken, nullptr);
    if (others > 0) woken += static_cast<u32>(others);
  }
  return woken;
}

Result requeue(Kernel& k, const FutexCall& f, bool compare) {
  if (compare && k.memory.get<be32>(f.address) != f.value3) return -EAGAIN;
  const u32 woken = wake_up(k, f, f.value, FUTEX_BITSET_MATCH_ANY);
  const u32 moved = k.requeue_futex(f.address, f.address2, f.timeout_or_count);
  return Result{woken} + moved;
}

u32 operate(u32 operation, u32 old, u32 argument) {
  switch (operation & 7) {
    case FUTEX_OP_SET: return argument;
    case FUTEX_OP_ADD: return old + argument;
    case FUTEX_OP_OR: return old | argument;
    case FUTEX_OP_ANDN: return old & ~argument;
    default: return old ^ argument;
  }
}

bool compare(u32 comparison, i32 old, i32 argument) {
  switch (comparison) {
    case FUTEX_OP_CMP_EQ: return old == argument;
    case FUTEX_OP_CMP_NE: return old != argument;
    case FUTEX_OP_CMP_LT: return old < argument;
    case FUTEX_OP_CMP_LE: return old <= argument;
    case FUTEX_OP_CMP_GT: return old > argument;
    default: return old >= argument;
  }
}

// Changes the second word, wakes waiters of the first, and of the second if its old value compares.
Result wake_and_operate(Kernel& k, const FutexCall& f) {
  const auto field = [&](u32 shift) { return signed_word(f.value3 << (20 - shift)) >> 20; };
  const u32 operation = f.value3 >> 28, comparison = f.value3 >> 24 & 15;
  u32 argument = static_cast<u32>(field(12));
  if (operation & FUTEX_OP_OPARG_SHIFT) argument = u32{1} << (argument & 31);
  const u32 old = k.memory.get<be32>(f.address2);
  k.memory.put(f.address2, be32(operate(operation, old, argument)));
  u32 woken = wake_up(k, f, f.value, FUTEX_BITSET_MATCH_ANY);
  if (compare(comparison, signed_word(old), field(0))) {
    FutexCall second = f;
    second.address = f.address2;
    woken += wake_up(k, second, f.timeout_or_count, FUTEX_BITSET_MATCH_ANY);
  }
  return woken;
}

template <class Guest>
Result futex(Kernel& k, const Arguments& a) {
  const u32 operation = a[1] & static_cast<u32>(FUTEX_CMD_MASK);
  const bool is_private = a[1] & FUTEX_PRIVATE_FLAG;
  if (a[0] & 3) return -EINVAL;
  k.memory.readable(a[0], 4);
  const FutexCall f{a[0], operation, a[2], a[3], a[4], a[5], !is_private && k.memory.is_shared(a[0])};
  switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      std::optional<u64> deadline = k.thread().deadline;
      if (f.timeout_or_count && !deadline) {
        auto time = nanoseconds_at<Guest>(k, f.timeout_or_count);
        if (!time) return -EINVAL;
        if (operation == FUTEX_WAIT_BITSET) {  // absolute
          timespec now{};
          k.clock->now(a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, k.cpu.retired, &now);
          const u64 current = to_nanoseconds(now);
          time = *time > current ? *time - current : 0;
        }
        deadline = k.make_deadline(*time);
      }
      const u32 bits = operation == FUTEX_WAIT ? u32{FUTEX_BITSET_MATCH_ANY} : f.value3;
      return wait_on_futex(k, f, bits, deadline);
    }
    case FUTEX_WAKE: return wake_up(k, f, f.value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET: return f.value3 == 0 ? -EINVAL : Result{wake_up(k, f, f.value, f.value3)};
    case FUTEX_REQUEUE: return requeue(k, f, false);
    case FUTEX_CMP_REQUEUE: return requeue(k, f, true);
    case FUTEX_WAKE_OP: return wake_and_operate(k, f);
    default: return -ENOSYS;
  }
}

}  // namespace

Result sys_futex(Kernel& k, const Arguments& a) { return futex<GuestTime32>(k, a); }
Result sys_futex_time64(Kernel& k, const Arguments& a) { return futex<GuestTime64>(k, a); }

}  // namespace quince::machine::process
