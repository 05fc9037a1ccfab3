// What the hostile guests have instead of a system. Each defines hostile(), which runs until somebody ends it
// or returns; -DBEIGE_G3 builds it for that board, otherwise it is for the board `bare`. RAM is 64 MiB; the
// program and its stacks are below 0x80000.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

void hostile(void);

typedef struct Frame {
  u32 gpr[32], lr, ctr, xer, cr, srr0, srr1;
} Frame;

// Called with the vector; whoever changes frame->srr0 goes on elsewhere.
extern void (*on_exception)(u32 vector, Frame* frame);
extern volatile u32 exceptions;  // how many there were

void put_text(const char* text);
void progress(const char* what);  // "what N" on the console, at most every 64th time
void finish(u32 status) __attribute__((noreturn));
// Calls an address and comes back, by a return or by the first exception: its vector, or 0.
u32 try_call(u32 address);
u32 random_number(void);
// Makes code at an address current, as software has to.
void flush_code(u32 address, u32 bytes);
#ifdef BEIGE_G3
void assign_addresses(void);  // to PCI devices: mac-io at MAC_IO and so on
#endif

#define RAM_BYTES 0x04000000u
#define HEAP 0x00100000u  // from here on memory is free
#define MAC_IO 0x81080000u
#define FRAME_BUFFER 0x80000000u
#define PCI_IO 0xfe000000u

#define MSR_POW 0x40000u
#define MSR_EE 0x8000u
#define MSR_FP 0x2000u
#define MSR_ME 0x1000u
#define MSR_SE 0x400u
#define MSR_IP 0x40u
#define MSR_IR 0x20u
#define MSR_DR 0x10u

#define MTSPR(number, value) __asm__ volatile("mtspr %0, %1" ::"i"(number), "r"(value) : "memory")
#define MFSPR(number)                                              \
  ({                                                               \
    u32 value_;                                                    \
    __asm__ volatile("mfspr %0, %1" : "=r"(value_) : "i"(number)); \
    value_;                                                        \
  })
#define SPR_DSISR 18
#define SPR_DAR 19
#define SPR_DEC 22
#define SPR_SDR1 25
#define SPR_TBL 284
#define SPR_TBU 285
#define SPR_IBAT0U 528
#define SPR_IBAT0L 529
#define SPR_DBAT0U 536
#define SPR_DBAT0L 537
#define SPR_DBAT1U 538
#define SPR_DBAT1L 539
#define SPR_DBAT2U 540
#define SPR_DBAT2L 541
#define SPR_HID0 1008

static inline void set_msr(u32 value) { __asm__ volatile("sync; mtmsr %0; isync" ::"r"(value) : "memory"); }
static inline u32 get_msr(void) {
  u32 value;
  __asm__ volatile("mfmsr %0" : "=r"(value));
  return value;
}
static inline u32 ticks(void) {
  u32 value;
  __asm__ volatile("mftb %0" : "=r"(value));
  return value;
}
static inline void store8(u32 at, u32 value) { *(volatile u8*)at = (u8)value; }
static inline void store16(u32 at, u32 value) { *(volatile u16*)at = (u16)value; }
static inline void store32(u32 at, u32 value) { *(volatile u32*)at = value; }
static inline u32 load8(u32 at) { return *(volatile u8*)at; }
static inline u32 load16(u32 at) { return *(volatile u16*)at; }
static inline u32 load32(u32 at) { return *(volatile u32*)at; }
static inline void store32_le(u32 at, u32 value) {
  __asm__ volatile("stwbrx %0, 0, %1; eieio" ::"r"(value), "r"(at) : "memory");
}
static inline u32 load32_le(u32 at) {
  u32 value;
  __asm__ volatile("lwbrx %0, 0, %1" : "=r"(value) : "r"(at) : "memory");
  return value;
}

// Instructions.
#define ADDI(rd, ra, value) (14u << 26 | (rd) << 21 | (ra) << 16 | ((value)&0xffffu))
#define XORIS(ra, rs, value) (27u << 26 | (rs) << 21 | (ra) << 16 | ((value)&0xffffu))
#define RLWINM(ra, rs, by) (21u << 26 | (rs) << 21 | (ra) << 16 | (by) << 11 | 31u << 1)
#define STW(rs, offset, ra) (36u << 26 | (rs) << 21 | (ra) << 16 | ((offset)&0xffffu))
#define LWZ(rd, offset, ra) (32u << 26 | (rd) << 21 | (ra) << 16 | ((offset)&0xffffu))
#define B(distance) (18u << 26 | ((distance)&0x3fffffcu))
#define BLR 0x4e800020u
#define ILLEGAL 0u
#define SC 0x44000002u
#define RFI 0x4c000064u
