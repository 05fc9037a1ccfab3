// Every address that a chip might answer, read and written in every width, aligned and not; and the rest of
// the address space at its pages' edges.
#include "tests/hostile/guest/rt.h"

typedef struct Window {
  u32 base, bytes, step;
} Window;

static const Window windows[] = {
#ifdef BEIGE_G3
    {MAC_IO, 0x80000, 1},      {0xf0000510u, 3, 1},
    {0xfec00000u, 0x10, 1},    {0xfee00000u, 0x10, 1},
    {PCI_IO, 0x2000, 1},       {PCI_IO + 0x2000, 0x1fe000, 61},
    {FRAME_BUFFER, 0x1000, 1}, {FRAME_BUFFER, 0x1000000, 1021},
    {0x81000000u, 0x1000, 1},  {0xffc00000u, 0x400000, 1021},
#else
    {0xf1000000u, 3, 1},  // not the register behind: it ends the machine
    {0xf1000008u, 0x1000, 1},
#endif
    {RAM_BYTES - 64, 128, 1},  {0x7fffffc0u, 128, 1},
    {0xffffff00u, 0x100, 1},
};

// Both loads and stores: what a register needs to be seen changing.
static void access_all(u32 at, u32 value) {
  store8(at, value);
  load8(at);
  __asm__ volatile("sth %0, 0(%1); lhz 0, 0(%1); sthbrx %0, 0, %1; lhbrx 0, 0, %1" ::"r"(value), "b"(at)
                   : "r0", "memory");
  __asm__ volatile("stw %0, 0(%1); lwz 0, 0(%1); stwbrx %0, 0, %1; lwbrx 0, 0, %1" ::"r"(value), "b"(at)
                   : "r0", "memory");
  __asm__ volatile("lfd 1, 0(%0); stfd 1, 0(%0); lfs 2, 0(%0); stfs 2, 0(%0); stfiwx 1, 0, %0" ::"b"(at)
                   : "memory");
}

static void access_odd(u32 at, u32 value) {
  __asm__ volatile("mr 29, %1; mr 30, %1; mr 31, %1; stmw 29, 0(%0); lmw 29, 0(%0)" ::"b"(at), "r"(value)
                   : "r29", "r30", "r31", "memory");
  __asm__ volatile("stswi 29, %0, 11; lswi 29, %0, 11" ::"b"(at) : "r29", "r30", "r31", "memory");
  __asm__ volatile("lwarx 29, 0, %0; stwcx. %1, 0, %0" ::"r"(at & ~3u), "r"(value) : "r29", "cr0", "memory");
  __asm__ volatile("dcbz 0, %0; dcbf 0, %0; dcbi 0, %0; icbi 0, %0; dcbst 0, %0; dcbt 0, %0" ::"r"(at)
                   : "memory");
  __asm__ volatile("lhau 31, 1(%0); sthu 31, -1(%0)" : : "b"(at) : "r31", "memory");
}

static void skip(u32 vector, Frame* frame) {
  (void)vector;
  frame->srr0 += 4;
}

static u32 passes;
static u32 value_of_pass(u32 at) {
  switch (passes % 5) {
    case 0: return 0;
    case 1: return ~0u;
    case 2: return 0x5a5a5a5au;
    case 3: return at;
    default: return random_number();
  }
}

void hostile(void) {
  set_msr(MSR_FP | MSR_ME);
  on_exception = skip;
  for (;; ++passes) {
    for (u32 n = 0; n < sizeof windows / sizeof *windows; ++n) {
#ifdef BEIGE_G3
      assign_addresses();
#endif
      const Window* window = &windows[n];
      progress("window");
      for (u32 offset = 0; offset < window->bytes; offset += window->step) {
        const u32 at = window->base + offset;
        access_all(at, value_of_pass(at));
        // On the board `bare` several words at once would reach the register that ends the machine.
        if ((offset & 7) == (passes & 7) && window->bytes != 3) access_odd(at, value_of_pass(at));
      }
    }
    // Pages where nobody is, the RAM left out.
    for (u32 at = RAM_BYTES; at >= RAM_BYTES; at += 0x40000) {
      if ((at >> 20) == 0xf10) continue;
      access_all(at, ~0u);
      access_all(at + 0xffd, 0);
    }
  }
}
