// Floating point, double: a product of matrices and a solution of linear equations.
#include "bench/programs/program.h"

enum { n = 48 };
static double a[n][n], b[n][n], c[n][n];

static NOINLINE void multiply(void) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int k = 0; k < n; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

// Solves a x = (1, 2, 3...) with pivots; a is lost. The sum of the solution.
static NOINLINE double solve(void) {
  double x[n], sum = 0;
  for (int i = 0; i < n; ++i) x[i] = i + 1;
  for (int k = 0; k < n; ++k) {
    int best = k;
    for (int i = k + 1; i < n; ++i) {
      if (__builtin_fabs(a[i][k]) > __builtin_fabs(a[best][k])) best = i;
    }
    for (int j = 0; j < n; ++j) {
      const double t = a[k][j];
      a[k][j] = a[best][j];
      a[best][j] = t;
    }
    const double t = x[k];
    x[k] = x[best];
    x[best] = t;
    for (int i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (int j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      x[i] -= factor * x[k];
    }
  }
  for (int i = n - 1; i >= 0; --i) {
    for (int j = i + 1; j < n; ++j) x[i] -= a[i][j] * x[j];
    x[i] /= a[i][i];
    sum += x[i];
  }
  return sum;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 13, sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        a[i][j] = (double)next_random(&seed) / 1048576.0 - 8;
        b[i][j] = (double)(next_random(&seed) & 1023) - 512;
      }
    }
    multiply();
    sum = fold_double(sum, c[round % n][(round + 7) % n]);
    sum = fold_double(sum, solve());
  }
  return finish(sum);
}
