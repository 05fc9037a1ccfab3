// A PowerPC Linux program without a library that runs cases: a batch is a word that says how many slots
// follow, a word that says whether AltiVec registers exist, and the slots. It answers with the slots as they
// are afterwards.
#include <stdint.h>

#include "tests/differential/layout.h"

enum { sys_exit = 1, sys_read = 3, sys_write = 4, sys_mmap = 90 };

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r0 __asm__("r0") = number;
  register long r3 __asm__("r3") = a;
  register long r4 __asm__("r4") = b;
  register long r5 __asm__("r5") = c;
  register long r6 __asm__("r6") = d;
  register long r7 __asm__("r7") = e;
  register long r8 __asm__("r8") = f;
  // The summary overflow bit of CR0 tells an error.
  __asm__ volatile("sc\n\tbns 1f\n\tneg 3,3\n1:"
                   : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                   :
                   : "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
  return r3;
}

static void leave_with(int status) {
  for (;;) system_call(sys_exit, status, 0, 0, 0, 0, 0);
}

static void transfer(long call, long fd, uintptr_t at, long size) {
  while (size != 0) {
    const long done = system_call(call, fd, (long)at, size, 0, 0, 0);
    if (done <= 0) leave_with(done == 0 ? 0 : 1);
    at += (uintptr_t)done;
    size -= done;
  }
}

static void map(uintptr_t address, long size) {
  const long all = 7, private_fixed_anonymous = 0x32;
  if (system_call(sys_mmap, (long)address, size, all, private_fixed_anonymous, -1, 0) != (long)address)
    leave_with(2);
}

static void copy(uintptr_t to, uintptr_t from, unsigned bytes) {
  for (unsigned n = 0; n < bytes; n += 4)
    *(volatile uint32_t*)(to + n) = *(volatile const uint32_t*)(from + n);
}

void enter(uintptr_t code, int altivec);

static void run(uintptr_t slot, int altivec) {
  copy(LAYOUT_REGISTERS, slot + LAYOUT_SLOT_REGISTERS, LAYOUT_REGISTERS_BYTES);
  copy(LAYOUT_SCRATCH, slot + LAYOUT_SLOT_SCRATCH, LAYOUT_SCRATCH_BYTES);
  enter(slot, altivec);
  copy(slot + LAYOUT_SLOT_REGISTERS, LAYOUT_REGISTERS, LAYOUT_REGISTERS_BYTES);
  copy(slot + LAYOUT_SLOT_SCRATCH, LAYOUT_SCRATCH, LAYOUT_SCRATCH_BYTES);
}

void serve(void) {
  map(LAYOUT_SLOT_AREA, (long)LAYOUT_SLOTS * LAYOUT_SLOT_BYTES);
  map(LAYOUT_FIXED_AREA, LAYOUT_FIXED_BYTES);
  for (;;) {
    static uint32_t head[2];
    transfer(sys_read, 0, (uintptr_t)head, sizeof head);
    const long bytes = (long)head[0] * LAYOUT_SLOT_BYTES;
    if (head[0] > LAYOUT_SLOTS) leave_with(3);
    transfer(sys_read, 0, LAYOUT_SLOT_AREA, bytes);
    for (uint32_t n = 0; n < head[0]; ++n)
      run(LAYOUT_SLOT_AREA + (uintptr_t)n * LAYOUT_SLOT_BYTES, (int)head[1]);
    transfer(sys_write, 1, LAYOUT_SLOT_AREA, bytes);
  }
}
