// Cold code: four thousand different functions, each called only a few times; what matters is how soon new
// code runs.
#include "bench/programs/program.h"

#define FUNCTION(n)                                                    \
  static NOINLINE uint32_t f##n(uint32_t a, uint32_t b) {              \
    a = a * (2u * 0x##n##u + 1u) + (b >> (0x##n % 31 + 1));            \
    if ((a ^ 0x##n##u) & 8) a -= b << (0x##n % 7);                     \
    b ^= a + 0x##n##u * 77u;                                           \
    for (uint32_t k = 0; k < (a & 1); ++k) b = b * 5 + 0x##n##u % 13u; \
    return (a ^ b >> 3) + 0x##n##u;                                    \
  }
#define NAME(n) f##n,

// Every number of three hexadecimal digits.
// clang-format off
#define DIGITS(X, p)                                                                                      \
  X(p##0)                                                                                                 \
  X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) X(p##8) X(p##9) X(p##a) X(p##b) X(p##c) X(p##d) \
      X(p##e) X(p##f)
#define PAIRS(X, p)                                                                                   \
  DIGITS(X, p##0)                                                                                     \
  DIGITS(X, p##1) DIGITS(X, p##2) DIGITS(X, p##3) DIGITS(X, p##4) DIGITS(X, p##5) DIGITS(X, p##6)     \
      DIGITS(X, p##7) DIGITS(X, p##8) DIGITS(X, p##9) DIGITS(X, p##a) DIGITS(X, p##b) DIGITS(X, p##c) \
          DIGITS(X, p##d) DIGITS(X, p##e) DIGITS(X, p##f)
#define ALL(X)                                                                                    \
  PAIRS(X, 0)                                                                                     \
  PAIRS(X, 1) PAIRS(X, 2) PAIRS(X, 3) PAIRS(X, 4) PAIRS(X, 5) PAIRS(X, 6) PAIRS(X, 7) PAIRS(X, 8) \
      PAIRS(X, 9) PAIRS(X, a) PAIRS(X, b) PAIRS(X, c) PAIRS(X, d) PAIRS(X, e) PAIRS(X, f)
// clang-format on

ALL(FUNCTION)
static uint32_t (*const function[])(uint32_t, uint32_t) = {ALL(NAME)};

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 1;
  for (unsigned round = 0; round < rounds; ++round) {
    for (unsigned n = 0; n < sizeof function / sizeof *function; ++n) sum = function[n](sum, round);
  }
  return finish(sum);
}
