// Floating point, double: fast Fourier transforms there and back, roots of unity by repeated rotation.
#include "bench/programs/program.h"

enum { logarithm = 10, n = 1 << logarithm };
typedef struct {
  double re, im;
} Complex;
static Complex data[n];

static Complex times(Complex x, Complex y) {
  const Complex product = {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
  return product;
}

// Cosine and sine of pi / 2**k for k = 0, 1, 2...
static const Complex root[logarithm] = {
    {-1, 0},
    {0, 1},
    {0.70710678118654752, 0.70710678118654752},
    {0.92387953251128676, 0.38268343236508977},
    {0.98078528040323045, 0.19509032201612827},
    {0.99518472667219689, 0.09801714032956060},
    {0.99879545620517240, 0.04906767432741801},
    {0.99969881869620422, 0.02454122852291229},
    {0.99992470183914454, 0.01227153828571993},
    {0.99998117528260111, 0.00613588464915448},
};

static NOINLINE void transform(double sign) {
  for (unsigned i = 0, j = 0; i < n; ++i) {
    if (i < j) {
      const Complex t = data[i];
      data[i] = data[j];
      data[j] = t;
    }
    unsigned bit = n >> 1;
    while (bit && (j & bit)) {
      j ^= bit;
      bit >>= 1;
    }
    j |= bit;
  }
  for (int stage = 0; stage < logarithm; ++stage) {
    const int half = 1 << stage;
    const Complex step = {root[stage].re, sign * root[stage].im};
    Complex w = {1, 0};
    for (int k = 0; k < half; ++k, w = times(w, step)) {
      for (int i = k; i < n; i += 2 * half) {
        const Complex t = times(w, data[i + half]), u = data[i];
        data[i].re = u.re + t.re, data[i].im = u.im + t.im;
        data[i + half].re = u.re - t.re, data[i + half].im = u.im - t.im;
      }
    }
  }
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 14, sum = 0;
  for (int i = 0; i < n; ++i) data[i].re = (double)next_random(&seed) / 16777216.0;
  for (unsigned round = 0; round < rounds; ++round) {
    transform(1);
    sum = fold_double(sum, data[(round * 37) % n].im);
    transform(-1);
    for (int i = 0; i < n; ++i) data[i].re /= n, data[i].im /= n;
    sum = fold_double(sum, data[(round * 41) % n].re);
  }
  return finish(sum);
}
