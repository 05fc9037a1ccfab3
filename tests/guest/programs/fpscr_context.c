// FPSCR goes through the context of a signal handler as through mtfsf: its summary bits FEX and VX follow
// from the others whatever the handler writes there. qemu-ppc 7.2 keeps what is written, and has no FR.
#include <signal.h>
#include <ucontext.h>

#include "check.h"

static unsigned long long wanted;

static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* u = context;
  mcontext_t* registers = u->uc_mcontext.uc_regs;
  unsigned long long saved;
  memcpy(&saved, &registers->fpregs.fpscr, 8);
  memcpy(&registers->fpregs.fpscr, &wanted, 8);
  printf("saved %08x, ", (unsigned)saved);
}

static unsigned fpscr(void) {
  union {
    double value;
    unsigned word[2];
  } u;
  __asm__ volatile("mffs %0" : "=f"(u.value));
  return u.word[1];
}

static void through_context(unsigned low) {
  wanted = low;
  raise(SIGUSR1);
  printf("wanted %08x, got %08x\n", low, fpscr());
}

int main(void) {
  unbuffered();
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  through_context(0x60000000);  // summaries of nothing
  through_context(0x01000000);  // VXSNAN without VX
  through_context(0x92000003);  // FX, OX, XX, and a rounding mode
  double third;
  __asm__ volatile("fdiv %0,%1,%2" : "=f"(third) : "f"(1.0), "f"(3.0));
  printf("rounded down %a\n", third);
  through_context(0);
  return 0;
}
