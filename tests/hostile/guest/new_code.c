// Endless new code: 16 MiB of functions, no two alike, each called often enough to be worth translating; then
// all of them anew.
#include "tests/hostile/guest/rt.h"

#define CODE HEAP
#define CODE_BYTES 0x1000000u

// Short ones, long ones, and ones that are nothing but branches.
static u32 write_function(u32 at) {
  u32* to = (u32*)at;
  const u32 kind = random_number();
  const u32 length = kind % 5 == 0 ? 200 : kind % 24 + 1;
  for (u32 n = 0; n < length; ++n) {
    const u32 word = random_number();
    switch (kind >> 8 & 3) {
      case 0: *to++ = ADDI(3 + word % 8, 3 + word / 8 % 8, word >> 8); break;
      case 1: *to++ = word % 4 ? B(4u) : 0x2c030000u | (word & 0xffff); break;
      case 2: *to++ = n % 2 ? 0x41820008u : 0x2c030000u | (word & 0xffff); break;  // cmpwi; beq +8
      default: *to++ = word % 2 ? LWZ(5, word & 0xfffc, 4) : STW(5, word & 0x7ffc, 4); break;
    }
  }
  *to++ = ADDI(0, 0, 0);
  *to++ = BLR;
  return (u32)to;
}

static void call(u32 at) {
  __asm__ volatile("mtctr %0; mr 4, %1; bctrl" ::"r"(at), "r"(HEAP + CODE_BYTES + 0x10000u)
                   : "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "ctr", "lr", "cr0", "memory");
}

void hostile(void) {
  for (;;) {
    for (u32 at = CODE; at < CODE + CODE_BYTES - 0x1000;) {
      const u32 end = write_function(at);
      flush_code(at, end - at);
      for (u32 n = 0; n < 16; ++n) call(at);
      if (at / 0x10000 != end / 0x10000) progress("new code");
      at = end;
    }
  }
}
