// Interrupts without end: a decrementer that is due again before its handler has returned, and on the Beige
// G3 every source enabled, timers at their shortest and nothing acknowledged.
#include "tests/hostile/guest/rt.h"

static void handle(u32 vector, Frame* frame) {
  if (vector == 0x900) MTSPR(SPR_DEC, exceptions % 3);
  // A line that nobody lowers would leave nothing else to happen.
  if (vector == 0x500 && exceptions % 4096 == 0) frame->srr1 &= ~MSR_EE;
  if (exceptions % 4096 == 0) progress("interrupts");  // the program itself may get nowhere
}

void hostile(void) {
  on_exception = handle;
#ifdef BEIGE_G3
  assign_addresses();
  const u32 via = MAC_IO + 0x16000;
#endif
  for (;;) {
#ifdef BEIGE_G3
    for (u32 group = 0; group < 2; ++group) store32(MAC_IO + 0x14 + 16 * group, ~0u);
    store8(via + 0x1600, 0x40);  // timer 1 runs on by itself
    store8(via + 0x0800, 1);
    store8(via + 0x0a00, 0);
    store8(via + 0x1000, 1);
    store8(via + 0x1200, 0);
    store8(via + 0x1c00, 0xff);
    store8(MAC_IO + 0x13020u, 1);
    store8(MAC_IO + 0x13020u, 2);  // the transmitter interrupts, too
    store8(MAC_IO + 0x13020u, 9);
    store8(MAC_IO + 0x13020u, 8);
    store8(MAC_IO + 0x13030u, '.');
#endif
    MTSPR(SPR_DEC, 0);
    set_msr(MSR_EE | MSR_ME | MSR_FP);
    for (volatile u32 n = 0; n < 200; ++n) {
    }
    set_msr(MSR_ME | MSR_FP);
  }
}
