#include "tests/fuzz/confinement.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace quince::fuzz {
namespace {

// --- A file system of its own ---

bool put_text(const char* path, std::string_view text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return written;
}

// Root in a user namespace, so that this needs no rights; device nodes cannot be opened there.
bool take_empty_root() {
  const std::string uid = std::to_string(getuid()), gid = std::to_string(getgid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return false;
  if (!put_text("/proc/self/setgroups", "deny") || !put_text("/proc/self/gid_map", "0 " + gid + " 1\n"))
    return false;
  if (!put_text("/proc/self/uid_map", "0 " + uid + " 1\n")) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (mount("fuzz", "/tmp", "tmpfs", MS_NODEV | MS_NOSUID, "size=1m,nr_inodes=64") != 0) return false;
  return chroot("/tmp") == 0 && chdir("/") == 0;
}

bool leave_files() {
  const int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0) return false;
  for (int file = 0; file < 3; ++file) {
    if (dup2(nothing, file) != file) return false;
  }
  return syscall(SYS_close_range, 3, report_file - 1, 0) == 0 &&
         syscall(SYS_close_range, report_file + 1, ~0u, 0) == 0;
}

// --- Limits ---

// What was there before (a sanitizer's shadow memory above all) does not count.
unsigned long data_bytes() {
  unsigned long size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  const int found =
      std::fscanf(file, "%lu %lu %lu %lu %lu %lu", &size, &resident, &shared, &text, &library, &data);
  std::fclose(file);
  return found == 6 ? data * 4096 : 0;
}

bool limit(unsigned long data) {
  const struct {
    __rlimit_resource which;
    rlim_t most;
  } limits[] = {
      {RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 1 << 20}, {RLIMIT_NOFILE, 256}, {RLIMIT_DATA, data + (5ul << 30)}};
  for (const auto& [which, most] : limits) {
    const rlimit value{most, most};
    if (setrlimit(which, &value) != 0) return false;
  }
  return true;
}

// --- System calls ---

// Those that reach no further than the process and its file system. What is not here, and why:
//   clone, fork, execve     processes that multiply, and that nobody waits for
//   kill and the like       other processes of this user
//   connect, bind, sendmsg  sockets of the host: abstract names and the network are not of the file system
//   set*id, set priority    nothing to be found there, and it is the host's
//   sync                    takes long, of all file systems
//   mount, ptrace, bpf ...  no business of a guest's: there are no such calls for it
constexpr int plain_calls[] = {
    SYS_read,
    SYS_write,
    SYS_close,
    SYS_close_range,
    SYS_fstat,
    SYS_lseek,
    SYS_mmap,
    SYS_mprotect,
    SYS_munmap,
    SYS_brk,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_ioctl,
    SYS_pread64,
    SYS_pwrite64,
    SYS_readv,
    SYS_writev,
    SYS_preadv,
    SYS_pwritev,
    SYS_mremap,
    SYS_msync,
    SYS_mincore,
    SYS_dup,
    SYS_dup2,
    SYS_dup3,
    SYS_pipe,
    SYS_pipe2,
    SYS_eventfd2,
    SYS_memfd_create,
    SYS_poll,
    SYS_ppoll,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_wait,
    SYS_sendfile,
    SYS_copy_file_range,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_getsockname,
    SYS_getpeername,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_shutdown,
    SYS_accept4,
    SYS_listen,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_readahead,
    SYS_getdents64,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getpgrp,
    SYS_getpgid,
    SYS_getsid,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getgroups,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_times,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_futex,
    SYS_getrandom,
    SYS_sched_yield,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_delete,
    SYS_setitimer,
    SYS_getitimer,
    SYS_exit,
    SYS_exit_group,
    SYS_wait4,
    SYS_waitid,
    SYS_umask,
    SYS_getpriority,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_restart_syscall,
    // of names
    SYS_getcwd,
    SYS_open,
    SYS_openat,
    SYS_creat,
    SYS_stat,
    SYS_lstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_access,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_link,
    SYS_linkat,
    SYS_unlink,
    SYS_unlinkat,
    SYS_rename,
    SYS_renameat,
    SYS_renameat2,
    SYS_mkdir,
    SYS_mkdirat,
    SYS_rmdir,
    SYS_symlink,
    SYS_symlinkat,
    SYS_readlink,
    SYS_readlinkat,
    SYS_chmod,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_chown,
    SYS_lchown,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_truncate,
    SYS_chdir,
    SYS_fchdir,
    SYS_mknod,
    SYS_mknodat,
};

struct Rule {
  int call;
  unsigned argument;  // its lower half is compared
  bool equal;         // allowed if it is `value`, or if it is not
  unsigned value;
};
constexpr Rule rules[] = {
    {SYS_prlimit64, 2, true, 0},  // asking; setting is done by our limits
    {SYS_sendto, 4, true, 0},     // along what is connected
    {SYS_prctl, 0, false, PR_SET_SECCOMP},
};
// Advice that only the guest's own pages feel. Poisoning (root may) takes memory from the host for good,
// populating takes all that there is.
constexpr int advice[] = {
    MADV_NORMAL, MADV_RANDOM,     MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,   MADV_FREE,
    MADV_REMOVE, MADV_DONTFORK,   MADV_DOFORK,     MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP,
    MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD,     MADV_PAGEOUT,    102,
    103};
// Owners and signals of descriptors, leases and notices concern other processes.
constexpr int file_commands[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,      F_GETFL,
                                 F_SETFL,     F_GETLK,         F_SETLK,      F_SETLKW,     F_OFD_GETLK,
                                 F_OFD_SETLK, F_OFD_SETLKW,    F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS,
                                 F_GET_SEALS, F_GETOWN,        F_GETSIG};

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    jump_if(AUDIT_ARCH_X86_64, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  void allow(int call) {
    jump_if(static_cast<unsigned>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  // The call, if its argument is one of these.
  template <std::size_t n>
  void allow(int call, unsigned argument, const int (&values)[n]) {
    jump_if(static_cast<unsigned>(call), 0, 2 * n + 2);
    load_argument(argument);
    for (const int value : values) allow(value);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }
  void allow(const Rule& rule) {
    jump_if(static_cast<unsigned>(rule.call), 0, 4);
    load_argument(rule.argument);
    jump_if(rule.value, rule.equal ? 0 : 1, rule.equal ? 1 : 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }
  bool install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void add(int what, unsigned value, std::size_t yes = 0, std::size_t no = 0) {
    code_.push_back({static_cast<unsigned short>(what), static_cast<unsigned char>(yes),
                     static_cast<unsigned char>(no), value});
  }
  void load(std::size_t at) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(at)); }
  void load_argument(unsigned n) { load(offsetof(seccomp_data, args) + 8 * n); }
  void jump_if(unsigned value, std::size_t yes, std::size_t no) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
  }

  std::vector<sock_filter> code_;
};

bool filter_calls() {
  Filter filter;
  const int self[] = {static_cast<int>(getpid())};
  const int stream_pairs[] = {SOCK_STREAM, SOCK_STREAM | SOCK_CLOEXEC, SOCK_STREAM | SOCK_NONBLOCK};
  for (const int call : plain_calls) filter.allow(call);
  for (const Rule& rule : rules) filter.allow(rule);
  filter.allow(SYS_madvise, 2, advice);
  filter.allow(SYS_fcntl, 1, file_commands);
  filter.allow(SYS_socketpair, 1, stream_pairs);
  for (const int call : {SYS_kill, SYS_tgkill, SYS_tkill}) filter.allow(call, 0, self);
  return filter.install();
}

}  // namespace

bool confine() {
  const unsigned long data = data_bytes();
  return data != 0 && leave_files() && take_empty_root() && limit(data) && filter_calls();
}

}  // namespace quince::fuzz
