// System calls: short ones, bytes through a pipe, blocks of a file, mappings.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/programs/program.h"

static uint8_t block[4096];

static uint32_t through_pipe(const int ends[2], uint32_t value) {
  uint32_t back = 0;
  if (write(ends[1], &value, sizeof value) != sizeof value) exit(1);
  if (read(ends[0], &back, sizeof back) != sizeof back) exit(1);
  return back;
}

static uint32_t through_file(FILE* file, unsigned n) {
  memset(block, (int)n, sizeof block);
  if (pwrite(fileno(file), block, sizeof block, (off_t)(n % 16) * 4096) != sizeof block) exit(1);
  if (pread(fileno(file), block, sizeof block, (off_t)(n % 16) * 4096) != sizeof block) exit(1);
  return block[n % 4096];
}

static uint32_t through_mapping(unsigned n) {
  uint8_t* page = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) exit(1);
  page[n % 16384] = (uint8_t)n;
  const uint32_t value = page[n % 16384];
  munmap(page, 16384);
  return value;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  int ends[2];
  FILE* file = tmpfile();
  if (!file || pipe(ends) != 0) return 1;
  for (unsigned round = 0; round < rounds; ++round) {
    for (int n = 0; n < 500; ++n) sum = fold(sum, syscall(SYS_getppid) > 0);
    for (int n = 0; n < 50; ++n) sum = fold(sum, through_pipe(ends, sum));
    for (unsigned n = 0; n < 20; ++n) sum = fold(sum, through_file(file, round + n));
    for (unsigned n = 0; n < 10; ++n) sum = fold(sum, through_mapping(round + n));
  }
  return finish(sum);
}
