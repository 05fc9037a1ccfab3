// What the benchmark programs share: the number of rounds to run, pseudo-random numbers, and a checksum of
// the work done, which is the same on every machine and depends on the rounds only.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

static inline unsigned rounds_wanted(int argc, char** argv) {
  return argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
}

static inline uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static inline uint32_t fold(uint32_t sum, uint32_t value) {
  sum = (sum ^ value) * 0x9e3779b1u;
  return sum ^ sum >> 15;
}

static inline uint32_t fold_float(uint32_t sum, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return fold(sum, bits);
}

static inline uint32_t fold_double(uint32_t sum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return fold(fold(sum, (uint32_t)(bits >> 32)), (uint32_t)bits);
}

static inline int finish(uint32_t sum) {
  printf("checksum %08x\n", (unsigned)sum);
  return 0;
}
