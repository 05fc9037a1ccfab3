// Ends in the way that its argument names.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// More threads than there may be; none of them does anything.
static int idle(void* nothing) {
  while (!nothing) syscall(__NR_pause);
  return 0;
}

static int many_threads(void) {
  enum { most = 10000, stack = 512 };
  static char stacks[most][stack] __attribute__((aligned(16)));
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  int n = 0;
  while (n < most && clone(idle, stacks[n] + stack - 64, flags, 0) >= 0) n++;
  printf("%s\n", n > 1000 && n < most && errno == EAGAIN ? "limited" : "not limited");
  fflush(stdout);
  syscall(__NR_exit_group, 0);
  return 1;
}

// Twelve gigabytes of arguments, all of them one string.
static int many_arguments(char* self) {
  enum { count = 200000, bytes = 65536 };
  char* text = malloc(bytes);
  char** words = malloc((count + 1) * sizeof *words);
  memset(text, 'x', bytes - 1);
  text[bytes - 1] = 0;
  for (int n = 0; n < count; n++) words[n] = text;
  words[count] = 0;
  execv(self, words);
  return errno == E2BIG ? 0 : 1;
}

static int deep(int n) {
  volatile char room[1000];
  room[0] = n;
  return deep(n + 1) + room[0];
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "status") == 0) return atoi(argv[2]);
  if (strcmp(how, "threads") == 0) return many_threads();
  if (strcmp(how, "arguments") == 0) return many_arguments(argv[0]);
  if (strcmp(how, "many-calls") == 0) {
    for (int n = 0; n < 1000; n++) syscall(5000 + n);
  }
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "null") == 0) *(volatile int*)0 = 1;
  if (strcmp(how, "stack") == 0) return deep(1);
  if (strcmp(how, "jump") == 0) ((void (*)(void))0xdeadbee0)();
  if (strcmp(how, "illegal") == 0) __asm__ volatile(".long 0");
  if (strcmp(how, "trap") == 0) __asm__ volatile("trap");
  if (strcmp(how, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(how, "term") == 0) raise(SIGTERM);
  if (strcmp(how, "loop") == 0)
    for (;;) {
    }
  if (strcmp(how, "sleep") == 0) pause();
  if (strcmp(how, "handler-loop") == 0) {
    for (int n = 1; n < 64; n++) signal(n, SIG_IGN);
    for (;;) pause();
  }
  if (strcmp(how, "bad-stack") == 0) {
    signal(SIGSEGV, (void (*)(int))abort);
    __asm__ volatile("li 1,16; stw 0,0(1)");
  }
  if (strcmp(how, "unknown-call") == 0) {
    for (int n = 0; n < 3; n++) printf("%ld ", syscall(__NR_swapon, 0, 0));
    printf("%ld\n", syscall(4000, 0));
  }
  return 0;
}
