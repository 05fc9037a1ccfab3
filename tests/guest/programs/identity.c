// Which processor and machine a program finds; instructions that Linux performs for it. (qemu-ppc has its own
// idea of the features, and runs mfpvr and dcba itself.)
#include <sys/auxv.h>
#include <sys/utsname.h>

#include "check.h"

int main(void) {
  unbuffered();
  unsigned pvr = 0;
  __asm__ volatile("mfpvr %0" : "=r"(pvr));
  printf("pvr %08x\n", pvr);
  static char block[64] __attribute__((aligned(32))) = "kept";
  __asm__ volatile("dcba 0,%0" ::"r"(block) : "memory");
  printf("dcba without the instruction: %s\n", block);
  printf("features %lx, second word %lx\n", getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
  printf("platform %s, base %s\n", (char*)getauxval(AT_PLATFORM), (char*)getauxval(AT_BASE_PLATFORM));
  printf("vdso %lx\n", getauxval(AT_SYSINFO_EHDR));
  return 0;
}
