// Clocks, sleeping, interval timers.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr u64 ns_per_us = 1000, ticks_per_second = 100;

Result read_clock(Kernel& k, u32 id, timespec* out) {
  return k.clock->now(static_cast<clockid_t>(id), k.cpu.retired, out);
}

template <class Guest>
Guest guest_time(const timespec& t) {
  if constexpr (std::is_same_v<Guest, GuestTime32>)
    return to_guest32(t);
  else
    return Guest(t);
}

template <class Guest>
Result get_time(Kernel& k, const Arguments& a) {
  timespec now;
  if (const Result error = read_clock(k, a[0], &now); error < 0) return error;
  k.memory.put(a[1], guest_time<Guest>(now));
  return 0;
}

template <class Guest>
Result get_resolution(Kernel& k, const Arguments& a) {
  timespec t;
  if (const Result error = k.clock->resolution(static_cast<clockid_t>(a[0]), &t); error < 0) return error;
  if (a[1]) k.memory.put(a[1], guest_time<Guest>(t));
  return 0;
}

// remaining: 0 if nobody wants to know.
template <class Guest>
Result sleep_until(Kernel& k, u64 deadline, u32 remaining) {
  const u64 now = k.monotonic();
  if (now >= deadline) return 0;
  if (k.thread().wake == Wake::signal && remaining) {
    k.memory.put(remaining, guest_time<Guest>(to_timespec(deadline - now)));
  }
  return k.block({.deadline = deadline}, -EINTR);
}

template <class Guest>
Result clock_sleep(Kernel& k, u32 id, bool absolute, u32 request, u32 remaining) {
  const auto time = nanoseconds_at<Guest>(k, request);
  timespec now;
  if (!time) return -EINVAL;
  if (const Result error = read_clock(k, id, &now); error < 0) return error;
  if (!absolute) return sleep_until<Guest>(k, k.make_deadline(*time), remaining);
  const u64 current = to_nanoseconds(now);
  return sleep_until<Guest>(k, k.make_deadline(*time > current ? *time - current : 0), 0);
}

timeval microseconds(u64 ns) {
  return {static_cast<time_t>(ns / nanoseconds_per_second),
          static_cast<suseconds_t>(ns % nanoseconds_per_second / ns_per_us)};
}
u64 from_timeval(const timeval& t) {
  return static_cast<u64>(t.tv_sec) * nanoseconds_per_second + static_cast<u64>(t.tv_usec) * ns_per_us;
}

// ITIMER_REAL of a deterministic clock is ours; everything else is the host's.
bool own_timer(Kernel& k, u32 which) { return which == ITIMER_REAL && k.clock->deterministic(); }

itimerval own_timer_value(Kernel& k) {
  const u64 now = k.monotonic(), deadline = k.timer.deadline;
  const u64 left = deadline == 0 ? 0 : deadline > now ? deadline - now : ns_per_us;
  return {microseconds(k.timer.interval), microseconds(left)};
}

Result exchange_timer(Kernel& k, u32 which, const itimerval* value, itimerval* old) {
  if (!own_timer(k, which)) {
    // Not by the C library's functions: a number that is none of their enumeration's may not be passed to
    // them.
    return from_host(value ? syscall(SYS_setitimer, which, value, old) : syscall(SYS_getitimer, which, old));
  }
  *old = own_timer_value(k);
  if (value) {
    const u64 first = from_timeval(value->it_value);
    k.timer = {first ? k.monotonic() + first : 0, from_timeval(value->it_interval)};
  }
  return 0;
}

GuestTimer32 guest_timer(const itimerval& t) { return {to_guest32(t.it_interval), to_guest32(t.it_value)}; }

}  // namespace

Result sys_time(Kernel& k, const Arguments& a) {
  timespec now;
  read_clock(k, CLOCK_REALTIME, &now);
  put_if(k, a[0], static_cast<u32>(now.tv_sec));
  return static_cast<u32>(now.tv_sec);
}
Result sys_gettimeofday(Kernel& k, const Arguments& a) {
  timespec now;
  read_clock(k, CLOCK_REALTIME, &now);
  if (a[0]) k.memory.put(a[0], GuestTime32{now.tv_sec, now.tv_nsec / long{ns_per_us}});
  if (a[1]) put_words(k, a[1], {0, 0});
  return 0;
}
Result sys_clock_gettime(Kernel& k, const Arguments& a) { return get_time<GuestTime32>(k, a); }
Result sys_clock_gettime64(Kernel& k, const Arguments& a) { return get_time<GuestTime64>(k, a); }
Result sys_clock_getres(Kernel& k, const Arguments& a) { return get_resolution<GuestTime32>(k, a); }
Result sys_clock_getres_time64(Kernel& k, const Arguments& a) { return get_resolution<GuestTime64>(k, a); }
Result sys_clock_settime(Kernel&, const Arguments&) { return -EPERM; }

Result sys_nanosleep(Kernel& k, const Arguments& a) {
  return clock_sleep<GuestTime32>(k, CLOCK_MONOTONIC, false, a[0], a[1]);
}
Result sys_clock_nanosleep(Kernel& k, const Arguments& a) {
  return clock_sleep<GuestTime32>(k, a[0], a[1] & TIMER_ABSTIME, a[2], a[3]);
}
Result sys_clock_nanosleep_time64(Kernel& k, const Arguments& a) {
  return clock_sleep<GuestTime64>(k, a[0], a[1] & TIMER_ABSTIME, a[2], a[3]);
}

Result sys_times(Kernel& k, const Arguments& a) {
  const auto ticks = [](u64 ns) {
    return static_cast<u32>(ns / (nanoseconds_per_second / ticks_per_second));
  };
  tms host{};
  times(&host);
  timespec used;
  if (k.clock->deterministic()) {
    read_clock(k, CLOCK_PROCESS_CPUTIME_ID, &used);
    host = {static_cast<clock_t>(ticks(to_nanoseconds(used))), 0, 0, 0};
  }
  if (a[0]) {
    k.memory.put(a[0], GuestTimes{host.tms_utime, host.tms_stime, host.tms_cutime, host.tms_cstime});
  }
  return ticks(k.monotonic());
}

Result sys_setitimer(Kernel& k, const Arguments& a) {
  itimerval value{}, old{};
  if (a[1]) {
    const auto guest = k.memory.get<GuestTimer32>(a[1]);
    value = {to_timeval(guest.interval), to_timeval(guest.value)};
  }
  const Result result = exchange_timer(k, a[0], &value, &old);
  if (result == 0 && a[2]) k.memory.put(a[2], guest_timer(old));
  return result;
}
Result sys_getitimer(Kernel& k, const Arguments& a) {
  itimerval old{};
  const Result result = exchange_timer(k, a[0], nullptr, &old);
  if (result == 0) k.memory.put(a[1], guest_timer(old));
  return result;
}
// What is left of the old alarm, in seconds, but never 0 if there was one.
Result sys_alarm(Kernel& k, const Arguments& a) {
  const itimerval value{{0, 0}, {static_cast<time_t>(a[0]), 0}};
  itimerval old{};
  exchange_timer(k, ITIMER_REAL, &value, &old);
  const bool round_up = old.it_value.tv_usec >= 500'000 || (old.it_value.tv_sec == 0 && old.it_value.tv_usec);
  return old.it_value.tv_sec + (round_up ? 1 : 0);
}

}  // namespace quince::machine::process
