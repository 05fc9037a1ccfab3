// Identity, limits, system information, waiting for children, prctl.
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr u32 infinity32 = 0xffff'ffff;
constexpr u64 infinity64 = ~u64{0};
constexpr std::size_t longest_argument = 128 << 10;  // MAX_ARG_STRLEN
constexpr u64 retry_ns = 2'000'000;  // children of a process with several threads are asked for this often

Result store_ids(Kernel& k, const Arguments& a, const std::array<uid_t, 3>& ids) {
  for (std::size_t n = 0; n < 3; ++n) k.memory.put(a[n], be32(ids[n]));
  return 0;
}

// A child's status, if there is one; else waits.
template <class Wait>
Result wait_for_child(Kernel& k, Wait wait, u32 options) {
  const bool alone = k.threads().size() == 1;
  const Result result = wait(options | (alone ? 0 : u32{WNOHANG}));
  if (alone || result != 0 || (options & WNOHANG)) return result;
  return k.block({.deadline = k.monotonic() + retry_ns});
}

Result wait4(Kernel& k, u32 process, u32 status, u32 options, u32 usage) {
  int host_status = 0;
  rusage host_usage{};
  const Result result = wait_for_child(
      k,
      [&](u32 how) {
        return interruptible(SYS_wait4, signed_word(process), host_address(&host_status), signed_word(how),
                             host_address(&host_usage));
      },
      options);
  if (result > 0) {
    put_if(k, status, static_cast<u32>(host_status));
    if (usage) k.memory.put(usage, GuestUsage(host_usage));
  }
  return result;
}

}  // namespace

Result sys_getpid(Kernel&, const Arguments&) { return getpid(); }
Result sys_getppid(Kernel&, const Arguments&) { return getppid(); }
Result sys_gettid(Kernel& k, const Arguments&) { return k.thread().id; }
Result sys_getuid(Kernel&, const Arguments&) { return getuid(); }
Result sys_geteuid(Kernel&, const Arguments&) { return geteuid(); }
Result sys_getgid(Kernel&, const Arguments&) { return getgid(); }
Result sys_getegid(Kernel&, const Arguments&) { return getegid(); }
Result sys_getpgrp(Kernel&, const Arguments&) { return getpgrp(); }
Result sys_getpgid(Kernel&, const Arguments& a) { return from_host(getpgid(signed_word(a[0]))); }
Result sys_setpgid(Kernel&, const Arguments& a) {
  return from_host(setpgid(signed_word(a[0]), signed_word(a[1])));
}
Result sys_getsid(Kernel&, const Arguments& a) { return from_host(getsid(signed_word(a[0]))); }
Result sys_setsid(Kernel&, const Arguments&) { return from_host(setsid()); }
Result sys_setuid(Kernel&, const Arguments& a) { return from_host(setuid(a[0])); }
Result sys_setgid(Kernel&, const Arguments& a) { return from_host(setgid(a[0])); }
Result sys_setreuid(Kernel&, const Arguments& a) { return from_host(setreuid(a[0], a[1])); }
Result sys_setregid(Kernel&, const Arguments& a) { return from_host(setregid(a[0], a[1])); }
Result sys_setresuid(Kernel&, const Arguments& a) { return from_host(setresuid(a[0], a[1], a[2])); }
Result sys_setresgid(Kernel&, const Arguments& a) { return from_host(setresgid(a[0], a[1], a[2])); }
Result sys_getresuid(Kernel& k, const Arguments& a) {
  std::array<uid_t, 3> ids;
  getresuid(&ids[0], &ids[1], &ids[2]);
  return store_ids(k, a, ids);
}
Result sys_getresgid(Kernel& k, const Arguments& a) {
  std::array<gid_t, 3> ids;
  getresgid(&ids[0], &ids[1], &ids[2]);
  return store_ids(k, a, ids);
}
Result sys_getgroups(Kernel& k, const Arguments& a) {
  const int count = getgroups(0, nullptr);
  if (count < 0) return -errno;
  if (a[0] == 0) return count;
  if (signed_word(a[0]) < count) return -EINVAL;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgroups(count, groups.data()) < 0) return -errno;
  for (std::size_t n = 0; n < groups.size(); ++n)
    k.memory.put(a[1] + static_cast<u32>(4 * n), be32(groups[n]));
  return count;
}
Result sys_personality(Kernel&, const Arguments&) { return 0; }
Result sys_nice(Kernel&, const Arguments& a) {
  errno = 0;
  return nice(signed_word(a[0])) == -1 && errno != 0 ? -errno : 0;
}
// Linux gives back 20 - nice, so that it cannot be taken for an error.
Result sys_getpriority(Kernel&, const Arguments& a) {
  return from_host(syscall(SYS_getpriority, a[0], a[1]));
}
Result sys_setpriority(Kernel&, const Arguments& a) {
  return from_host(syscall(SYS_setpriority, a[0], a[1], signed_word(a[2])));
}

