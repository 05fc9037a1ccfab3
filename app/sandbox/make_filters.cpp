// Writes the filters of system calls (calls.h) as tables for the compiler: make_filters FILE. Making them
// takes libseccomp a millisecond, as long as a whole short program runs.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "app/sandbox/calls.h"

namespace quince::app {

namespace {

// --- What is allowed: calls, and calls with some arguments ---

constexpr int for_all[] = {
    // What is open
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek),
    SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(memfd_create), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(fadvise64), SCMP_SYS(getdents64),
    // Sockets that are there
    SCMP_SYS(socketpair), SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    // Memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(msync), SCMP_SYS(mincore),
    SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(membarrier),
    // Threads, signals, time
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(arch_prctl), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(wait4), SCMP_SYS(waitid),
    SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    SCMP_SYS(pause), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime), SCMP_SYS(timer_delete), SCMP_SYS(setitimer), SCMP_SYS(getitimer),
    SCMP_SYS(alarm),
    // What one may know of oneself and of the system
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid), SCMP_SYS(getsid),
    SCMP_SYS(getcwd), SCMP_SYS(getrusage), SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo)};

// The host's graphics drivers and libraries, besides: devices that they have open, memory shared with the X
// server, threads with priorities.
constexpr int for_windows[] = {SCMP_SYS(shmget),
                               SCMP_SYS(shmdt),
                               SCMP_SYS(shmctl),
                               SCMP_SYS(sched_setaffinity),
                               SCMP_SYS(sched_setscheduler),
                               SCMP_SYS(sched_getscheduler),
                               SCMP_SYS(sched_getparam),
                               SCMP_SYS(sched_setattr),
                               SCMP_SYS(sched_get_priority_min),
                               SCMP_SYS(sched_get_priority_max),
                               SCMP_SYS(setpriority),
                               SCMP_SYS(getpriority),
                               SCMP_SYS(mbind),
                               SCMP_SYS(timerfd_create),
                               SCMP_SYS(timerfd_settime)};

// What a guest's system calls lead to (machine/process). Landlock knows which names are meant.
constexpr int for_programs[] = {SCMP_SYS(creat),
                                SCMP_SYS(access),
                                SCMP_SYS(faccessat),
                                SCMP_SYS(faccessat2),
                                SCMP_SYS(stat),
                                SCMP_SYS(lstat),
                                SCMP_SYS(newfstatat),
                                SCMP_SYS(statx),
                                SCMP_SYS(statfs),
                                SCMP_SYS(fstatfs),
                                SCMP_SYS(readlink),
                                SCMP_SYS(readlinkat),
                                SCMP_SYS(link),
                                SCMP_SYS(linkat),
                                SCMP_SYS(unlink),
                                SCMP_SYS(unlinkat),
                                SCMP_SYS(symlink),
                                SCMP_SYS(symlinkat),
                                SCMP_SYS(rename),
                                SCMP_SYS(renameat),
                                SCMP_SYS(renameat2),
                                SCMP_SYS(mkdir),
                                SCMP_SYS(mkdirat),
                                SCMP_SYS(rmdir),
                                SCMP_SYS(mknod),
                                SCMP_SYS(mknodat),
                                SCMP_SYS(chdir),
                                SCMP_SYS(fchdir),
                                SCMP_SYS(umask),
                                SCMP_SYS(fchmod),
                                SCMP_SYS(fchown),
                                SCMP_SYS(close_range),
                                SCMP_SYS(sync),
                                SCMP_SYS(syncfs),
                                SCMP_SYS(readahead),
                                SCMP_SYS(sendfile),
                                SCMP_SYS(copy_file_range),
                                SCMP_SYS(eventfd),
                                SCMP_SYS(epoll_create),
                                SCMP_SYS(listen),
                                SCMP_SYS(kill),
                                SCMP_SYS(tgkill),
                                SCMP_SYS(rt_sigqueueinfo),
                                SCMP_SYS(setpgid),
                                SCMP_SYS(setsid),
                                SCMP_SYS(setuid),
                                SCMP_SYS(setgid),
                                SCMP_SYS(setreuid),
                                SCMP_SYS(setregid),
                                SCMP_SYS(setresuid),
                                SCMP_SYS(setresgid),
                                SCMP_SYS(getresuid),
                                SCMP_SYS(getresgid),
                                SCMP_SYS(getgroups),
                                SCMP_SYS(getpriority),
                                SCMP_SYS(setpriority),
                                SCMP_SYS(sched_get_priority_max),
                                SCMP_SYS(sched_get_priority_min),
                                SCMP_SYS(vfork)};

