// zlib: deflate and inflate.
#include <zlib.h>

#include "text.h"

static size_t pack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  uLongf length = room;
  return compress2(to, &length, from, size, 6) == Z_OK ? length : 0;
}

static size_t unpack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  uLongf length = room;
  return uncompress(to, &length, from, size) == Z_OK ? length : 0;
}

int main(int argc, char** argv) { return compress_and_back(argc, argv, 100000, 1, pack, unpack); }
