// Builds small ELF files, right ones and wrong ones, for tests.
#pragma once

#include <vector>

#include "machine/elf.h"

namespace quince::machine {

struct TestSegment {
  u32 type = 1, offset = 0, address = 0x1000'0000, file_bytes = 0x100, memory_bytes = 0x200, flags = 5;
};

class ElfBuilder {
 public:
  // A valid program: one segment that holds the whole file of 0x100 bytes.
  ElfBuilder() : ElfBuilder({TestSegment{}}) {}
  explicit ElfBuilder(const std::vector<TestSegment>& segments) : file(0x100) {
    const u8 ident[] = {0x7f, 'E', 'L', 'F', 1, 2, 1};
    std::copy(std::begin(ident), std::end(ident), file.begin());
    half(16, 2), half(18, 20), word(20, 1), word(24, 0x1000'0080), word(28, 52);
    half(40, 52), half(42, 32), half(44, static_cast<u32>(segments.size()));
    u32 at = 52;
    for (const auto& s : segments) {
      for (const u32 value :
           {s.type, s.offset, s.address, s.address, s.file_bytes, s.memory_bytes, s.flags, 4u}) {
        word(at, value);
        at += 4;
      }
    }
  }
  ElfBuilder& half(u32 at, u32 value) {
    file[at] = static_cast<u8>(value >> 8), file[at + 1] = static_cast<u8>(value);
    return *this;
  }
  ElfBuilder& word(u32 at, u32 value) { return half(at, value >> 16).half(at + 2, value & 0xffff); }
  ElfBuilder& byte(u32 at, u8 value) {
    file[at] = value;
    return *this;
  }
  ElfBuilder& resize(std::size_t bytes) {
    file.resize(bytes);
    return *this;
  }

  std::vector<u8> file;
};

}  // namespace quince::machine