constexpr int for_networked[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind)};

// An argument's bits.
struct Bits {
  unsigned argument;
  scmp_datum_t mask, value;
};
struct Conditional {
  int call;
  std::array<Bits, 2> bits;  // those with a mask of 0 say nothing
};

constexpr scmp_datum_t word = 0xffff'ffff;  // the kernel looks at no more of many an argument
constexpr scmp_datum_t namespaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                    CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME;

constexpr Conditional conditional_for_all[] = {
    {SCMP_SYS(mmap), {{{2, PROT_EXEC, 0}}}},          {SCMP_SYS(mprotect), {{{2, PROT_EXEC, 0}}}},
    {SCMP_SYS(sendto), {{{4, ~scmp_datum_t{0}, 0}}}},  // to whom the socket is connected to
    {SCMP_SYS(prlimit64), {{{0, word, 0}}}},           // of this process
    {SCMP_SYS(prctl), {{{0, word, PR_SET_NAME}}}},
};

constexpr Conditional conditional_for_machines[] = {
    {SCMP_SYS(clone), {{{0, CLONE_THREAD | namespaces, CLONE_THREAD}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_SET_TIMERSLACK}}}},
    {SCMP_SYS(newfstatat), {{{3, AT_EMPTY_PATH, AT_EMPTY_PATH}}}},  // as which the C library calls fstat
};

constexpr Conditional conditional_for_windows[] = {
    {SCMP_SYS(shmat), {{{2, 0100000, 0}}}},        // not SHM_EXEC
    {SCMP_SYS(ioctl), {{{1, 0xff00, 'd' << 8}}}},  // DRM
    {SCMP_SYS(ioctl), {{{1, 0xff00, 'b' << 8}}}},  // shared buffers
    {SCMP_SYS(ioctl), {{{1, 0xff00, 'F' << 8}}}},  // NVIDIA
};

constexpr Conditional conditional_for_programs[] = {
    // Not what empties a file that it opens for reading, which Landlock does not notice before version 3.
    {SCMP_SYS(open), {{{1, O_TRUNC, 0}}}},
    {SCMP_SYS(open), {{{1, O_ACCMODE, O_WRONLY}}}},
    {SCMP_SYS(open), {{{1, O_ACCMODE, O_RDWR}}}},
    {SCMP_SYS(openat), {{{2, O_TRUNC, 0}}}},
    {SCMP_SYS(openat), {{{2, O_ACCMODE, O_WRONLY}}}},
    {SCMP_SYS(openat), {{{2, O_ACCMODE, O_RDWR}}}},
    // The child of a fork makes a code cache of its own.
    {SCMP_SYS(mprotect), {{{2, PROT_EXEC | PROT_WRITE, PROT_EXEC}}}},
    {SCMP_SYS(clone), {{{0, namespaces, 0}}}},
    {SCMP_SYS(utimensat), {{{1, ~scmp_datum_t{0}, 0}}}},  // of an open file
    {SCMP_SYS(prctl), {{{0, word, PR_SET_PDEATHSIG}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_GET_PDEATHSIG}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_GET_DUMPABLE}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_SET_DUMPABLE}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_GET_KEEPCAPS}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_SET_KEEPCAPS}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_GET_NO_NEW_PRIVS}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_SET_NO_NEW_PRIVS}}}},
    {SCMP_SYS(prctl), {{{0, word, PR_SET_CHILD_SUBREAPER}}}},
};

constexpr Conditional conditional_for_networked[] = {{SCMP_SYS(sendto), {}}};

// Of terminals. Not TIOCSTI and TIOCLINUX, which type on them.
constexpr unsigned long requests[] = {
    TCGETS,     TCSETS,     TCSETSW,    TCSETSF,   TCSBRK,    TCSBRKP,  TCXONC,   TCFLSH,
    TIOCGWINSZ, TIOCSWINSZ, TIOCOUTQ,   TIOCSPGRP, TIOCGPGRP, TIOCEXCL, TIOCNXCL, TIOCSCTTY,
    TIOCMGET,   TIOCMBIS,   TIOCMBIC,   TIOCMSET,  TIOCNOTTY, TIOCGETD, TIOCSBRK, TIOCCBRK,
    TIOCGSID,   TIOCGPTN,   TIOCSPTLCK, FIOCLEX,   FIONCLEX,  FIOASYNC, FIONBIO,  FIONREAD};

// Refused without a word: the C library and drivers do without, and have their own ideas of files.
constexpr int expected_of_machines[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),   SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(stat),     SCMP_SYS(lstat),      SCMP_SYS(statx),
    SCMP_SYS(statfs),     SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(unlink),
    SCMP_SYS(mkdir),      SCMP_SYS(chdir),    SCMP_SYS(kcmp),       SCMP_SYS(get_mempolicy)};
