#include "tests/hostile/guest/rt.h"

void (*on_exception)(u32 vector, Frame* frame);
volatile u32 exceptions;

// --- The console ---

#ifdef BEIGE_G3

static void configure(u32 slot, u32 reg, u32 value) {
  store32_le(0xfec00000u, 0x80000000u | slot << 11 | reg);
  store32_le(0xfee00000u, value);
}

void assign_addresses(void) {
  configure(1, 0x10, FRAME_BUFFER);
  configure(1, 0x18, 0x81000000u);
  configure(2, 0x10, 0x1000);
  configure(16, 0x10, MAC_IO);
  static const u32 slots[] = {0, 1, 2, 16};
  for (u32 n = 0; n < 4; ++n) configure(slots[n], 0x04, 7);
}

// Whatever the program has done to the chips: the serial line works again.
static void open_console(void) {
  assign_addresses();
  static const u8 setup[] = {9, 0xc0, 4, 0x44, 3, 0xc1, 5, 0x68};
  for (u32 n = 0; n < sizeof setup; ++n) store8(MAC_IO + 0x13020u, setup[n]);
}
static void put(char c) { store8(MAC_IO + 0x13030u, (u32)(u8)c); }

#else

static void open_console(void) {}
static void put(char c) { store8(0xf1000000u, (u32)(u8)c); }

#endif

static void put_line(const char* text, u32 number) {
  open_console();
  while (*text) put(*text++);
  put(' ');
  for (int shift = 28; shift >= 0; shift -= 4) put("0123456789abcdef"[number >> shift & 15]);
  put('\n');
}

void put_text(const char* text) {
  open_console();
  while (*text) put(*text++);
}

void progress(const char* what) {
  static u32 times;
  if (times < 4 || times % 64 == 0) put_line(what, times);
  ++times;
}

void finish(u32 status) {
  put_line("FINISHED", status);
#ifndef BEIGE_G3
  store32(0xf1000004u, status);
#endif
  for (;;) {
  }
}

// --- Exceptions ---

static void* place[5];
static volatile u32 trying, caught;

void handle_exception(u32 vector, Frame* frame) {
  ++exceptions;
  if (on_exception) return on_exception(vector, frame);
  if (!trying) {
    put_line("UNEXPECTED", vector);
    put_line("AT", frame->srr0);
    finish(1);
  }
  caught = vector;
  __builtin_longjmp(place, 1);
}

u32 try_call(u32 address) {
  const u32 msr = get_msr();
  caught = 0;
  trying = 1;
  if (__builtin_setjmp(place) == 0) ((void (*)(void))address)();
  trying = 0;
  set_msr(msr);
  return caught;
}

// --- The rest ---

u32 random_number(void) {
  static u32 state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

void flush_code(u32 address, u32 bytes) {
  for (u32 at = address & ~31u; at < address + bytes; at += 32) {
    __asm__ volatile("dcbst 0, %0; sync; icbi 0, %0" ::"r"(at) : "memory");
  }
  __asm__ volatile("sync; isync" ::: "memory");
}

void* memcpy(void* to, const void* from, u32 bytes) {
  for (u32 n = 0; n < bytes; ++n) ((u8*)to)[n] = ((const u8*)from)[n];
  return to;
}
void* memset(void* to, int value, u32 bytes) {
  for (u32 n = 0; n < bytes; ++n) ((volatile u8*)to)[n] = (u8)value;
  return to;
}
