// TLB: one access in each of very many pages, forwards and at random; what matters is finding the page.
#include "bench/programs/program.h"

enum { pages = 8192, words_per_page = 1024 };

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 11, sum = 0;
  uint32_t* memory = calloc(pages, 4 * words_per_page);
  if (!memory) return 1;
  for (unsigned round = 0; round < rounds; ++round) {
    const uint32_t line = round * 16 % words_per_page;
    for (uint32_t n = 0; n < pages; ++n)
      memory[n * words_per_page + (line + n) % words_per_page] += n + round;
    for (uint32_t n = 0; n < pages; ++n) {
      const uint32_t page = next_random(&seed) % pages;
      sum += memory[page * words_per_page + (line + page) % words_per_page];
    }
    sum = fold(sum, round);
  }
  free(memory);
  return finish(sum);
}
