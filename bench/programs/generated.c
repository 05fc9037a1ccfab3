// Self-modifying code: short functions are written, called a few times, changed in place, and called again.
// The native build writes code of the host.
#include <sys/mman.h>

#include "bench/programs/program.h"

enum { functions = 64, stride = 32 };  // bytes: one cache line of the 750

static uint8_t* code;

#ifdef __powerpc__
static void write_function(unsigned slot, uint16_t factor, uint16_t offset) {
  uint32_t* at = (uint32_t*)(code + slot * stride);
  at[0] = 0x1c630000u | (factor & 0x7fff);  // mulli r3,r3,factor
  at[1] = 0x38630000u | (offset & 0x7fff);  // addi r3,r3,offset
  at[2] = 0x4e800020u;                      // blr
  __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" : : "r"(at) : "memory");
}
#elif defined(__x86_64__)
static void write_function(unsigned slot, uint16_t factor, uint16_t offset) {
  uint8_t* at = code + slot * stride;
  const uint32_t by = factor & 0x7fff, plus = offset & 0x7fff;
  memcpy(at, "\x69\xc7", 2);  // imul eax,edi,factor
  memcpy(at + 2, &by, 4);
  at[6] = 0x05;  // add eax,offset
  memcpy(at + 7, &plus, 4);
  at[11] = 0xc3;  // ret
}
#else
#error "which instructions does this processor have?"
#endif

static uint32_t call_function(unsigned slot, uint32_t v) {
  return ((uint32_t(*)(uint32_t))(void*)(code + slot * stride))(v);
}

static int prepare(void) {
  code =
      mmap(NULL, functions * stride, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return code != MAP_FAILED;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 1, seed = 18;
  if (!prepare()) return 1;
  for (unsigned slot = 0; slot < functions; ++slot) write_function(slot, 3, (uint16_t)slot);
  for (unsigned round = 0; round < rounds; ++round) {
    const unsigned slot = next_random(&seed) % functions;
    write_function(slot, (uint16_t)(next_random(&seed) | 1), (uint16_t)round);
    for (int n = 0; n < 8; ++n) sum = call_function(slot, sum);
    for (unsigned n = 0; n < functions; n += 4) sum = call_function(n, sum);
    sum = fold(sum, round);
  }
  return finish(sum);
}
