// Floating point, single: sound through a chain of recursive filters, mixed and converted to 16 bits.
#include "bench/programs/program.h"

enum { samples = 4096, stages = 4 };
static float sound[samples];

typedef struct {
  float b0, b1, b2, a1, a2, x1, x2, y1, y2;
} Stage;

static NOINLINE void run(Stage* s) {
  for (int n = 0; n < samples; ++n) {
    const float x = sound[n], y = s->b0 * x + s->b1 * s->x1 + s->b2 * s->x2 - s->a1 * s->y1 - s->a2 * s->y2;
    s->x2 = s->x1, s->x1 = x;
    s->y2 = s->y1, s->y1 = y;
    sound[n] = y;
  }
}

static NOINLINE uint32_t convert(uint32_t sum) {
  for (int n = 0; n < samples; ++n) {
    const float v = sound[n] * 32767.0f;
    const int whole = v > 32767.0f ? 32767 : v < -32768.0f ? -32768 : (int)v;
    sum = fold(sum, (uint32_t)whole);
  }
  return sum;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 15, sum = 0;
  Stage stage[stages];
  memset(stage, 0, sizeof stage);
  for (int k = 0; k < stages; ++k) {
    stage[k].b0 = 0.2f + 0.05f * (float)k, stage[k].b1 = 0.4f, stage[k].b2 = 0.2f;
    stage[k].a1 = -0.5f + 0.1f * (float)k, stage[k].a2 = 0.3f;
  }
  for (unsigned round = 0; round < rounds; ++round) {
    for (int n = 0; n < samples; ++n) sound[n] = (float)(int)(next_random(&seed) & 0xffff) / 32768.0f - 1.0f;
    for (int k = 0; k < stages; ++k) run(&stage[k]);
    sum = convert(sum);
  }
  return finish(sum);
}
