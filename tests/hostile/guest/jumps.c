// Jumps to where no code should be: registers of chips, the screen's memory with and without code in it, the
// ROM, the ends of memory, nowhere; with and without a machine check to say so.
#include "tests/hostile/guest/rt.h"

static const u32 targets[] = {
#ifdef BEIGE_G3
    MAC_IO,
    MAC_IO + 0x10,
    MAC_IO + 0x8000,
    MAC_IO + 0x13020,
    MAC_IO + 0x16000,
    MAC_IO + 0x20000,
    MAC_IO + 0x60000,
    PCI_IO,
    PCI_IO + 0x1000,
    0xfec00000u,
    0xfee00000u,
    0xf0000510u,
    0x81000000u,
    0x81000400u,
    FRAME_BUFFER + 0x300000u,
    FRAME_BUFFER + 0xfffffcu,
    0xffc00000u,
    0xfff00200u,
#else
    0xf1000000u,   0xf1000004u,
#endif
    RAM_BYTES - 4,
    RAM_BYTES,
    0x7ffffffcu,
    0x80fffffcu,
    0xc0000000u,
    0xfffffffcu,
    0xfffff000u,
    0x00f00000u,
};

#ifdef BEIGE_G3
// Code on the screen, changed while it is there.
static void run_from_screen(u32 at) {
  for (u32 n = 0; n < 40; ++n) {
    store32(at, ADDI(3, 3, n));
    store32(at + 4, n % 3 ? BLR : STW(3, 0x100, 4));
    store32(at + 8, BLR);
    flush_code(at, 12);
    for (u32 times = 0; times < 20; ++times) {
      __asm__ volatile("mtctr %0; mr 4, %0; bctrl" ::"r"(at) : "r3", "r4", "ctr", "lr", "memory");
    }
  }
  // The screen moves away from under the code.
  store32_le(0xfec00000u, 0x80000000u | 1 << 11 | 0x10);
  store32_le(0xfee00000u, 0x90000000u);
  try_call(at);
  try_call(at + 0x10000000u);
  assign_addresses();
}
#endif

void hostile(void) {
#ifdef BEIGE_G3
  assign_addresses();
#endif
  set_msr(MSR_ME | MSR_FP);
  for (;;) {
    for (u32 n = 0; n < sizeof targets / sizeof *targets; ++n) {
      for (u32 times = 0; times < 20; ++times) try_call(targets[n]);
    }
#ifdef BEIGE_G3
    run_from_screen(FRAME_BUFFER + 0x100);
    run_from_screen(FRAME_BUFFER + 0x1ffff8u);  // across the end of a page
#endif
    for (u32 n = 0; n < 10000; ++n) try_call(0x90000000u + (random_number() & 0x1ffffffcu));
    // The last instruction of memory runs on into nowhere.
    store32(RAM_BYTES - 4, ADDI(3, 3, 1));
    flush_code(RAM_BYTES - 4, 4);
    for (u32 times = 0; times < 20; ++times) try_call(RAM_BYTES - 4);
    progress("jumps");
  }
}