// --- Ending, starting, waiting ---

Result sys_exit(Kernel& k, const Arguments& a) {
  k.end_thread(static_cast<int>(a[0] & 0xff));
  return no_result;
}
Result sys_exit_group(Kernel& k, const Arguments& a) {
  k.end_process(static_cast<int>(a[0] & 0xff));
  return no_result;
}
Result sys_wait4(Kernel& k, const Arguments& a) { return wait4(k, a[0], a[1], a[2], a[3]); }
Result sys_waitpid(Kernel& k, const Arguments& a) { return wait4(k, a[0], a[1], a[2], 0); }
Result sys_waitid(Kernel& k, const Arguments& a) {
  siginfo_t info{};
  rusage usage{};
  // For wait_for_child a found child is a result other than 0.
  const Result result = wait_for_child(
      k,
      [&](u32 how) -> Result {
        const Result r = interruptible(SYS_waitid, signed_word(a[0]), signed_word(a[1]), host_address(&info),
                                       signed_word(how), host_address(&usage));
        return r == 0 && info.si_pid != 0 ? 1 : r;
      },
      a[3]);
  if (result < 0) return result;
  if (a[2])
    k.memory.put(a[2], result == 1 ? GuestSignalInfo(SignalInfo::from_host(info)) : GuestSignalInfo());
  if (a[4]) k.memory.put(a[4], GuestUsage(usage));
  return 0;
}

Result sys_execve(Kernel& k, const Arguments& a) {
  // The same string can be named any number of times: what does not fit on a stack is not gathered, either.
  bool too_long = false;
  std::size_t bytes = 0;
  const auto strings = [&](u32 address) {
    std::vector<std::string> result;
    for (u32 at = address; at && !too_long; at += 4) {
      const u32 text = k.memory.get<be32>(at);
      if (!text) break;
      result.push_back(k.memory.string(text));
      bytes += result.back().size() + sizeof(text);
      too_long = result.back().size() >= longest_argument || bytes > layout::stack_bytes;
    }
    return result;
  };
  const std::string program = path(k, a[0]);
  auto arguments = strings(a[1]);
  const auto environment = strings(a[2]);
  if (too_long) return -E2BIG;
  return k.exec(program, std::move(arguments), environment);
}

// --- Limits and use ---

namespace {

// Limits of memory are the guest's own affair: applied to the host's process they would hit the emulator.
bool is_own_limit(u32 which) {
  return which == RLIMIT_AS || which == RLIMIT_DATA || which == RLIMIT_STACK || which == RLIMIT_RSS ||
         which == RLIMIT_MEMLOCK;
}

Result exchange_limit(Kernel& k, u32 which, const Kernel::Limit* value, Kernel::Limit* old) {
  if (which >= k.limits.size()) return -EINVAL;
  if (is_own_limit(which)) {
    *old = *k.limits[which];
    if (!value) return 0;
    if (value->soft > value->hard) return -EINVAL;
    if (value->hard > old->hard) return -EPERM;
    k.limits[which] = *value;
    return 0;
  }
  rlimit host_old{}, host{};
  if (value) host = {value->soft, value->hard};
  const long failed = syscall(SYS_prlimit64, 0, which, value ? &host : nullptr, &host_old);
  *old = {host_old.rlim_cur, host_old.rlim_max};
  return from_host(failed);
}

u32 limit32(u64 limit) { return limit >= infinity32 ? infinity32 : static_cast<u32>(limit); }
u64 limit64(u32 limit) { return limit == infinity32 ? infinity64 : limit; }

}  // namespace

