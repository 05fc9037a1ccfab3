// Signals: handlers, masks, queues, alternate stacks, restarted calls, contexts.
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

static volatile int calls, depth, deepest, runs;
static volatile siginfo_t seen;

static void count(int number) { calls += number; }

static void simple(void) {
  signal(SIGUSR1, count);
  SHOW(raise(SIGUSR1));
  SHOW(kill(getpid(), SIGUSR1));
  SHOW(calls);
  SHOW(kill(getpid(), 0));
  SHOW(kill(getpid(), 99));
  SHOW(signal(SIGUSR1, SIG_IGN) == count);
  raise(SIGUSR1);
  SHOW(calls);
  SHOW(signal(SIGKILL, count) == SIG_ERR);
  struct sigaction old;
  SHOW(sigaction(SIGUSR1, 0, &old));
  SHOW(old.sa_handler == SIG_IGN);
}

static void nested(int number) {
  depth++;
  if (depth > deepest) deepest = depth;
  if (++runs < 3) raise(number);
  depth--;
}

static void nesting(void) {
  struct sigaction action = {.sa_handler = nested};
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  printf("blocked while it runs: deepest %d\n", deepest);
  deepest = depth = runs = 0;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  printf("SA_NODEFER: deepest %d\n", deepest);
  action.sa_handler = count, action.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  sigaction(SIGUSR2, 0, &action);
  SHOW(action.sa_handler == SIG_DFL);
}

static void keep(int number, siginfo_t* info, void* context) {
  (void)number;
  seen = *info;
  ucontext_t* u = context;
  calls = u->uc_mcontext.uc_regs->gregs[1] != 0;
}

static void masks(void) {
  struct sigaction action = {.sa_sigaction = keep, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  sigaction(SIGRTMIN + 1, &action, 0);
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  SHOW(sigprocmask(SIG_BLOCK, &set, &old));
  SHOW(sigismember(&old, SIGUSR1));
  calls = 0;
  raise(SIGUSR1);
  sigpending(&pending);
  printf("pending %d %d, calls %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), calls);
  SHOW(sigprocmask(SIG_UNBLOCK, &set, 0));
  printf("calls %d number %d code %d from myself %d\n", calls, seen.si_signo, seen.si_code,
         seen.si_pid == getpid() && seen.si_uid == getuid());
  sigprocmask(SIG_BLOCK, &set, 0);
  union sigval value = {.sival_int = 42};
  SHOW(sigqueue(getpid(), SIGRTMIN + 1, value));
  value.sival_int = 43;
  SHOW(sigqueue(getpid(), SIGRTMIN + 1, value));
  siginfo_t info;
  for (int n = 0; n < 2; n++) {
    int number = sigwaitinfo(&set, &info);
    printf("waited for %d: code %d value %d\n", number - SIGRTMIN, info.si_code, info.si_value.sival_int);
  }
  struct timespec soon = {0, 20000000};
  SHOW(sigtimedwait(&set, &info, &soon));
  sigprocmask(SIG_SETMASK, &old, 0);
  SHOW(sigprocmask(77, &set, 0));
}

static void suspended(void) {
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  signal(SIGALRM, count);
  sigprocmask(SIG_BLOCK, &set, 0);
  calls = 0;
  struct itimerval timer = {.it_value = {0, 20000}};
  SHOW(setitimer(ITIMER_REAL, &timer, 0));
  SHOW(sigsuspend(&none));
  SHOW(calls);
  sigprocmask(SIG_BLOCK, 0, &none);
  SHOW(sigismember(&none, SIGALRM));
  sigprocmask(SIG_UNBLOCK, &set, 0);
  setitimer(ITIMER_REAL, &timer, 0);
  SHOW(pause());
}

static void restarting(void) {
  int ends[2];
  char c;
  pipe(ends);
  struct sigaction action = {.sa_handler = count};
  sigaction(SIGALRM, &action, 0);
  struct itimerval timer = {.it_value = {0, 30000}};
  setitimer(ITIMER_REAL, &timer, 0);
  SHOW(read(ends[0], &c, 1));
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  if (fork() == 0) {
    usleep(150000);
    write(ends[1], "r", 1);
    _exit(0);
  }
  setitimer(ITIMER_REAL, &timer, 0);
  calls = 0;
  SHOW(read(ends[0], &c, 1));
  printf("restarted after %d, read %c\n", calls, c);
  SHOW(wait(0) > 0);
  struct timespec wish = {0, 300000000}, left = {9, 9};
  setitimer(ITIMER_REAL, &timer, 0);
  SHOW(nanosleep(&wish, &left));
  printf("left %d\n", left.tv_sec == 0 && left.tv_nsec > 0 && left.tv_nsec < 290000000);
}

static char alternate[16384] __attribute__((aligned(16)));

static void on_alternate(int number) {
  char here;
  stack_t now;
  sigaltstack(0, &now);
  printf("handler of %d %s, flags %d\n", number,
         &here >= alternate && &here < alternate + sizeof alternate ? "on the alternate stack" : "elsewhere",
         now.ss_flags);
  errno = 0;
  SHOW(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, 0));
}

static int overflow(int n) {
  volatile char room[4000];
  room[0] = n;
  return overflow(n + 1) + room[0];
}

static void on_overflow(int number, siginfo_t* info, void* context) {
  (void)context;
  printf("stack exhausted: signal %d code %d\n", number, info->si_code);
  _exit(5);
}

static void stacks(void) {
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
  SHOW(sigaltstack(&stack, &old));
  SHOW(old.ss_flags == SS_DISABLE);
  struct sigaction action = {.sa_handler = on_alternate, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  stack.ss_size = 16;
  SHOW(sigaltstack(&stack, 0));
  int status;
  pid_t child = fork();
  if (child == 0) {
    struct sigaction last = {.sa_sigaction = on_overflow, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    sigaction(SIGSEGV, &last, 0);
    overflow(1);
  }
  waitpid(child, &status, 0);
  SHOW(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

static ucontext_t main_context, other_context;
static char other_stack[32768] __attribute__((aligned(16)));

static void other(int a, int b) {
  printf("other context: %d %d\n", a, b);
  swapcontext(&other_context, &main_context);
  printf("other context again\n");
}

static void contexts(void) {
  getcontext(&other_context);
  other_context.uc_stack.ss_sp = other_stack;
  other_context.uc_stack.ss_size = sizeof other_stack;
  other_context.uc_link = &main_context;
  makecontext(&other_context, (void (*)(void))other, 2, 3, 4);
  swapcontext(&main_context, &other_context);
  printf("back\n");
  swapcontext(&main_context, &other_context);
  printf("the end\n");
}

// The handler changes registers of the interrupted code, which go back with it.
static void patch(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* u = context;
  u->uc_mcontext.uc_regs->gregs[32] += 4;  // nip
  u->uc_mcontext.uc_regs->gregs[14] = 1234;
  u->uc_mcontext.uc_regs->fpregs.fpregs[20] = 2.5;
}

static void patched(void) {
  struct sigaction action = {.sa_sigaction = patch, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, 0);
  register long r14 __asm__("r14") = 1;
  register double f20 __asm__("fr20") = 1;
  __asm__ volatile("trap" : "+r"(r14), "+f"(f20));
  printf("after the handler: r14 %ld f20 %g\n", r14, f20);
}

int main(void) {
  unbuffered();
  simple();
  nesting();
  masks();
  suspended();
  restarting();
  stacks();
  contexts();
  patched();
  return 0;
}
