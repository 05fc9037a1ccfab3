// The most that tables beside the guest's memory can be made to take: as many address spaces as are
// remembered, in each of them every page read, written and executed. The page table has 8 MiB, for a million
// pages at once.
#include "tests/hostile/guest/pages.h"

#define BIG_TABLE 0x01000000u
#define BIG_GROUPS 0x20000u
#define CODE 0x00300000u  // every fourth page leads here, and is executed
#define DATA 0x00301000u  // the others are written
#define SPACES 40u

static u32 vsid_of(u32 space, u32 ea) { return space * 16 + (ea >> 28); }

// Each page's entry goes to the slot that the hash and its segment give it: 16 segments of 65536 pages fit
// exactly.
static void map_all(u32 space) {
  for (u32 segment = 0; segment < 16; ++segment) {
    const u32 vsid = vsid_of(space, segment << 28);
    for (u32 page = 0; page < 0x10000; ++page) {
      const u32 ea = segment << 28 | page << 12;
      u32 group = ((vsid ^ page) & 0x7ffff) & (BIG_GROUPS - 1);
      const u32 slot = segment % 8;
      u32 secondary = 0;
      // Two segments of eight share the half of the table that their VSIDs' low bits give them.
      if (segment >= 8) group = ~group & (BIG_GROUPS - 1), secondary = 0x40;
      const u32 at = BIG_TABLE + group * 64 + slot * 8;
      store32(at + 4, (page % 4 ? DATA : CODE) | 0x2);
      store32(at, 0x80000000u | vsid << 7 | secondary | (ea >> 22 & 0x3f));
    }
  }
}

static void skip(u32 vector, Frame* frame) {
  if (vector == 0x400)
    frame->srr0 = frame->lr;
  else
    frame->srr0 += 4;
}

void hostile(void) {
  store32(CODE, BLR);
  flush_code(CODE, 4);
  on_exception = skip;
  turn_on_translation();
  MTSPR(SPR_SDR1, BIG_TABLE | (BIG_GROUPS / 1024 - 1));
  for (u32 space = 0;; space = (space + 1) % SPACES) {
    set_msr(MSR_ME | MSR_FP);  // so that there is no address space between this one and the next
    for (u32 segment = 0; segment < 16; ++segment) set_segment(segment << 28, vsid_of(space, segment << 28));
    set_msr(MSR_IR | MSR_DR | MSR_ME | MSR_FP);
    map_all(space);
    for (u32 page = 0x8000; page < 0x100000; ++page) {
      const u32 ea = page << 12;
      if (ea >= 0x80000000u && ea < 0x90000000u) continue;
      if (ea >= 0xf0000000u) break;
      load32(ea + 8);
      if (page % 4)
        store32(ea + 16, space);
      else
        __asm__ volatile("mtctr %0; bctrl" ::"r"(ea) : "ctr", "lr", "memory");
    }
    progress("full");
  }
}
