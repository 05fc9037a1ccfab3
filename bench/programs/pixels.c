// AltiVec, integer: saturated sums of bytes, averages, comparisons with selection, sums across, permutations.
// Where there is no AltiVec the same is done byte by byte.
#include "bench/programs/program.h"
#ifdef __ALTIVEC__
#include <altivec.h>
#endif

enum { size = 16384 };
static uint8_t a[size] __attribute__((aligned(16))), b[size] __attribute__((aligned(16)));

#ifdef __ALTIVEC__
static NOINLINE uint32_t pass(uint8_t threshold) {
  const vector unsigned char limit = vec_splats(threshold);
  const vector unsigned char reverse = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  vector unsigned int total = vec_splat_u32(0);
  for (int n = 0; n < size; n += 16) {
    const vector unsigned char x = vec_ld(n, a), y = vec_ld(n, b);
    const vector unsigned char sum = vec_adds(x, y), mean = vec_avg(x, y), less = vec_subs(x, y);
    const vector unsigned char chosen = vec_sel(mean, less, vec_cmpgt(sum, limit));
    total = vec_sum4s(chosen, total);
    total = vec_msum(x, y, total);
    vec_st(vec_perm(chosen, chosen, reverse), n, a);
    vec_st(vec_xor(sum, y), n, b);
  }
  return vec_extract(total, 0) + vec_extract(total, 1) + vec_extract(total, 2) + vec_extract(total, 3);
}
#else
static NOINLINE uint32_t pass(uint8_t threshold) {
  uint32_t total = 0;
  for (int n = 0; n < size; n += 16) {
    uint8_t chosen[16];
    for (int k = 0; k < 16; ++k) {
      const int x = a[n + k], y = b[n + k];
      const int sum = x + y > 255 ? 255 : x + y, mean = (x + y + 1) / 2, less = x > y ? x - y : 0;
      chosen[k] = (uint8_t)(sum > threshold ? less : mean);
      total += chosen[k] + (uint32_t)(x * y);
      b[n + k] = (uint8_t)(sum ^ y);
    }
    for (int k = 0; k < 16; ++k) a[n + k] = chosen[15 - k];
  }
  return total;
}
#endif

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 16, sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    if (round % 16 == 0) {
      for (int n = 0; n < size; ++n) a[n] = (uint8_t)next_random(&seed), b[n] = (uint8_t)next_random(&seed);
    }
    sum = fold(sum, pass((uint8_t)(round * 11)));
  }
  for (int n = 0; n < size; ++n) sum = fold(sum, (uint32_t)a[n] << 8 | b[n]);
  return finish(sum);
}
