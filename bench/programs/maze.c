// Branchy: carves a maze by random walks with backtracking, then finds the way out breadth first.
#include "bench/programs/program.h"

enum { side = 129, cells = side * side };
static uint8_t wall[cells];
static uint16_t distance[cells];
static int list[cells];
static const int steps[4] = {1, -1, side, -side};

static int inside(int cell, int direction) {
  const int x = cell % side, y = cell / side;
  switch (direction) {
    case 0: return x < side - 2;
    case 1: return x > 1;
    case 2: return y < side - 2;
    default: return y > 1;
  }
}

static NOINLINE void carve(uint32_t* seed) {
  int depth = 0, at = side + 1;
  memset(wall, 1, sizeof wall);
  wall[at] = 0;
  for (;;) {
    const int first = (int)(next_random(seed) & 3);
    int moved = 0;
    for (int k = 0; k < 4 && !moved; ++k) {
      const int direction = (first + k) & 3, to = at + 2 * steps[direction];
      if (!inside(at, direction) || !wall[to]) continue;
      wall[at + steps[direction]] = wall[to] = 0;
      list[depth++] = at;
      at = to;
      moved = 1;
    }
    if (moved) continue;
    if (depth == 0) return;
    at = list[--depth];
  }
}

static NOINLINE uint32_t solve(int from, int to) {
  int first = 0, last = 0;
  memset(distance, 0xff, sizeof distance);
  distance[from] = 0;
  list[last++] = from;
  while (first < last) {
    const int at = list[first++];
    if (at == to) return distance[at];
    for (int k = 0; k < 4; ++k) {
      const int next = at + steps[k];
      if (wall[next] || distance[next] != 0xffff) continue;
      distance[next] = (uint16_t)(distance[at] + 1);
      list[last++] = next;
    }
  }
  return 0;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 5, sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    carve(&seed);
    sum = fold(sum, solve(side + 1, cells - side - 2));
  }
  return finish(sum);
}
