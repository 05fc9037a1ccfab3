// Integer: CRC-32 by table, and Adler-32, over the same bytes.
#include "bench/programs/program.h"

enum { bytes = 65536 };
static uint32_t table[256];
static uint8_t data[bytes];

static void make_table(void) {
  for (uint32_t n = 0; n < 256; ++n) {
    uint32_t c = n;
    for (int k = 0; k < 8; ++k) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    table[n] = c;
  }
}

static NOINLINE uint32_t crc32(uint32_t crc) {
  for (int n = 0; n < bytes; ++n) crc = table[(crc ^ data[n]) & 255] ^ crc >> 8;
  return crc;
}

static NOINLINE uint32_t adler32(uint32_t a, uint32_t b) {
  for (int n = 0; n < bytes; ++n) {
    a += data[n];
    b += a;
    if ((n & 1023) == 1023) {
      a %= 65521;
      b %= 65521;
    }
  }
  return b << 16 | a;
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 1, sum = 0;
  make_table();
  for (int n = 0; n < bytes; ++n) data[n] = (uint8_t)next_random(&seed);
  for (unsigned round = 0; round < rounds; ++round) {
    sum = fold(sum, crc32(sum));
    sum = fold(sum, adler32(sum & 0xffff, 0));
    data[round % bytes] ^= (uint8_t)sum;
  }
  return finish(sum);
}
