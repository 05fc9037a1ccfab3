// Calls: functions that call themselves and each other with little work of their own.
#include "bench/programs/program.h"

static NOINLINE int tak(int x, int y, int z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

static NOINLINE uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static NOINLINE uint32_t odd(uint32_t n, uint32_t* depth);
static NOINLINE uint32_t even(uint32_t n, uint32_t* depth) {
  const uint32_t result = n == 0 ? 1 : odd(n - 1, depth);
  ++*depth;
  return result;
}
static NOINLINE uint32_t odd(uint32_t n, uint32_t* depth) {
  const uint32_t result = n == 0 ? 0 : even(n - 1, depth);
  *depth += 2;
  return result;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    uint32_t depth = 0;
    sum = fold(sum, (uint32_t)tak(12 + (int)(round & 1), 8, 4));
    sum = fold(sum, fibonacci(18 + (round & 3)));
    sum = fold(sum, even(500 + round % 100, &depth) + depth);
  }
  return finish(sum);
}
