// A page table that maps itself: entries that lead to the table are changed through the very mapping they
// make; one page of code is writable at one address and executed at another, both of which come and go.
#include "tests/hostile/guest/pages.h"

#define TABLE_EA 0x20000000u
#define CODE_EA 0x30000000u
#define ALIAS_EA 0x31000000u
#define CODE 0x00300000u
#define VSID_TABLE 0x1234u
#define VSID_CODE 0x4321u

static void map_itself(void) {
  for (u32 page = 0; page < 16; ++page) {
    const u32 ea = TABLE_EA + 0x1000 * page;
    set_entry(group_of(VSID_TABLE, ea), 0, VSID_TABLE, ea, PAGE_TABLE + 0x1000 * page);
  }
}

static void fault(u32 vector, Frame* frame) {
  (void)vector, (void)frame;
  map_itself();
  for (u32 n = 0; n < 2; ++n) {
    const u32 ea = n ? ALIAS_EA : CODE_EA;
    set_entry(group_of(VSID_CODE, ea), 1 + n, VSID_CODE, ea, CODE);
  }
}

// The entry's address in the mapping that it is part of.
static u32 seen_at(u32 physical) { return TABLE_EA + (physical - PAGE_TABLE); }

static void change_itself(void) {
  for (u32 page = 0; page < 16; ++page) {
    const u32 ea = TABLE_EA + 0x1000 * page;
    const u32 entry = seen_at(group_of(VSID_TABLE, ea));
    store32(entry + 4, (PAGE_TABLE + 0x1000 * (random_number() & 15)) | 0x2);  // now it leads elsewhere
    forget_page(ea);
    store32(entry, random_number());  // and what was an entry is none any more
    if (random_number() & 1) forget_page(entry);
  }
}

// Written at one address, executed at the other, and neither stays.
static void two_names(u32 rounds) {
  for (u32 n = 0; n < rounds; ++n) {
    store32(ALIAS_EA, ADDI(3, 0, n));
    store32(ALIAS_EA + 4, BLR);
    if (n % 4 == 0) flush_code(ALIAS_EA, 8);
    for (u32 times = 0; times < 14; ++times) {
      __asm__ volatile("mtctr %0; bctrl" ::"r"(CODE_EA) : "r3", "ctr", "lr", "memory");
    }
    if (n % 64 == 63) forget_page(CODE_EA);
  }
}

void hostile(void) {
  on_exception = fault;
  turn_on_translation();
  set_segment(TABLE_EA, VSID_TABLE);
  set_segment(CODE_EA, VSID_CODE);
  for (u32 round = 0;; ++round) {
    map_itself();
    change_itself();
    two_names(round % 64 == 0 ? 2000 : 20);
    if (round % 64 == 0) progress("mapped");
  }
}
