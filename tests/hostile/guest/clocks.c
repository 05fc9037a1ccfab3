// Games with time: decrementer, time base and timers set to extremes, sleep with and without an end in sight.
#include "tests/hostile/guest/rt.h"

static const u32 extremes[] = {0,           1,           2,           0x10,       0x7fffffffu,
                               0x80000000u, 0x80000001u, 0xfffffffeu, 0xffffffffu};
enum { count = sizeof extremes / sizeof *extremes };

static volatile u32 asleep;

static void handle(u32 vector, Frame* frame) {
  frame->srr1 &= ~MSR_POW;
  if (vector == 0x900) MTSPR(SPR_DEC, asleep ? 100 : extremes[random_number() % count]);
#ifdef BEIGE_G3
  if (vector == 0x500) {
    store8(MAC_IO + 0x16000 + 0x1a00, 0x7f);
    store32_le(MAC_IO + 0x18, ~0u);
    store32_le(MAC_IO + 0x28, ~0u);
  }
#endif
}

static void set_time_base(u32 upper, u32 lower) {
  MTSPR(SPR_TBL, 0);
  MTSPR(SPR_TBU, upper);
  MTSPR(SPR_TBL, lower);
}

// Sleeps, but not for longer than the shortest decrementer allows.
static void nap(void) {
  asleep = 1;
  MTSPR(SPR_HID0, 0x00800000u);
  MTSPR(SPR_DEC, random_number() % 2000);
  set_msr(MSR_EE | MSR_ME | MSR_FP);
  __asm__ volatile("sync" ::: "memory");
  set_msr(MSR_EE | MSR_ME | MSR_FP | MSR_POW);
  set_msr(MSR_ME | MSR_FP);
  asleep = 0;
}

static void set_timers(u32 value) {
#ifdef BEIGE_G3
  const u32 via = MAC_IO + 0x16000;
  store8(via + 0x1600, value & 1 ? 0x40 : 0);
  store8(via + 0x0800, value);
  store8(via + 0x0a00, value >> 8);
  store8(via + 0x1000, value);
  store8(via + 0x1200, value >> 8);
  store8(via + 0x1c00, 0xe0);
  store32_le(MAC_IO + 0x24, 1u << 18);
#else
  (void)value;
#endif
}

void hostile(void) {
#ifdef BEIGE_G3
  assign_addresses();
#endif
  on_exception = handle;
  for (;;) {
    for (u32 upper = 0; upper < count; ++upper) {
      for (u32 lower = 0; lower < count; ++lower) {
        set_time_base(extremes[upper], extremes[lower]);
        set_timers(extremes[lower]);
        MTSPR(SPR_DEC, extremes[(upper + lower) % count]);
        set_msr(MSR_EE | MSR_ME | MSR_FP);
        for (volatile u32 n = 0; n < 50; ++n) {
        }
        set_msr(MSR_ME | MSR_FP);
        const u32 before = ticks();
        for (volatile u32 n = 0; n < 50; ++n) {
        }
        if (ticks() == before) set_timers(0);
      }
    }
    nap();
    progress("times");
  }
}
