// bzip2: sorting, Huffman coding, and back.
#include <bzlib.h>

#include "text.h"

static size_t pack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  unsigned length = (unsigned)room;
  const int status = BZ2_bzBuffToBuffCompress((char*)to, &length, (char*)from, (unsigned)size, 9, 0, 0);
  return status == BZ_OK ? length : 0;
}

static size_t unpack(unsigned char* to, size_t room, const unsigned char* from, size_t size) {
  unsigned length = (unsigned)room;
  return BZ2_bzBuffToBuffDecompress((char*)to, &length, (char*)from, (unsigned)size, 0, 0) == BZ_OK ? length
                                                                                                    : 0;
}

int main(int argc, char** argv) { return compress_and_back(argc, argv, 100000, 1, pack, unpack); }
