// Zstandard: matches, finite state entropy, and back.
#include <zstd.h>

#include "text.h"

static size_t pack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  const size_t length = ZSTD_compress(to, room, from, size, 6);
  return ZSTD_isError(length) ? 0 : length;
}

static size_t unpack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  const size_t length = ZSTD_decompress(to, room, from, size);
  return ZSTD_isError(length) ? 0 : length;
}

int main(int argc, char** argv) { return compress_and_back(argc, argv, 100000, 0, pack, unpack); }
