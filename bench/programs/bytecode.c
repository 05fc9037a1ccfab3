// Indirect branches: an interpreter of a small register machine, with one switch.
#include "bench/programs/program.h"

enum Operation {
  op_set,
  op_add,
  op_sub,
  op_mul,
  op_xor,
  op_shift,
  op_load,
  op_store,
  op_less,
  op_jump_if,
  op_stop
};
typedef struct {
  uint8_t operation, a, b, c;
} Code;

static uint32_t memory[256];

static NOINLINE uint32_t run(const Code* program) {
  uint32_t r[16] = {0};
  for (const Code* at = program;; ++at) {
    const unsigned a = at->a, b = at->b, c = at->c;
    switch (at->operation) {
      case op_set: r[a] = b << 8 | c; break;
      case op_add: r[a] = r[b] + r[c]; break;
      case op_sub: r[a] = r[b] - r[c]; break;
      case op_mul: r[a] = r[b] * r[c]; break;
      case op_xor: r[a] = r[b] ^ r[c]; break;
      case op_shift: r[a] = r[b] >> (r[c] & 31); break;
      case op_load: r[a] = memory[(r[b] + c) & 255]; break;
      case op_store: memory[(r[b] + c) & 255] = r[a]; break;
      case op_less: r[a] = r[b] < r[c]; break;
      case op_jump_if:
        if (r[a]) at = program + b - 1;
        break;
      default: return r[0];
    }
  }
}

// r1 counts to r2; r0 collects.
static const Code program[] = {
    {op_set, 1, 0, 0},   {op_set, 2, 8, 0},   {op_set, 3, 0, 1}, {op_set, 4, 0, 5},   {op_set, 8, 0, 3},
    {op_load, 5, 1, 7},  {op_mul, 5, 5, 4},   {op_add, 5, 5, 1}, {op_store, 5, 1, 7}, {op_xor, 0, 0, 5},
    {op_shift, 6, 0, 4}, {op_add, 0, 0, 6},   {op_sub, 7, 0, 1}, {op_less, 9, 7, 0},  {op_jump_if, 9, 16, 0},
    {op_add, 0, 0, 8},   {op_store, 0, 7, 1}, {op_add, 1, 1, 3}, {op_less, 9, 1, 2},  {op_jump_if, 9, 5, 0},
    {op_stop, 0, 0, 0},
};

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds; ++round) sum = fold(sum, run(program));
  return finish(sum);
}
