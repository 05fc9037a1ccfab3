// Vector registers survive a signal handler that uses them, and can be changed through its context.
#include <altivec.h>
#include <signal.h>
#include <ucontext.h>

#include "check.h"
#undef vector
#undef bool

static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* u = context;
  mcontext_t* registers = u->uc_mcontext.uc_regs;
  registers->gregs[32] += 4;
  unsigned* v21 = (unsigned*)&registers->vrregs.vrregs[21];
  printf("saved %08x %08x %08x %08x\n", v21[0], v21[1], v21[2], v21[3]);
  v21[1] = 0x1234;
  __asm__ volatile("vxor 20,20,20; vxor 21,21,21" ::: "v20", "v21");
}

int main(void) {
  unbuffered();
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGTRAP, &action, 0);
  static const unsigned in[4] __attribute__((aligned(16))) = {0xa0a1a2a3, 0xb0b1b2b3, 0xc0c1c2c3, 0xd0d1d2d3};
  static unsigned out[8] __attribute__((aligned(16)));
  __asm__ volatile(
      "lvx 20,0,%0; lvx 21,0,%0; trap; stvx 20,0,%1; addi %1,%1,16; stvx 21,0,%1; addi %1,%1,-16" ::"b"(in),
      "b"(out)
      : "v20", "v21", "memory");
  for (int n = 0; n < 8; n++) printf("%08x%c", out[n], n % 4 == 3 ? '\n' : ' ');
  __asm__ volatile("mtvscr %0" ::"v"((__vector unsigned){0, 0, 0, 0x10001}));
  raise(SIGURG);
  __vector unsigned vscr;
  __asm__ volatile("mfvscr %0" : "=v"(vscr));
  printf("vscr %08x\n", ((unsigned*)&vscr)[3]);
  return 0;
}
