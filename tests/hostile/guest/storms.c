// Operations that are dear to an emulator, without end: SDR1 and BATs written, pages forgotten, the machine's
// windows moved, and pages that are code and data under two names.
#include "tests/hostile/guest/pages.h"

#define CODE_EA 0x30000000u
#define CODE 0x00300000u

void hostile(void) {
  turn_on_translation();
#ifdef BEIGE_G3
  assign_addresses();
#endif
  set_segment(CODE_EA, 0x77);
  for (u32 page = 0; page < 64; ++page) {
    const u32 ea = CODE_EA + 0x1000 * page;
    set_entry(group_of(0x77, ea), 2, 0x77, ea, CODE);
  }
  store32(CODE, ADDI(3, 3, 1));
  store32(CODE + 4, BLR);
  flush_code(CODE, 8);
  for (u32 round = 0;; ++round) {
    for (u32 n = 0; n < 2000; ++n) MTSPR(SPR_SDR1, PAGE_TABLE);
    for (u32 n = 0; n < 2000; ++n) {
      forget_page(CODE_EA + 0x1000 * (n % 64));
      load32(CODE_EA + 0x1000 * (n % 64) + 0x100);
    }
    for (u32 n = 0; n < 2000; ++n) {
      MTSPR(SPR_DBAT2U + 2, 0x70000002u + (n << 20));
      load32(CODE + 0x200);
    }
    for (u32 n = 0; n < 500; ++n) {
      store32(CODE_EA + 0x1000 * (n % 64) + 0x400, n);
      __asm__ volatile("mtctr %0; bctrl" ::"r"(CODE_EA + 0x1000 * (n * 7 % 64))
                       : "r3", "ctr", "lr", "memory");
    }
#ifdef BEIGE_G3
    for (u32 n = 0; n < 500; ++n) {
      store32_le(0xfec00000u, 0x80000000u | 1 << 11 | 0x10);
      store32_le(0xfee00000u, 0x82000000u + (n % 4 << 24));
    }
#endif
    progress("storms");
  }
}
