// AltiVec, floating point: points through a 4 by 4 matrix with fused multiplication and addition, clamped and
// converted to fixed point. Where there is no AltiVec the same is done number by number.
#include "bench/programs/program.h"
#ifdef __ALTIVEC__
#include <altivec.h>
#endif

enum { points = 2048 };
static float point[points][4] __attribute__((aligned(16)));
static int32_t fixed[points][4] __attribute__((aligned(16)));

#ifdef __ALTIVEC__
static NOINLINE void pass(const float m[4][4]) {
  const vector float c0 = vec_ld(0, m[0]), c1 = vec_ld(0, m[1]), c2 = vec_ld(0, m[2]), c3 = vec_ld(0, m[3]);
  const vector float high = vec_splats(100.0f), low = vec_splats(-100.0f);
  for (int n = 0; n < points; ++n) {
    const vector float p = vec_ld(0, point[n]);
    vector float r = vec_madd(vec_splat(p, 0), c0, c3);
    r = vec_madd(vec_splat(p, 1), c1, r);
    r = vec_madd(vec_splat(p, 2), c2, r);
    r = vec_max(vec_min(r, high), low);
    vec_st(vec_cts(r, 8), 0, fixed[n]);
    vec_st(vec_add(vec_sub(r, p), p), 0, point[n]);
  }
}
#else
static NOINLINE void pass(const float m[4][4]) {
  for (int n = 0; n < points; ++n) {
    const float p[4] = {point[n][0], point[n][1], point[n][2], point[n][3]};
    for (int k = 0; k < 4; ++k) {
      float r = __builtin_fmaf(p[0], m[0][k], m[3][k]);
      r = __builtin_fmaf(p[1], m[1][k], r);
      r = __builtin_fmaf(p[2], m[2][k], r);
      r = r > 100.0f ? 100.0f : r < -100.0f ? -100.0f : r;
      fixed[n][k] = (int32_t)(r * 256.0f);
      point[n][k] = (r - p[k]) + p[k];
    }
  }
}
#endif

int main(int argc, char** argv) {
  static float m[4][4] __attribute__((aligned(16))) = {{0.70f, 0.65f, -0.30f, 0.01f},
                                                       {-0.62f, 0.75f, 0.22f, 0.02f},
                                                       {0.36f, 0.03f, 0.93f, 0.03f},
                                                       {0.5f, -0.7f, 0.9f, 1}};
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 17, sum = 0;
  for (int n = 0; n < points; ++n) {
    for (int k = 0; k < 4; ++k) point[n][k] = (float)(int)(next_random(&seed) & 0xffff) / 512.0f - 64.0f;
  }
  for (unsigned round = 0; round < rounds; ++round) {
    m[3][round & 3] = -m[3][round & 3];
    pass(m);
    sum = fold(sum, (uint32_t)fixed[round % points][round & 3]);
  }
  for (int n = 0; n < points; ++n) {
    for (int k = 0; k < 4; ++k) sum = fold_float(fold(sum, (uint32_t)fixed[n][k]), point[n][k]);
  }
  return finish(sum);
}
