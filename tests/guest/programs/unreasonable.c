// System calls that a well-meaning program does not make, and that must do the emulator no harm. qemu-ppc
// passes some of them on to the host.
#include <linux/filter.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

enum { page = 4096, guard_install = 102, poison = 100 };

static volatile int handled;
static void handler(int number) { handled = number; }

// The kernel's sigaction, whose handler is an address as it is.
struct kernel_action {
  unsigned long handler, flags, restorer;
  unsigned long long mask;
};

static void advise(void) {
  char* p = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *p = 1;
  SHOW(madvise(p, page, guard_install));
  SHOW(madvise(p, page, poison));
  SHOW(madvise(p, page, MADV_DONTFORK));
  if (fork() == 0) {
    p[1] = 2;  // here at least it still is
    _exit(p[0] + p[1]);
  }
  int status = 0;
  wait(&status);
  SHOW(WIFEXITED(status));
  SHOW(madvise(p, page, MADV_DONTNEED));
  SHOW(*p);
}

// A gigabyte of arguments, of which all are the same.
static void execute(void) {
  enum { strings = 16384, length = 65536 };
  static char* arguments[strings + 1];
  static char text[length];
  memset(text, 'x', length - 1);
  for (int n = 0; n < strings; ++n) arguments[n] = text;
  SHOW(execve("/bin/true", arguments, 0));
}

static void move(void) {
  char* from = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(from, page, PROT_READ);
  char* to = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SHOW(mremap(from, 2 * page, page, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
  SHOW(mprotect(to, page, PROT_READ | PROT_WRITE));
  SHOW(*to = 0);
}

static void attach(void) {
  int ends[2];
  struct sock_fprog program = {1, 0};
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

static void jump_between_words(void) {
  struct kernel_action action = {(unsigned long)handler + 3, 0, 0, 0};
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, &action, 0, 8));
  SHOW(raise(SIGUSR1));
  SHOW(handled == SIGUSR1);
}

int main(void) {
  unbuffered();
  advise();
  execute();
  move();
  attach();
  jump_between_words();
  return 0;
}
