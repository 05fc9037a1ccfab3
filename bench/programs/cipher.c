// Integer: additions, exclusive ors and rotations on sixteen words, as in stream ciphers.
#include "bench/programs/program.h"

static inline uint32_t rotate(uint32_t v, int n) { return v << n | v >> (32 - n); }

static inline void quarter(uint32_t* x, int a, int b, int c, int d) {
  x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
  x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
  x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
  x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

static NOINLINE void block(uint32_t* out, const uint32_t* in) {
  uint32_t x[16];
  memcpy(x, in, sizeof x);
  for (int n = 0; n < 10; ++n) {
    quarter(x, 0, 4, 8, 12), quarter(x, 1, 5, 9, 13), quarter(x, 2, 6, 10, 14), quarter(x, 3, 7, 11, 15);
    quarter(x, 0, 5, 10, 15), quarter(x, 1, 6, 11, 12), quarter(x, 2, 7, 8, 13), quarter(x, 3, 4, 9, 14);
  }
  for (int n = 0; n < 16; ++n) out[n] = x[n] + in[n];
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t in[16], out[16], seed = 2, sum = 0;
  for (int n = 0; n < 16; ++n) in[n] = next_random(&seed);
  for (unsigned round = 0; round < 1000 * rounds; ++round) {
    block(out, in);
    sum = fold(sum, out[round & 15]);
    ++in[12];
  }
  return finish(sum);
}
