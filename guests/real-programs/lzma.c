// 7-Zip's LZMA: long matches and a range coder, and back.
#include <LzmaLib.h>

#include "text.h"

// The properties are in front of the data.
static size_t pack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  size_t length = room - LZMA_PROPS_SIZE, properties = LZMA_PROPS_SIZE;
  const int status =
      LzmaCompress(to + LZMA_PROPS_SIZE, &length, from, size, to, &properties, 5, 1 << 18, 3, 0, 2, 32, 1);
  return status == SZ_OK ? length + LZMA_PROPS_SIZE : 0;
}

static size_t unpack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  size_t length = room, left = size - LZMA_PROPS_SIZE;
  const int status = LzmaUncompress(to, &length, from + LZMA_PROPS_SIZE, &left, from, LZMA_PROPS_SIZE);
  return status == SZ_OK ? length : 0;
}

int main(int argc, char** argv) { return compress_and_back(argc, argv, 100000, 1, pack, unpack); }