Result sys_ugetrlimit(Kernel& k, const Arguments& a) {
  Kernel::Limit old{};
  const Result result = exchange_limit(k, a[0], nullptr, &old);
  if (result == 0) k.memory.put(a[1], GuestLimit{limit32(old.soft), limit32(old.hard)});
  return result;
}
Result sys_getrlimit(Kernel& k, const Arguments& a) { return sys_ugetrlimit(k, a); }
Result sys_setrlimit(Kernel& k, const Arguments& a) {
  const auto guest = k.memory.get<GuestLimit>(a[1]);
  const Kernel::Limit value{limit64(guest.soft), limit64(guest.hard)};
  Kernel::Limit old{};
  return exchange_limit(k, a[0], &value, &old);
}
Result sys_prlimit64(Kernel& k, const Arguments& a) {
  if (a[0] != 0 && signed_word(a[0]) != getpid()) return -EPERM;
  Kernel::Limit value{}, old{};
  if (a[2]) {
    const auto guest = k.memory.get<GuestLimit64>(a[2]);
    value = {guest.soft, guest.hard};
  }
  const Result result = exchange_limit(k, a[1], a[2] ? &value : nullptr, &old);
  if (result == 0 && a[3]) k.memory.put(a[3], GuestLimit64{old.soft, old.hard});
  return result;
}
Result sys_getrusage(Kernel& k, const Arguments& a) {
  rusage usage{};
  if (syscall(SYS_getrusage, signed_word(a[0]), &usage) != 0) return -errno;
  if (k.clock->deterministic() && signed_word(a[0]) != RUSAGE_CHILDREN) {
    timespec used{};
    k.clock->now(CLOCK_PROCESS_CPUTIME_ID, k.cpu.retired, &used);
    usage = {};
    usage.ru_utime = {used.tv_sec, used.tv_nsec / 1000};
  }
  k.memory.put(a[1], GuestUsage(usage));
  return 0;
}

// --- The system ---

Result sys_uname(Kernel& k, const Arguments& a) {
  utsname host{};
  uname(&host);
  GuestName guest{};
  const char* fields[] = {host.sysname, host.nodename, host.release, host.version, "ppc", host.domainname};
  for (std::size_t n = 0; n < guest.fields.size(); ++n) {
    std::string(fields[n]).copy(guest.fields[n].data(), guest.fields[n].size() - 1);
  }
  k.memory.put(a[0], guest);
  return 0;
}

