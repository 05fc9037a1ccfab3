// A million address spaces, one after the other, each with pages and code of its own; and address spaces with
// so many pages that every table of them is full.
#include "tests/hostile/guest/pages.h"

#define SEGMENT 0x20000000u
#define CODE 0x00300000u

static u32 vsid;

// Whatever is missing is put somewhere, over whatever was there.
static void fault(u32 vector, Frame* frame) {
  static u32 slot;
  const u32 ea = vector == 0x400 ? frame->srr0 : MFSPR(SPR_DAR);
  set_entry(group_of(vsid, ea), slot++ % 8, vsid, ea, CODE + (ea >> 12 & 15) * 0x1000);
}

static void call(u32 at) { __asm__ volatile("mtctr %0; bctrl" ::"r"(at) : "r3", "ctr", "lr", "memory"); }

void hostile(void) {
  for (u32 n = 0; n < 16; ++n) {
    store32(CODE + 0x1000 * n, ADDI(3, 3, n));
    store32(CODE + 0x1000 * n + 4, BLR);
  }
  flush_code(CODE, 0x10000);
  on_exception = fault;
  turn_on_translation();
  for (u32 round = 0;; ++round) {
    vsid = (round * 2654435761u) >> 8 & 0xffffffu;
    set_segment(SEGMENT, vsid);
    // Every 512th has many pages.
    const u32 pages = round % 512 == 511 ? 0x10000 : 4;
    for (u32 page = 0; page < pages; ++page) {
      const u32 ea = SEGMENT + (pages == 4 ? (random_number() & 0xffff) : page) * 0x1000;
      store32(ea + 0x800, load32(ea + 0x804) + 1);
      if (page < 4) call(ea);
    }
    if (round % 4096 == 0) progress("spaces");
  }
}
