// One page of code, written at one address and executed at another, without end and without a tlbie: no list
// of what maps what may grow with it.
#include "tests/hostile/guest/pages.h"

#define CODE_EA 0x30000000u
#define ALIAS_EA 0x31000000u
#define CODE 0x00300000u
#define VSID 0x4321u

void hostile(void) {
  turn_on_translation();
  set_segment(CODE_EA, VSID);
  for (u32 n = 0; n < 2; ++n) {
    const u32 ea = n ? ALIAS_EA : CODE_EA;
    set_entry(group_of(VSID, ea), n, VSID, ea, CODE);
  }
  for (u32 round = 0;; ++round) {
    store32(ALIAS_EA, ADDI(3, 0, round));
    store32(ALIAS_EA + 4, BLR);
    flush_code(CODE_EA, 8);
    __asm__ volatile("mtctr %0; bctrl; bctrl" ::"r"(CODE_EA) : "r3", "ctr", "lr", "memory");
    if (round % 1024 == 0) progress("two names");
  }
}
