// What operating systems do all the time, each thing in a loop of its own: system calls, segment registers,
// translation, exceptions, devices, code that changes, and much code. Bare metal, the same image on every
// emulator.
#include <stdint.h>

enum experiment {
#define EXPERIMENT(name, rounds, units, what) name##_experiment,
#include "bench/system/experiments.inc"
#undef EXPERIMENT
};

enum {
  page_table = 0x00200000,  // 64 KiB
  data = 0x00400000,
  work = 0x00800000,       // tables of the generated code
  generated = 0x01000000,  // code
  mapped = 0x20000000,     // segment 2: pages of `data` through the page table
  mapped_pages = 256,
  vsid_a = 0x111,
  vsid_b = 0x222,
  key_bits = 0x60000000,  // Ks, Kp
  msr_pr = 0x4000,
  msr_fp = 0x2000,
  msr_ir = 0x20,
  msr_dr = 0x10,
};

#define SPR(n, value) __asm__ volatile("mtspr %0,%1" : : "i"(n), "r"(value))
#define SEGMENT(n, value) __asm__ volatile("mtsr %0,%1" : : "i"(n), "r"(value) : "memory")
#define ISYNC() __asm__ volatile("isync" : : : "memory")
#define SYNC() __asm__ volatile("sync" : : : "memory")
#define SET_MSR(value) __asm__ volatile("mtmsr %0\n\tisync" : : "r"(value) : "memory")

static inline volatile uint32_t* word(uint32_t address) { return (volatile uint32_t*)address; }

static uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static uint32_t fold(uint32_t sum, uint32_t value) {
  sum = (sum ^ value) * 0x9e3779b1u;
  return sum ^ sum >> 15;
}

// --- Translation ---

static void map_page(uint32_t vsid, uint32_t ea, uint32_t physical) {
  const uint32_t index = ea >> 12 & 0xffff;
  volatile uint32_t* entry = word(page_table + ((vsid ^ index) & 0x3ff) * 64);
  while (entry[0] != 0) entry += 2;  // the groups never overflow here
  entry[1] = physical | 0x192;       // R, C, M, PP = 2
  entry[0] = 0x80000000u | vsid << 7 | index >> 10;
}

static void translation_on(void) {
  for (uint32_t n = 0; n < 0x10000; n += 4) *word(page_table + n) = 0;
  for (uint32_t page = 0; page < mapped_pages; ++page) {
    map_page(vsid_a, mapped + (page << 12), data + (page << 12));
    map_page(vsid_b, mapped + (page << 12), data + (page << 12));
  }
  SPR(25, page_table);
  SPR(528, 0x00001fffu);
  SPR(529, 0x00000012u);  // 256 MiB at 0, for everybody
  SPR(536, 0x00001fffu);
  SPR(537, 0x00000012u);
  SPR(538, 0xf0001fffu);
  SPR(539, 0xf000002au);  // devices
  SEGMENT(2, vsid_a);
  SEGMENT(3, 0x333u);
  SEGMENT(4, 0x444u);
  SEGMENT(5, 0x555u);
  SEGMENT(6, 0x666u);
  SEGMENT(7, 0x777u);
  SEGMENT(8, 0x888u);
  SEGMENT(9, 0x999u);
  SEGMENT(10, 0xaaau);
  SEGMENT(11, 0xbbbu);
  SEGMENT(12, 0xcccu);
  SEGMENT(13, 0xdddu);
  SET_MSR(msr_fp | msr_ir | msr_dr);
}

// --- One function for each experiment: its result goes into the checksum. ---

static uint32_t empty(uint32_t rounds) {
  for (uint32_t n = rounds; n != 0; --n) __asm__ volatile("");
  return 1;
}

static uint32_t call(uint32_t rounds) {
  uint32_t sum = 0;
  for (; rounds != 0; --rounds)
    __asm__ volatile("li 0,0\n\tsc\n\taddi %0,%0,3" : "+r"(sum) : : "0", "cr7", "memory");
  return sum;
}

static uint32_t call_user(uint32_t rounds) {
  translation_on();
  SPR(27, msr_pr | msr_fp | msr_ir | msr_dr);
  __asm__ volatile("lis 4,1f@ha\n\taddi 4,4,1f@l\n\tmtsrr0 4\n\trfi\n1:" : : : "4", "memory");
  const uint32_t sum = call(rounds);
  __asm__ volatile("lis 4,1f@ha\n\taddi 4,4,1f@l\n\tli 0,1\n\tsc\n1:" : : : "0", "4", "lr", "cr7", "memory");
  return sum;
}

static uint32_t segment(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    SEGMENT(2, rounds & 1 ? vsid_a : vsid_b);
    ISYNC();
    sum += *word(mapped) + *word(mapped + 0x5000);
  }
  return sum + 7;
}

