// Integer: a sieve for primes, one bit a number, and a count of the bits.
#include "bench/programs/program.h"

enum { limit = 1 << 18 };
static uint32_t bits[limit / 32];

static NOINLINE void sieve(uint32_t first) {
  memset(bits, 0xff, sizeof bits);
  for (uint32_t n = first; n * n < limit; ++n) {
    if (!(bits[n / 32] >> (n % 32) & 1)) continue;
    for (uint32_t k = n * n; k < limit; k += n) bits[k / 32] &= ~(1u << (k % 32));
  }
}

static NOINLINE uint32_t count(void) {
  uint32_t total = 0;
  for (int n = 0; n < limit / 32; ++n) {
    for (uint32_t w = bits[n]; w; w &= w - 1) ++total;
  }
  return total;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    sieve(2 + round % 3);
    sum = fold(sum, count());
  }
  return finish(sum);
}
