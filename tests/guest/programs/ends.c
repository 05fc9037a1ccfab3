// Ends in the way that its argument names.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int deep(int n) {
  volatile char room[1000];
  room[0] = n;
  return deep(n + 1) + room[0];
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "status") == 0) return atoi(argv[2]);
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
