// Branchy: quicksort with insertion sort for short ranges, heapsort, and binary searches.
#include "bench/programs/program.h"

enum { length = 20000 };
static uint32_t a[length];

static void insertion(uint32_t* v, int n) {
  for (int i = 1; i < n; ++i) {
    const uint32_t x = v[i];
    int k = i;
    for (; k > 0 && v[k - 1] > x; --k) v[k] = v[k - 1];
    v[k] = x;
  }
}

static void quick(uint32_t* v, int n) {
  while (n > 12) {
    const uint32_t pivot = v[n / 2];
    int i = 0, k = n - 1;
    for (;;) {
      while (v[i] < pivot) ++i;
      while (v[k] > pivot) --k;
      if (i >= k) break;
      const uint32_t t = v[i];
      v[i++] = v[k];
      v[k--] = t;
    }
    quick(v, k + 1 < i ? k + 1 : i);
    const int done = k + 1 < i ? k + 1 : i;
    v += done;
    n -= done;
  }
  insertion(v, n);
}

static void sift(uint32_t* v, int root, int n) {
  const uint32_t x = v[root];
  for (int child; (child = 2 * root + 1) < n; root = child) {
    if (child + 1 < n && v[child] < v[child + 1]) ++child;
    if (v[child] <= x) break;
    v[root] = v[child];
  }
  v[root] = x;
}

static NOINLINE void heap(uint32_t* v, int n) {
  for (int k = n / 2; k-- > 0;) sift(v, k, n);
  while (--n > 0) {
    const uint32_t t = v[0];
    v[0] = v[n];
    v[n] = t;
    sift(v, 0, n);
  }
}

static NOINLINE int search(uint32_t x) {
  int low = 0, high = length;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (a[middle] < x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 4, sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    for (int n = 0; n < length; ++n) a[n] = next_random(&seed);
    if (round & 1) {
      heap(a, length);
    } else {
      quick(a, length);
    }
    for (int n = 1; n < length; ++n) sum += a[n - 1] <= a[n];
    for (int n = 0; n < length; ++n) sum = fold(sum, (uint32_t)search(next_random(&seed)));
  }
  return finish(sum);
}
