// Exceptions without end, where the processor makes no progress at all: -DCASE=N.
#include "tests/hostile/guest/rt.h"

static __attribute__((unused)) void handler(u32 vector, u32 first, u32 second, u32 third) {
  store32(vector, first);
  store32(vector + 4, second);
  store32(vector + 8, third);
  flush_code(vector, 12);
}

void hostile(void) {
  progress("into the loop");
#if CASE == 1  // the handler of illegal instructions is one
  handler(0x700, ILLEGAL, ILLEGAL, ILLEGAL);
  __asm__ volatile(".long 0");
#elif CASE == 2   // a system call in the handler of system calls
  handler(0xc00, SC, SC, SC);
  __asm__ volatile("sc");
#elif CASE == 3   // a trace exception after each instruction, with handlers that return at once
  handler(0xd00, RFI, RFI, RFI);
  set_msr(MSR_SE | MSR_ME);
  for (;;) {
  }
#elif CASE == 4   // rfi to itself
  __asm__ volatile("bl 1f\n1: mflr 3\naddi 3, 3, 2f - 1b\nmtsrr0 3\nmfmsr 4\nmtsrr1 4\n2: rfi" ::
                       : "r3", "r4", "lr");
#elif CASE == 5   // a page fault on the way to each page fault's cure: the handler only returns
  handler(0x300, RFI, RFI, RFI);
  set_msr(MSR_DR | MSR_ME);
  load32(0x40000000u);
#elif CASE == 6   // no page to fetch from, and a handler that only returns
  handler(0x400, RFI, RFI, RFI);
  set_msr(MSR_IR | MSR_ME);
#elif CASE == 7   // a machine check whose handler turns machine checks on again and goes back
  // mfmsr r3; ori r3, r3, 0x1000; mtsrr1 r3; rfi
  store32(0x20c, RFI);
  handler(0x200, 0x7c6000a6u, 0x60631000u, 0x7c7b03a6u);
  set_msr(MSR_ME);
  ((void (*)(void))0x7f000000)();
#elif CASE == 8   // floating point is off, and stays off
  handler(0x800, RFI, RFI, RFI);
  set_msr(MSR_ME);
  __asm__ volatile("fadd 1, 1, 1");
#elif CASE == 9   // an alignment exception that is never dealt with
  handler(0x600, RFI, RFI, RFI);
  __asm__ volatile("lwarx 3, 0, %0" ::"r"(0x100001u) : "r3");
#elif CASE == 10  // a trap for ever; the handler is a trap, too
  handler(0x700, 0x7fe00008u, 0x7fe00008u, RFI);
  __asm__ volatile("trap");
#endif
  for (;;) {
  }
}
