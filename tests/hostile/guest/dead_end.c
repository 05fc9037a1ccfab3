// States that a processor does not leave, each by another way: -DCASE=N. Quince says so and ends with
// status 4.
#include "tests/hostile/guest/rt.h"

void hostile(void) {
#if CASE == 1  // a jump to nowhere with machine checks off
  set_msr(0);
  ((void (*)(void))0x7f000000)();
#elif CASE == 2  // a machine check whose handler is nowhere: vectors where there is no memory or only zeros
  set_msr(MSR_ME | MSR_IP);
  ((void (*)(void))0x7f000000)();
  for (;;) {
  }
#elif CASE == 3  // sleep without a way to wake up
  MTSPR(SPR_HID0, 0x00800000u);
  for (;;) set_msr(MSR_POW);
#elif CASE == 4  // the machine check's handler jumps to nowhere itself
  store32(0x200, 0x3c607f00u);  // lis r3, 0x7f00; mtctr r3; bctr
  store32(0x204, 0x7c6903a6u);
  store32(0x208, 0x4e800420u);
  flush_code(0x200, 12);
  set_msr(MSR_ME);
  ((void (*)(void))0x7f000000)();
#elif CASE == 5  // code in a chip's registers
  set_msr(0);
#ifdef BEIGE_G3
  assign_addresses();
  ((void (*)(void))MAC_IO)();
#else
  ((void (*)(void))0xf1000000)();
#endif
#endif
}
