// Quince with a translator that has been taken over: in the place of its engines is one that makes system
// calls of the attacker's choice, as soon as the guest would run, and tells how each ended: a line "NAME
// ERRNO". This is a program of the tests only; everything else in it is what `quince` is made of.
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>
#include <thread>

#include "app/engine.h"

namespace quince::app {

namespace {

std::string setting(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// A folder of the user's that the guest was not given; with the files `file`, `folder` and `socket`.
const std::string& home() {
  static const std::string path = setting("QUINCE_HOSTILE_HOME");
  return path;
}
std::string in_home(const char* name) { return home() + '/' + name; }

template <class... Arguments>
long call(long number, Arguments... arguments) {
  return syscall(number, arguments...);
}

long through_memory(int protection) {
  void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return call(SYS_mprotect, page, 4096, protection);
}

long connect_to(int family, const sockaddr* address, socklen_t bytes) {
  const int made = socket(family, SOCK_STREAM, 0);
  return made < 0 ? -1 : connect(made, address, bytes);
}

long connect_local() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  in_home("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  return connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

long connect_network() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(setting("QUINCE_HOSTILE_PORT").c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

long execute_from_memory() {
  const int file = memfd_create("x", 0);
  const char script[] = "#!/bin/sh\necho free >&2\n";
  if (file < 0 || write(file, script, sizeof script - 1) < 0) return -1;
  const char* const words[] = {"x", nullptr};
  return call(SYS_execveat, file, "", words, nullptr, AT_EMPTY_PATH);
}

long fork_child() {
  const long child = call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child;
}

long write_own_memory() { return open("/proc/self/mem", O_RDWR); }

long read_others() {
  char byte;
  iovec here{&byte, 1}, there{reinterpret_cast<void*>(&fork_child), 1};
  return call(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

long leave(const char* program) {
  const char* const words[] = {program, nullptr};
  return call(SYS_execve, program, words, nullptr);
}

struct Attempt {
  const char* name;
  long (*make)();
};

// All of them must fail in the sandbox, in every kind of run; those after the null in `run` only.
const Attempt attempts[] = {
    {"open-passwd", [] { return call(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }},
    {"open-passwd-old", [] { return call(SYS_open, "/etc/passwd", O_RDONLY); }},
    {"open-home", [] { return call(SYS_openat, AT_FDCWD, in_home("file").c_str(), O_RDWR); }},
    {"open-other-way",
     [] {
       const unsigned long how[3] = {O_RDONLY, 0, 0};
       return call(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how);
     }},
    {"list-home", [] { return call(SYS_openat, AT_FDCWD, home().c_str(), O_RDONLY | O_DIRECTORY); }},
    {"make-file",
     [] { return call(SYS_openat, AT_FDCWD, in_home("new").c_str(), O_WRONLY | O_CREAT, 0600); }},
    {"make-folder", [] { return call(SYS_mkdir, in_home("new").c_str(), 0700); }},
    {"make-link", [] { return call(SYS_symlink, "/etc", in_home("new").c_str()); }},
    {"make-name", [] { return call(SYS_link, in_home("file").c_str(), in_home("new").c_str()); }},
    {"make-device", [] { return call(SYS_mknod, in_home("new").c_str(), S_IFBLK | 0600, 0x800); }},
    {"remove", [] { return call(SYS_unlink, in_home("file").c_str()); }},
    {"remove-folder", [] { return call(SYS_rmdir, in_home("folder").c_str()); }},
    {"rename", [] { return call(SYS_rename, in_home("file").c_str(), in_home("new").c_str()); }},
    {"truncate", [] { return call(SYS_truncate, in_home("file").c_str(), 0); }},
    {"empty-by-reading",
     [] { return call(SYS_openat, AT_FDCWD, in_home("file").c_str(), O_RDONLY | O_TRUNC); }},
    {"mode", [] { return call(SYS_chmod, in_home("file").c_str(), 0777); }},
    {"mode-at", [] { return call(SYS_fchmodat, AT_FDCWD, in_home("file").c_str(), 0777); }},
    {"owner", [] { return call(SYS_chown, in_home("file").c_str(), getuid(), getgid()); }},
    {"times", [] { return call(SYS_utimensat, AT_FDCWD, in_home("file").c_str(), nullptr, 0); }},
    {"attribute", [] { return call(SYS_setxattr, in_home("file").c_str(), "user.x", "y", 1, 0); }},
    {"own-memory", write_own_memory},
    {"shell", [] { return leave("/bin/sh"); }},
    {"true", [] { return leave("/bin/true"); }},
    {"program-from-memory", execute_from_memory},
    {"connect-local", connect_local},
    {"connect-network", connect_network},
    {"socket-raw", [] { return call(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
    {"socket-netlink", [] { return call(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
    {"socket-host", [] { return call(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }},
    {"type-on-terminal",
     [] {
       char c = 'x';
       return call(SYS_ioctl, STDIN_FILENO, TIOCSTI, &c);
     }},
    {"type-on-terminal-wide",
     [] {
       char c = 'x';
       return call(SYS_ioctl, STDIN_FILENO, (1UL << 32) | TIOCSTI, &c);
     }},
    {"memory-all-rights",
     [] {
       return call(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
     }},
    {"memory-executable",
     [] { return call(SYS_mmap, nullptr, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"rights-all", [] { return through_memory(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"rights-by-key", [] { return call(SYS_pkey_mprotect, &attempts, 4096, PROT_READ | PROT_EXEC, -1); }},
    {"personality", [] { return call(SYS_personality, 0x0400000); }},
    {"trace", [] { return call(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0); }},
    {"read-others", read_others},
    {"limits-of-others", [] { return call(SYS_prlimit64, getppid(), 7, nullptr, nullptr); }},
    {"stop-others",
     [] { return call(SYS_kill, std::atoi(setting("QUINCE_HOSTILE_VICTIM").c_str()), SIGTERM); }},
    {"namespace", [] { return call(SYS_unshare, CLONE_NEWUSER); }},
    {"namespace-of-child", [] { return call(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }},
    {"namespace-of-others", [] { return call(SYS_setns, 0, 0); }},
    {"root", [] { return call(SYS_chroot, home().c_str()); }},
    {"mount", [] { return call(SYS_mount, "none", home().c_str(), "tmpfs", 0, nullptr); }},
    {"handle", [] { return call(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0); }},
    {"ring", [] { return call(SYS_io_uring_setup, 1, nullptr); }},
    {"kernel-program", [] { return call(SYS_bpf, 0, nullptr, 0); }},
    {"faults", [] { return call(SYS_userfaultfd, 0); }},
    {"counters", [] { return call(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
    {"keys", [] { return call(SYS_keyctl, 0, 0, 0); }},
    {nullptr, nullptr},
    {"fork", fork_child},
    {"code-from-data", [] { return through_memory(PROT_READ | PROT_EXEC); }},
};

// QUINCE_HOSTILE_ONLY: this one, whatever the run.
void attack(bool machine) {
  const std::string only = setting("QUINCE_HOSTILE_ONLY");
  for (const Attempt& attempt : attempts) {
    if (!attempt.name) {
      if (!machine && only.empty()) return;
      continue;
    }
    if (!only.empty() && only != attempt.name) continue;
    errno = 0;
    const long result = attempt.make();
    std::printf("%s %s\n", attempt.name, result < 0 ? strerrorname_np(errno) : "done");
    std::fflush(stdout);
  }
}

class Hostile final : public ppc::Engine {
 public:
  explicit Hostile(bool machine) : machine_(machine) {
    if (machine) {
      earlier_ = std::thread([this] {
        begin_.get_future().wait();
        attack(true);
        ended_.set_value();
      });
    }
  }
  ~Hostile() override {
    if (earlier_.joinable()) earlier_.detach();
  }
  Hostile(const Hostile&) = delete;
  Hostile& operator=(const Hostile&) = delete;

  ppc::Stop run() override {
    attack(machine_);
    if (machine_) {  // a thread that is older than the sandbox
      std::printf("thread\n");
      begin_.set_value();
      ended_.get_future().wait();
    }
    std::_Exit(0);
  }
  ppc::Stop step() override { return run(); }
  void flush() override {}
  void invalidate_code(ppc::u32, ppc::u32) override {}
  ppc::u32 uncounted_instructions() const override { return 0; }
  void system_call(ppc::u32) override {}

 private:
  bool machine_;
  std::promise<void> begin_, ended_;
  std::thread earlier_;
};

}  // namespace

// As app/engine.h declares it.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
EngineFactory engine_factory(const EngineOptions&, ppc::ExceptionHandling handling, std::shared_ptr<Log>) {
  return [=](ppc::Cpu&) { return std::make_unique<Hostile>(handling == ppc::ExceptionHandling::deliver); };
}

}  // namespace quince::app