static uint32_t user_access(uint32_t rounds) {
  translation_on();
  for (; rounds != 0; --rounds) {
    SEGMENT(2, vsid_a);
    ISYNC();
    *word(mapped + 0x2000) = rounds;
    SEGMENT(2, vsid_a | key_bits);
    ISYNC();
  }
  return *word(mapped + 0x2000) + 7;
}

static uint32_t new_space(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    const uint32_t process = (rounds & 7) << 12;
    SEGMENT(2, rounds & 1 ? vsid_a : vsid_b);
    SEGMENT(3, process | 3);
    SEGMENT(4, process | 4);
    SEGMENT(5, process | 5);
    SEGMENT(6, process | 6);
    SEGMENT(7, process | 7);
    SEGMENT(8, process | 8);
    SEGMENT(9, process | 9);
    SEGMENT(10, process | 10);
    SEGMENT(11, process | 11);
    SEGMENT(12, process | 12);
    SEGMENT(13, process | 13);
    ISYNC();
    for (uint32_t page = 0; page < 8; ++page) sum += *word(mapped + (page << 12)) + 1;
  }
  return sum;
}

static uint32_t refill(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    const uint32_t ea = mapped + ((rounds & (mapped_pages - 1)) << 12);
    __asm__ volatile("tlbie %0\n\tsync" : : "r"(ea) : "memory");
    sum += *word(ea) + 1;
  }
  return sum;
}

static uint32_t interrupts_off(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    uint32_t saved, off;
    __asm__ volatile("mfmsr %0\n\trlwinm %1,%0,0,17,15\n\tmtmsr %1" : "=r"(saved), "=r"(off) : : "memory");
    *word(data) = ++sum;
    __asm__ volatile("mtmsr %0" : : "r"(saved) : "memory");
  }
  return sum;
}

static uint32_t translation_off(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    SET_MSR(msr_fp);
    sum += *word(data) + 1;
    SET_MSR(msr_fp | msr_ir | msr_dr);
    sum += *word(mapped) + 1;
  }
  return sum;
}

static uint32_t trap(uint32_t rounds) {
  uint32_t sum = 0;
  for (; rounds != 0; --rounds) __asm__ volatile("trap\n\taddi %0,%0,5" : "+r"(sum) : : "memory");
  return sum;
}

static uint32_t fault(uint32_t rounds) {
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) {
    __asm__ volatile("lwz 0,0(%1)\n\taddi %0,%0,5" : "+r"(sum) : "b"(0x30000000) : "0", "memory");
  }
  return sum;
}

static uint32_t sprg(uint32_t rounds) {
  uint32_t sum = 1;
  for (; rounds != 0; --rounds) {
    __asm__ volatile("mtsprg 0,%0\n\taddi %0,%0,3\n\tmfsprg 0,0\n\tadd %0,%0,0" : "+r"(sum) : : "0");
  }
  return sum;
}

static uint32_t timebase(uint32_t rounds) {
  uint32_t before = 0, wrong = 0;
  for (; rounds != 0; --rounds) {
    uint32_t now;
    __asm__ volatile("mftb %0" : "=r"(now));
    if ((int32_t)(now - before) < 0 && before != 0) ++wrong;
    before = now;
  }
  return wrong;
}

static uint32_t decrementer(uint32_t rounds) {
  uint32_t wrong = 0;
  for (; rounds != 0; --rounds) {
    uint32_t left;
    __asm__ volatile("mtspr 22,%1\n\tmfspr %0,22" : "=r"(left) : "r"(0x70000000u));
    if (left > 0x70000000u) ++wrong;
  }
  return wrong;
}

extern const uint32_t device_register;  // of this board; written before the start

static uint32_t device(uint32_t rounds) {
  const uint32_t at = *(const volatile uint32_t*)&device_register;
  uint32_t sum = 0;
  translation_on();
  for (; rounds != 0; --rounds) sum += (*word(at) & 0) + 1;
  return sum;
}

// --- Code that changes ---

typedef uint32_t (*function)(uint32_t);

static void show(volatile uint32_t* at) {
  __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" : : "r"(at) : "memory");
}

static uint32_t patch(uint32_t rounds) {
  uint32_t sum = 0;
  volatile uint32_t* at = word(generated);
  at[1] = 0x4e800020u;  // blr
  for (; rounds != 0; --rounds) {
    at[0] = 0x38630000u | (rounds & 0x7fff);  // addi r3,r3,n
    show(at);
    sum = ((function)(uint32_t)at)(sum);
  }
  return sum;
}

