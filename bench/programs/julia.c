// Floating point, single: how fast points of the plane escape.
#include "bench/programs/program.h"

static NOINLINE uint32_t escape(float x, float y, float cx, float cy) {
  uint32_t n = 0;
  for (; n < 100; ++n) {
    const float xx = x * x, yy = y * y;
    if (xx + yy > 4.0f) break;
    y = 2.0f * x * y + cy;
    x = xx - yy + cx;
  }
  return n;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const float cx = -0.8f + 0.001f * (float)(round % 50), cy = 0.156f;
    for (int i = 0; i < 32; ++i) {
      for (int k = 0; k < 32; ++k) {
        sum = fold(sum, escape((float)i * 0.1f - 1.6f, (float)k * 0.1f - 1.6f, cx, cy));
      }
    }
  }
  return finish(sum);
}
