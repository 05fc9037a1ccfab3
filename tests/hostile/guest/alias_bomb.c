// One page of code that is executed at every page of thirteen segments, with a translation for each, and then
// written; and a hundred thousand branches that all lead to one place, which is then written, too.
#include "tests/hostile/guest/pages.h"

#define CODE 0x00300000u
#define BRANCHES 0x00800000u
#define COMMON 0x00700000u
#define BRANCH_COUNT 100000u
#define SEGMENTS 13u

static u32 vsid_of(u32 segment) { return 0x100 + segment; }

static void fault(u32 vector, Frame* frame) {
  static u32 slot;
  const u32 ea = vector == 0x400 ? frame->srr0 : MFSPR(SPR_DAR);
  const u32 vsid = vsid_of(ea >> 28);
  set_entry(group_of(vsid, ea), slot++ % 8, vsid, ea, CODE);
}

static void call(u32 at) { __asm__ volatile("mtctr %0; bctrl" ::"r"(at) : "r3", "ctr", "lr", "memory"); }

static void many_addresses(u32 round) {
  for (u32 segment = 1; segment <= SEGMENTS; ++segment) {
    if (segment == 8) continue;  // the chips
    set_segment(segment << 28, vsid_of(segment));
    for (u32 page = 0; page < 0x2000; ++page) {
      for (u32 times = 0; times < 14; ++times) call(segment << 28 | page << 12);
    }
  }
  for (u32 n = 0; n < 1000; ++n) store32(CODE + 0x800, n);
  store32(CODE, ADDI(3, 3, round));
  flush_code(CODE, 4);
}

static void many_branches(u32 round) {
  for (u32 n = 0; n < BRANCH_COUNT; ++n) store32(BRANCHES + 4 * n, B(COMMON - (BRANCHES + 4 * n)));
  flush_code(BRANCHES, 4 * BRANCH_COUNT);
  for (u32 n = 0; n < BRANCH_COUNT; ++n) {
    for (u32 times = 0; times < 14; ++times) call(BRANCHES + 4 * n);
  }
  store32(COMMON, ADDI(3, 3, round));
  flush_code(COMMON, 4);
}

void hostile(void) {
  store32(CODE, ADDI(3, 3, 1));
  store32(CODE + 4, BLR);
  store32(COMMON, ADDI(3, 3, 1));
  store32(COMMON + 4, BLR);
  flush_code(CODE, 8);
  flush_code(COMMON, 8);
  on_exception = fault;
  turn_on_translation();
  for (u32 round = 0;; ++round) {
    progress("aliases");
    many_addresses(round);
    many_branches(round);
  }
}
