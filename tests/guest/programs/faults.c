// Faults as signals: number, code and address of each, in a child that then dies of it.
#include <fenv.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

static void* expected;

static void tell(int number, siginfo_t* info, void* context) {
  ucontext_t* u = context;
  int at_pc = (unsigned long)info->si_addr == u->uc_mcontext.uc_regs->gregs[32];
  const char* address = expected ? (info->si_addr == expected ? "right" : "wrong") : at_pc ? "pc" : "not pc";
  printf("signal %d code %d address %s\n", number, info->si_code, address);
  signal(number, SIG_DFL);  // again, and die
}

static void segv_null(void) { *(volatile int*)(expected = (void*)8) = 1; }
static void segv_kernel(void) { (void)*(volatile int*)(expected = (void*)0xd0000000); }
static void segv_rights(void) {
  expected = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *(volatile int*)expected = 1;
}
static void jump_null(void) { ((void (*)(void))(expected = (void*)0x10))(); }
static void jump_wild(void) { ((void (*)(void))(expected = (void*)0x7ffffff0))(); }
static void jump_none(void) {
  expected = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ((void (*)(void))expected)();
}
static void illegal(void) { __asm__ volatile(".long 0"); }
static void privileged(void) { __asm__ volatile("mtmsr %0" ::"r"(0)); }
static void trapped(void) { __asm__ volatile("trap"); }
static void trap_compare(void) { __asm__ volatile("twlgei %0,5" ::"r"(7)); }
static void unaligned_reservation(void) {
  static char bytes[16] __attribute__((aligned(16)));
  int value;
  expected = bytes + 1;
  __asm__ volatile("lwarx %0,0,%1" : "=r"(value) : "r"(expected));
}

static volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308;
static volatile double result;
static void divide(void) { feenableexcept(FE_DIVBYZERO), result = one / zero; }
static void invalid(void) { feenableexcept(FE_INVALID), result = zero / zero; }
static void overflow(void) { feenableexcept(FE_OVERFLOW), result = huge * huge; }
static void underflow(void) { feenableexcept(FE_UNDERFLOW), result = tiny * tiny; }
static void inexact(void) { feenableexcept(FE_INEXACT), result = one / 3; }

static void in_child(const char* name, void (*fault)(void)) {
  printf("%s: ", name);
  pid_t child = fork();
  if (child == 0) {
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};
    const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    for (int n = 0; n < 5; n++) sigaction(numbers[n], &action, 0);
    fault();
    printf("nothing happened\n");
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("  ended by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}
#define CHILD(fault) in_child(#fault, fault)

// What qemu-ppc 7.2 reports as Linux does, too.
static void usual(void) {
  CHILD(segv_null);
  CHILD(segv_kernel);
  CHILD(illegal);
  CHILD(privileged);
  CHILD(trapped);
  CHILD(trap_compare);
  CHILD(unaligned_reservation);
  // Without feenableexcept nothing happens.
  result = one / zero;
  printf("quiet division: %g\n", result);
  // Misaligned operands that the kernel completes.
  static char bytes[64] __attribute__((aligned(16)));
  double number = 1.5, back;
  __asm__ volatile("stfd %0,1(%1)" ::"f"(number), "b"(bytes) : "memory");
  __asm__ volatile("lfd %0,1(%1)" : "=f"(back) : "b"(bytes));
  printf("misaligned double: %g\n", back);
}

// What it does not: the code of protection faults, the address of wild jumps, mffs with reserved bits set.
static void exact(void) {
  CHILD(segv_rights);
  CHILD(jump_null);
  CHILD(jump_wild);
  CHILD(jump_none);
  CHILD(divide);
  CHILD(invalid);
  CHILD(overflow);
  CHILD(underflow);
  CHILD(inexact);
}

int main(int argc, char** argv) {
  unbuffered();
  if (argc > 1 && strcmp(argv[1], "exact") == 0)
    exact();
  else
    usual();
  return 0;
}
