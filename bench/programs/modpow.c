// Integer: modular powers of 256-bit numbers: products of words, carries, 64-bit sums, some divisions.
#include "bench/programs/program.h"

enum { words = 8 };
typedef struct {
  uint32_t w[words];  // the lowest first
} Number;

static int at_least(const Number* a, const Number* b) {
  for (int n = words - 1; n >= 0; --n) {
    if (a->w[n] != b->w[n]) return a->w[n] > b->w[n];
  }
  return 1;
}

static uint32_t subtract(Number* a, const Number* b) {
  uint64_t borrow = 0;
  for (int n = 0; n < words; ++n) {
    const uint64_t d = (uint64_t)a->w[n] - b->w[n] - borrow;
    a->w[n] = (uint32_t)d;
    borrow = d >> 63;
  }
  return (uint32_t)borrow;
}

// Montgomery's product: a * b / 2**256 modulo an odd m, with inverse = -1 / m modulo 2**32.
static NOINLINE Number product(const Number* a, const Number* b, const Number* m, uint32_t inverse) {
  uint32_t t[words + 2] = {0};
  for (int i = 0; i < words; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < words; ++j) {
      carry += (uint64_t)a->w[j] * b->w[i] + t[j];
      t[j] = (uint32_t)carry;
      carry >>= 32;
    }
    carry += t[words];
    t[words] = (uint32_t)carry;
    t[words + 1] = (uint32_t)(carry >> 32);
    const uint32_t q = t[0] * inverse;
    carry = ((uint64_t)q * m->w[0] + t[0]) >> 32;
    for (int j = 1; j < words; ++j) {
      carry += (uint64_t)q * m->w[j] + t[j];
      t[j - 1] = (uint32_t)carry;
      carry >>= 32;
    }
    carry += t[words];
    t[words - 1] = (uint32_t)carry;
    t[words] = t[words + 1] + (uint32_t)(carry >> 32);
  }
  Number r;
  memcpy(r.w, t, sizeof r.w);
  if (t[words] || at_least(&r, m)) subtract(&r, m);
  return r;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 3, sum = 0, inverse = 1;
  Number m, x, y;
  for (int n = 0; n < words; ++n) {
    m.w[n] = next_random(&seed) << 8 | 1;
    x.w[n] = next_random(&seed);
  }
  m.w[words - 1] |= 0x80000000u;
  for (int n = 0; n < 5; ++n) inverse *= 2 - m.w[0] * inverse;
  inverse = -inverse;
  y = x;
  for (unsigned round = 0; round < rounds; ++round) {
    for (int bit = 0; bit < 256; ++bit) {
      y = product(&y, &y, &m, inverse);
      if (m.w[bit / 32] >> (bit % 32) & 1) y = product(&y, &x, &m, inverse);
      sum = fold(sum, y.w[bit % words] % (x.w[bit % words] | 1));
    }
  }
  return finish(sum);
}
