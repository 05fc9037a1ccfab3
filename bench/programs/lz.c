// Branchy: compresses text by references to earlier text, found through a hash table, and expands it again.
#include "bench/programs/program.h"

enum { size = 1 << 16, slots = 4096, shortest = 4, longest = 18 };
static uint8_t text[size], packed[size + size / 8 + 16], unpacked[size];

static void make_text(uint32_t* seed) {
  static const char letters[] = "etaoinshrdlu ";
  for (int n = 0; n < size;) {
    if (n > 100 && (next_random(seed) & 7) == 0) {
      const int back = 1 + (int)(next_random(seed) % 100), length = 3 + (int)(next_random(seed) % 20);
      for (int k = 0; k < length && n < size; ++k, ++n) text[n] = text[n - back];
    } else {
      text[n++] = (uint8_t)letters[next_random(seed) % 13];
    }
  }
}

static uint32_t hash(const uint8_t* p) {
  return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) * 2654435761u >> 20;
}

// Flag bytes announce eight items each: a letter, or a distance of 12 bits with a length of 4.
static NOINLINE int pack(void) {
  static int last[slots];
  int out = 0, flags = 0, item = 8;
  memset(last, -1, sizeof last);
  for (int n = 0; n < size; ++item) {
    if (item == 8) {
      flags = out++;
      packed[flags] = 0;
      item = 0;
    }
    int length = 0, from = -1;
    if (n + longest < size) {
      int* slot = &last[hash(text + n)];
      from = *slot;
      *slot = n;
      if (from >= 0 && n - from < 4096) {
        while (length < longest && text[from + length] == text[n + length]) ++length;
      }
    }
    if (length >= shortest) {
      packed[flags] |= (uint8_t)(1 << item);
      packed[out++] = (uint8_t)((n - from) >> 4);
      packed[out++] = (uint8_t)((n - from) << 4 | (length - shortest));
      n += length;
    } else {
      packed[out++] = text[n++];
    }
  }
  return out;
}

static NOINLINE void unpack(void) {
  int in = 0, flags = 0, item = 8;
  for (int n = 0; n < size; ++item) {
    if (item == 8) {
      flags = packed[in++];
      item = 0;
    }
    if (flags >> item & 1) {
      const int back = packed[in] << 4 | packed[in + 1] >> 4, length = (packed[in + 1] & 15) + shortest;
      in += 2;
      for (int k = 0; k < length; ++k, ++n) unpacked[n] = unpacked[n - back];
    } else {
      unpacked[n++] = packed[in++];
    }
  }
}

int main(int argc, char** argv) {
  const unsigned rounds = rounds_wanted(argc, argv);
  uint32_t seed = 6, sum = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    if (round % 8 == 0) make_text(&seed);
    sum = fold(sum, (uint32_t)pack());
    unpack();
    sum = fold(sum, memcmp(text, unpacked, size) == 0);
    text[next_random(&seed) % size] ^= 1;
  }
  return finish(sum);
}
