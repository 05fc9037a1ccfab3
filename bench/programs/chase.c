// Memory: a list in random order through 256 KB, less than second-level caches have; each load
// waits for the one before.
#include "bench/programs/program.h"

enum { nodes = 1 << 14 };
typedef struct Node {
  struct Node* next;
  uint32_t value, padding[2];
} Node;

static Node node[nodes];

// A cycle through all nodes, by Sattolo's shuffle.
static void link_nodes(void) {
  static uint32_t order[nodes];
  uint32_t seed = 10;
  for (uint32_t n = 0; n < nodes; ++n) order[n] = n;
  for (uint32_t n = nodes - 1; n > 0; --n) {
    const uint32_t k = next_random(&seed) % n, t = order[n];
    order[n] = order[k];
    order[k] = t;
  }
  for (uint32_t n = 0; n < nodes; ++n) {
    node[order[n]].next = &node[order[(n + 1) % nodes]];
    node[order[n]].value = n * 2654435761u;
  }
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  link_nodes();
  const Node* at = node;
  for (unsigned round = 0; round < rounds; ++round) {
    for (int n = 0; n < 100000; ++n, at = at->next) sum += at->value;
    sum = fold(sum, at->value);
  }
  return finish(sum);
}