// r3 times: stores r4 `distance` bytes after the loop's first instruction.
static uint32_t store_beside(uint32_t rounds, uint32_t distance) {
  volatile uint32_t* at = word(generated);
  at[0] = 0x7c6903a6u;  // mtctr r3
  at[1] = 0x90850000u;  // loop: stw r4,0(r5)
  at[2] = 0x38840003u;  // addi r4,r4,3
  at[3] = 0x4200fff8u;  // bdnz loop
  at[4] = 0x4e800020u;  // blr
  show(at);
  ((void (*)(uint32_t, uint32_t, uint32_t))(uint32_t)at)(rounds, 1, generated + distance);
  return *word(generated + distance);
}

static uint32_t own_line(uint32_t rounds) { return store_beside(rounds, 32); }
static uint32_t own_page(uint32_t rounds) { return store_beside(rounds, 2048); }

// --- Much code ---

enum { blocks = 62000, blocks_of_function = 16 };

// An instruction on r3, r5 to r10 and r14 to r20. r4 is the address of a table.
static uint32_t any_instruction(uint32_t* seed) {
  static const uint8_t registers[] = {3, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 19, 20};
  const uint32_t d = registers[next_random(seed) % sizeof registers];
  const uint32_t a = registers[next_random(seed) % sizeof registers];
  const uint32_t b = registers[next_random(seed) % sizeof registers];
  const uint32_t value = next_random(seed) & 0x7fff;
  switch (next_random(seed) % 8) {
    case 0: return 14u << 26 | d << 21 | a << 16 | value;                             // addi
    case 1: return 21u << 26 | d << 21 | a << 16 | (value & 31) << 11 | 3 << 6 | 60;  // rlwinm
    case 2: return 31u << 26 | d << 21 | a << 16 | b << 11 | 266 << 1;                // add
    case 3: return 31u << 26 | d << 21 | a << 16 | b << 11 | 316 << 1;                // xor
    case 4: return 31u << 26 | d << 21 | a << 16 | b << 11 | 40 << 1;                 // subf
    case 5: return 32u << 26 | d << 21 | 4 << 16 | (value & 0xffc);                   // lwz
    case 6: return 36u << 26 | d << 21 | 4 << 16 | (value & 0xffc);                   // stw
    default: return 24u << 26 | d << 21 | a << 16 | value;                            // ori
  }
}

// Blocks of three to six instructions. Each ends with a branch to the next one, conditional or not; a
// function's last with blr, if there are functions.
static void generate(int functions) {
  volatile uint32_t* at = word(generated);
  volatile uint32_t* entry = word(work);
  uint32_t seed = 4;
  for (uint32_t block = 0; block < blocks; ++block) {
    if (block % blocks_of_function == 0) *entry++ = (uint32_t)at;
    const uint32_t length = 3 + block % 4;
    for (uint32_t n = 1; n < length; ++n) *at++ = any_instruction(&seed);
    if (block + 1 == blocks || (functions && block % blocks_of_function == blocks_of_function - 1)) {
      *at++ = 0x4e800020u;  // blr
    } else {
      *at++ = next_random(&seed) % 3 == 0 ? 0x48000004u : 0x40820004u;  // b .+4, bne cr0,.+4
    }
  }
  for (uint32_t line = generated; line <= (uint32_t)at; line += 32) {
    __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0" : : "r"(line) : "memory");
  }
  SYNC();
  ISYNC();
}

static uint32_t run_generated(uint32_t entry) {
  register uint32_t r3 __asm__("3") = 5;
  register uint32_t r4 __asm__("4") = data;
  __asm__ volatile("mtctr %2\n\tbctrl"
                   : "+r"(r3), "+r"(r4)
                   : "r"(entry)
                   : "0", "5", "6", "7", "8", "9", "10", "14", "15", "16", "17", "18", "19", "20", "lr",
                     "ctr", "cr0", "memory");
  return r3;
}

static uint32_t warm(uint32_t rounds) {
  generate(0);
  for (; rounds != 0; --rounds) run_generated(generated);
  return *word(data);
}

static uint32_t warm_calls(uint32_t rounds) {
  enum { functions = blocks / blocks_of_function };
  generate(1);
  for (; rounds != 0; --rounds) {
    for (uint32_t n = 0, which = 0; n < functions; ++n, which = (which + 1999) % functions) {
      run_generated(*word(work + 4 * which));
    }
  }
  return *word(data);
}

uint32_t run(enum experiment which, uint32_t rounds);
uint32_t run(enum experiment which, uint32_t rounds) {
  static uint32_t (*const experiments[])(uint32_t) = {
#define EXPERIMENT(name, rounds, units, what) name,
#include "bench/system/experiments.inc"
#undef EXPERIMENT
  };
  return fold(1, experiments[which](rounds));
}
