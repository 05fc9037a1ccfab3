// Text to compress: words of a made-up language, some of them much more frequent than others, in lines.
#pragma once

#include "bench/programs/program.h"

enum { text_words = 4096, longest_word = 12 };

static inline void make_text(unsigned char* text, size_t size, uint32_t seed) {
  static char words[text_words][longest_word + 1];
  for (unsigned n = 0; n < text_words; ++n) {
    const unsigned length = 1 + next_random(&seed) % longest_word;
    for (unsigned at = 0; at < length; ++at)
      words[n][at] = (char)('a' + next_random(&seed) % 26 * next_random(&seed) % 26);
    words[n][length] = 0;
  }
  size_t at = 0, column = 0;
  while (at < size) {
    const unsigned rare = next_random(&seed) % text_words;
    const char* word = words[rare % (1 + next_random(&seed) % text_words)];
    for (; *word && at < size; ++column) text[at++] = (unsigned char)*word++;
    if (at < size) text[at++] = column > 70 ? '\n' : ' ';
    if (column > 70) column = 0;
  }
}

static inline uint32_t fold_bytes(uint32_t sum, const unsigned char* bytes, size_t size) {
  for (size_t at = 0; at < size; ++at) sum = (sum ^ bytes[at]) * 0x01000193u;
  return fold(sum, (uint32_t)size);
}

// What the compressors share: one way and back again, on other text in each round. `pack` and `unpack` give
// the size of what they have written to `to`, which has room for `room` bytes; 0 if they failed. The checksum
// is that of what was packed, if that is the same on all machines, else of what came back.
typedef size_t Convert(unsigned char* to, size_t room, const unsigned char* from, size_t size);

static inline int compress_and_back(int argc, char** argv, size_t size, int same_everywhere, Convert* pack,
                                    Convert* unpack) {
  const size_t room = size + size / 2 + 4096;
  unsigned char *text = malloc(size), *packed = malloc(room), *back = malloc(room);
  if (!text || !packed || !back) return 1;
  uint32_t sum = 0;
  for (unsigned round = 0; round < rounds_wanted(argc, argv); ++round) {
    make_text(text, size, round);
    const size_t small = pack(packed, room, text, size);
    if (small == 0 || unpack(back, size, packed, small) != size || memcmp(text, back, size) != 0) return 1;
    sum = same_everywhere ? fold_bytes(sum, packed, small) : fold_bytes(sum, back, size);
  }
  free(text);
  free(packed);
  free(back);
  return finish(sum);
}
