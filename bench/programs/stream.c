// Memory: long arrays read and written in order.
#include "bench/programs/program.h"

enum { length = 1 << 19 };
static uint32_t a[length], b[length], c[length];

static NOINLINE void copy(void) {
  for (int n = 0; n < length; ++n) c[n] = a[n];
}
static NOINLINE void scale(uint32_t k) {
  for (int n = 0; n < length; ++n) b[n] = k * c[n];
}
static NOINLINE void triad(uint32_t k) {
  for (int n = 0; n < length; ++n) a[n] = b[n] + k * c[n];
}
static NOINLINE uint32_t total(void) {
  uint32_t sum = 0;
  for (int n = 0; n < length; ++n) sum += a[n];
  return sum;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 9, sum = 0;
  for (int n = 0; n < length; ++n) a[n] = next_random(&seed);
  for (unsigned round = 0; round < rounds; ++round) {
    copy();
    scale(3 + round);
    triad(round);
    sum = fold(sum, total());
  }
  return finish(sum);
}
