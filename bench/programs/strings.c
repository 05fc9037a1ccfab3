// String and memory functions of the C library, on short and long operands.
#include "bench/programs/program.h"

enum { size = 32768 };
static char a[size + 64], b[size + 64];

static uint32_t short_operands(uint32_t* seed) {
  uint32_t sum = 0;
  for (int n = 0; n < 2000; ++n) {
    const uint32_t at = next_random(seed) % (size - 64), length = 1 + next_random(seed) % 40;
    memcpy(b + at, a + at + 3, length);
    sum += memcmp(a + at + 3, b + at, length) == 0;
    sum += strncmp(a + at, b + at, 24) < 0;
    sum += (uint32_t)strcspn(a + at, "xyz");
    memmove(a + at + 1, a + at, length);
    memset(b + at, 'a' + (int)(length % 26), length / 2);
  }
  return sum;
}

static uint32_t long_operands(int round) {
  memcpy(b, a, size);
  const char* found = memchr(b, 'A' + round % 26, size);  // there is none
  b[size] = 0;
  return (uint32_t)strlen(b + round % 7) + (found == NULL) + (strchr(b, '!') == NULL) + (strcmp(a, b) == 0);
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 12, sum = 0;
  for (int n = 0; n < size; ++n) a[n] = (char)('a' + next_random(&seed) % 26);
  for (unsigned round = 0; round < rounds; ++round) {
    sum = fold(sum, short_operands(&seed));
    for (int n = 0; n < 10; ++n) sum = fold(sum, long_operands((int)round + n));
  }
  return finish(sum);
}
