// Code that is always just being changed: instructions right behind the store, in the same block, line and
// page; loops that rewrite their own branch; pages of code that are data at the same time.
#include "tests/hostile/guest/rt.h"

#define CODE HEAP

static void put(u32 at, u32 word) { store32(at, word); }

// r3 counts; r4 is the function's own address, r5 an instruction to be put there.
static void call(u32 at, u32 word) {
  __asm__ volatile("mtctr %0; mr 4, %0; mr 5, %1; bctrl" ::"r"(at), "r"(word)
                   : "r3", "r4", "r5", "r6", "ctr", "lr", "cr0", "memory");
}

// Stores into itself `behind` bytes further on, without telling the caches or with.
static void store_ahead(u32 behind, u32 tell) {
  u32 at = CODE;
  put(at, STW(5, behind, 4));
  put(at += 4, tell ? 0x7c0027acu | 4u << 11 : ADDI(6, 6, 1));  // icbi 0, r4
  put(at += 4, tell ? 0x4c00012cu : ADDI(6, 6, 1));             // isync
  for (u32 n = 0; n < 40; ++n) put(at += 4, ADDI(3, 3, 1));
  put(at += 4, BLR);
  for (u32 n = 0; n < 200; ++n) call(CODE, ADDI(3, 3, n));
}

// Data and code on one page: each call writes next to what it executes.
static void neighbours(void) {
  put(CODE, STW(3, 0x800, 4));
  put(CODE + 4, STW(5, 0x7fc, 4));
  put(CODE + 8, ADDI(3, 3, 1));
  put(CODE + 12, BLR);
  for (u32 n = 0; n < 5000; ++n) call(CODE, n);
}

// A page full of functions, all rewritten by the last of them while they run.
static void whole_pages(void) {
  for (u32 page = 0; page < 8; ++page) {
    for (u32 n = 0; n < 1000; n += 2) {
      put(CODE + 0x1000 * page + 4 * n, ADDI(3, 3, random_number()));
      put(CODE + 0x1000 * page + 4 * n + 4, BLR);
    }
  }
  for (u32 n = 0; n < 4000; ++n) call(CODE + (random_number() % 8) * 0x1000 + random_number() % 500 * 8, n);
}

void hostile(void) {
  for (;;) {
    for (u32 behind = 4; behind < 160; behind += 4) store_ahead(behind, behind & 8);
    neighbours();
    whole_pages();
    progress("rewritten");
  }
}