Result sys_sysinfo(Kernel& k, const Arguments& a) {
  struct sysinfo host;
  if (sysinfo(&host) != 0) return -errno;
  u32 shift = 0;  // the unit grows until all counts fit
  u64 largest = std::max<u64>(host.totalram, host.totalswap) * host.mem_unit;
  while (largest >> shift > 0xffff'ffff) ++shift;
  const auto scaled = [&](u64 count) { return count * host.mem_unit >> shift; };
  GuestSystemInfo guest{};
  guest.uptime = host.uptime;
  for (std::size_t n = 0; n < 3; ++n) guest.loads[n] = host.loads[n];
  guest.total_ram = scaled(host.totalram), guest.free_ram = scaled(host.freeram);
  guest.shared_ram = scaled(host.sharedram), guest.buffer_ram = scaled(host.bufferram);
  guest.total_swap = scaled(host.totalswap), guest.free_swap = scaled(host.freeswap);
  guest.processes = host.procs, guest.unit = u32{1} << shift;
  k.memory.put(a[0], guest);
  return 0;
}

Result sys_getrandom(Kernel& k, const Arguments& a) {
  constexpr u64 most_bytes = (32u << 20) - 1;  // of one call, as Linux
  const u64 bytes = std::min(k.memory.accessible(a[0], a[1], true), most_bytes);
  k.random_bytes(k.memory.host(a[0]), bytes);
  k.memory.written(a[0], bytes);
  return static_cast<Result>(bytes);
}

// --- One processor ---

Result sys_sched_yield(Kernel& k, const Arguments&) {
  if (k.thread().wake != Wake::none || k.threads().size() == 1) return 0;
  return k.block({.deadline = 0});  // over at once, after the others
}
Result sys_sched_getaffinity(Kernel& k, const Arguments& a) {
  if (a[1] < 4) return -EINVAL;
  put_words(k, a[2], {1});
  return 4;
}
Result sys_sched_setaffinity(Kernel& k, const Arguments& a) {
  return a[1] >= 4 && (u32{k.memory.get<be32>(a[2])} & 1) ? 0 : -EINVAL;
}
Result sys_getcpu(Kernel& k, const Arguments& a) {
  put_if(k, a[0], 0);
  put_if(k, a[1], 0);
  return 0;
}
Result sys_sched_getparam(Kernel& k, const Arguments& a) {
  put_words(k, a[1], {0});
  return 0;
}
Result sys_sched_setparam(Kernel& k, const Arguments& a) {
  return u32{k.memory.get<be32>(a[1])} == 0 ? 0 : -EINVAL;
}
Result sys_sched_getscheduler(Kernel&, const Arguments&) { return SCHED_OTHER; }
Result sys_sched_setscheduler(Kernel&, const Arguments& a) { return a[1] == SCHED_OTHER ? 0 : -EPERM; }
Result sys_sched_get_priority_max(Kernel&, const Arguments& a) {
  return from_host(sched_get_priority_max(signed_word(a[0])));
}
Result sys_sched_get_priority_min(Kernel&, const Arguments& a) {
  return from_host(sched_get_priority_min(signed_word(a[0])));
}
Result sys_sched_rr_get_interval(Kernel& k, const Arguments& a) {
  put_words(k, a[1], {0, 0});
  return 0;
}

// --- prctl ---

namespace {

constexpr u32 big_endian = 0, disabled = 0, precise = 3, software = 0x80;  // PR_ENDIAN_BIG, PR_FP_EXC_*

Result set_floating_point_exceptions(Kernel& k, u32 mode) {
  if ((mode & software) || mode > precise) return -EINVAL;
  k.floating_point_exceptions = mode;
  const u32 bits = (mode & 2 ? ppc::msr::fe0 : disabled) | (mode & 1 ? ppc::msr::fe1 : disabled);
  k.cpu.set_msr((k.cpu.state.msr & ~(ppc::msr::fe0 | ppc::msr::fe1)) | bits);
  return 0;
}

}  // namespace

Result sys_prctl(Kernel& k, const Arguments& a) {
  switch (a[0]) {
    case PR_SET_NAME: {
      const std::string name = k.memory.string(a[1]);
      k.name.fill('\0');
      name.copy(k.name.data(), k.name.size() - 1);
      return 0;
    }
    case PR_GET_NAME: k.memory.put(a[1], k.name); return 0;
    case PR_SET_FPEXC: return set_floating_point_exceptions(k, a[1]);
    case PR_GET_FPEXC: put_words(k, a[1], {k.floating_point_exceptions}); return 0;
    case PR_GET_ENDIAN: put_words(k, a[1], {big_endian}); return 0;
    case PR_SET_ENDIAN: return a[1] == big_endian ? 0 : -EINVAL;
    case PR_GET_PDEATHSIG: {
      int number = 0;
      const Result result = from_host(prctl(PR_GET_PDEATHSIG, &number));
      if (result == 0) put_words(k, a[1], {static_cast<u32>(number)});
      return result;
    }
    case PR_SET_PDEATHSIG:
    case PR_GET_DUMPABLE:
    case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_SET_KEEPCAPS:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_CHILD_SUBREAPER: return from_host(prctl(signed_word(a[0]), a[1], a[2], a[3], a[4]));
    default: return -EINVAL;
  }
}

}  // namespace quince::machine::process
