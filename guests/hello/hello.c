// The default guest: a program for Linux on PowerPC that looks around and says where it finds itself.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#ifndef __powerpc__
#error "this program is for PowerPC"
#endif

// From the Linux user-mode ABI (asm/cputable.h).
enum { hwcap_altivec = 0x10000000 };

static const char* byte_order(void) {
  const uint32_t word = 0x01020304;
  uint8_t first;
  memcpy(&first, &word, 1);
  return first == 1 ? "big-endian" : "little-endian";
}

// (a * b + c) rounded once: 0 where a multiplication and an addition would round twice and give 0 as well,
// 2^-60 where the processor's fused instruction is exact.
static double fused(void) {
  const volatile double a = 1.0 + 0x1p-30;
  const volatile double b = -(1.0 + 0x1p-29);
  double result;
  __asm__("fmadd %0, %1, %1, %2" : "=f"(result) : "f"(a), "f"(b));
  return result;
}

int main(void) {
  struct utsname system;
  if (uname(&system) != 0) {
    perror("uname");
    return 1;
  }
  const char* platform = (const char*)getauxval(AT_PLATFORM);
  const int altivec = (getauxval(AT_HWCAP) & hwcap_altivec) != 0;
  const int exact = fused() == 0x1p-60;
  printf("Hello from a %s, %u-bit PowerPC %s AltiVec", byte_order(), 8 * (unsigned)sizeof(void*),
         altivec ? "with" : "without");
  if (platform) printf(" (%s)", platform);
  printf(", under %s.\nIts fused multiply-add is %s.\n", system.sysname, exact ? "exact" : "NOT exact");
  return exact ? 0 : 1;
}