constexpr int unknown_to_old_kernels[] = {SCMP_SYS(clone3), SCMP_SYS(openat2)};
constexpr int expected_of_programs[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind)};

// --- The filter ---

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : context_(seccomp_init(otherwise), seccomp_release) {
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary search: there are many calls
  }
  void each(std::uint32_t action, std::span<const int> calls) {
    for (const int call : calls) add(action, call, {});
  }
  void allow(std::span<const int> calls) { each(SCMP_ACT_ALLOW, calls); }
  void allow(std::span<const Conditional> rows) {
    for (const Conditional& row : rows) {
      std::vector<scmp_arg_cmp> arguments;
      for (const Bits& bits : row.bits) {
        if (bits.mask != 0) arguments.push_back({bits.argument, SCMP_CMP_MASKED_EQ, bits.mask, bits.value});
      }
      add(SCMP_ACT_ALLOW, row.call, arguments);
    }
  }
  void add(std::uint32_t action, int call, const std::vector<scmp_arg_cmp>& arguments) {
    note(seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(arguments.size()),
                                arguments.data()));
  }
  // The program for the kernel; nothing, and why on standard error, if there is none.
  std::vector<sock_filter> program() {
    const int file = memfd_create("filter", 0);
    note(file < 0 ? -errno : seccomp_export_bpf(context_.get(), file));
    std::vector<sock_filter> made(static_cast<std::size_t>(std::max<off_t>(lseek(file, 0, SEEK_END), 0)) /
                                  sizeof(sock_filter));
    const auto bytes = static_cast<ssize_t>(made.size() * sizeof(sock_filter));
    if (pread(file, made.data(), static_cast<std::size_t>(bytes), 0) != bytes) note(-EIO);
    close(file);
    if (error_ == 0) return made;
    std::fprintf(stderr, "make_filters: %s\n", std::strerror(error_));
    return {};
  }

 private:
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    note(seccomp_attr_set(context_.get(), attribute, value));
  }
  void note(int result) {
    if (result < 0 && result != -EEXIST && error_ == 0) error_ = -result;
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

constexpr std::uint32_t refuse(int error) { return SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)); }

void let_machine(Filter& filter, bool window) {
  filter.allow(conditional_for_machines);
  // Signals to its own threads.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {{0, SCMP_CMP_EQ, own_process, 0}});
  filter.each(refuse(EACCES), expected_of_machines);
  if (!window) return;
  filter.allow(for_windows);
  filter.allow(conditional_for_windows);
}

void let_program(Filter& filter, bool network) {
  filter.allow(for_programs);
  filter.allow(conditional_for_programs);
  if (network) {
    filter.allow(for_networked);
    filter.allow(conditional_for_networked);
  } else {
    filter.each(refuse(EACCES), expected_of_programs);
  }
}

Filter filter_for(Calls calls) {
  const bool machine = calls == Calls::machine || calls == Calls::with_window;
  Filter filter(machine ? SCMP_ACT_TRAP : refuse(EPERM));
  filter.allow(for_all);
  filter.allow(conditional_for_all);
  for (const unsigned long request : requests) {
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {{1, SCMP_CMP_MASKED_EQ, word, request}});
  }
  filter.each(refuse(ENOSYS), unknown_to_old_kernels);
  if (machine)
    let_machine(filter, calls == Calls::with_window);
  else
    let_program(filter, calls == Calls::networked);
  return filter;
}

// False if it can't be made.
bool write_filter(std::FILE* to, const char* name, Calls calls) {
  const std::vector<sock_filter> program = filter_for(calls).program();
  if (program.empty()) return false;
  std::fprintf(to, "constexpr sock_filter for_%s[] = {\n", name);
  for (const sock_filter& it : program)
    std::fprintf(to, "    {%u, %u, %u, %uu},\n", it.code, it.jt, it.jf, it.k);
  std::fprintf(to, "};\n");
  return true;
}

int write_filters(const char* path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> to(std::fopen(path, "w"), std::fclose);
  const bool done = to && write_filter(to.get(), "machine", Calls::machine) &&
                    write_filter(to.get(), "window", Calls::with_window) &&
                    write_filter(to.get(), "program", Calls::program) &&
                    write_filter(to.get(), "network", Calls::networked);
  return done ? 0 : 1;
}

}  // namespace

}  // namespace quince::app

int main(int argc, char** argv) { return argc == 2 ? quince::app::write_filters(argv[1]) : 2; }
