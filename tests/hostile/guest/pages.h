// A page table for the hostile guests that need one: 64 KiB of it, at PAGE_TABLE; the program itself is
// reached through a BAT, so that whatever happens to the table, there is something left to run.
#pragma once

#include "tests/hostile/guest/rt.h"

#define PAGE_TABLE 0x00200000u
#define GROUPS 1024u

static inline void set_segment(u32 ea, u32 value) {
  __asm__ volatile("mtsrin %0, %1; isync" ::"r"(value), "r"(ea) : "memory");
}
static inline void forget_page(u32 ea) { __asm__ volatile("tlbie %0; tlbsync; sync" ::"r"(ea) : "memory"); }

// Where an entry for this page of this virtual segment may be.
static inline u32 group_of(u32 vsid, u32 ea) {
  return PAGE_TABLE + ((vsid ^ (ea >> 12 & 0xffff)) & (GROUPS - 1)) * 64;
}
static inline void set_entry(u32 group, u32 slot, u32 vsid, u32 ea, u32 physical) {
  store32(group + 8 * slot, 0);
  store32(group + 8 * slot + 4, (physical & 0xfffff000u) | 0x2);  // read and write
  store32(group + 8 * slot, 0x80000000u | vsid << 7 | (ea >> 22 & 0x3f));
}

static inline void turn_on_translation(void) {
  for (u32 at = PAGE_TABLE; at < PAGE_TABLE + GROUPS * 64; at += 4) store32(at, 0);
  MTSPR(SPR_IBAT0U, 0x00000ffeu);  // 128 MiB at 0, for the supervisor
  MTSPR(SPR_IBAT0L, 0x00000002u);
  MTSPR(SPR_DBAT0U, 0x00000ffeu);
  MTSPR(SPR_DBAT0L, 0x00000002u);
#ifdef BEIGE_G3
  MTSPR(SPR_DBAT1U, 0x80001ffeu);  // the chips
  MTSPR(SPR_DBAT1L, 0x8000002au);
  MTSPR(SPR_DBAT2U, 0xf0001ffeu);
  MTSPR(SPR_DBAT2L, 0xf000002au);
#else
  MTSPR(SPR_DBAT1U, 0xf0001ffeu);
  MTSPR(SPR_DBAT1L, 0xf000002au);
#endif
  MTSPR(SPR_SDR1, PAGE_TABLE);
  set_msr(MSR_IR | MSR_DR | MSR_ME | MSR_FP);
}
