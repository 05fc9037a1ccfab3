// RAM from address 0 for bus masters, with little-endian accessors for their tables.
#pragma once

#include <algorithm>
#include <vector>

#include "devices/dma.h"

namespace quince::devices {

class FakeMemory final : public DmaMemory {
 public:
  explicit FakeMemory(std::size_t size) : bytes(size) {}

  void read(u32 physical, std::span<u8> to) override {
    ++accesses;
    for (u8& byte : to) {
      byte = physical < bytes.size() ? bytes[physical] : u8{0};
      ++physical;
    }
  }
  void write(u32 physical, std::span<const u8> from) override {
    ++accesses;
    for (const u8 byte : from) {
      if (physical < bytes.size()) bytes[physical] = byte;
      ++physical;
    }
  }

  u16 le16(u32 at) const { return static_cast<u16>(bytes[at] | bytes[at + 1] << 8); }
  u32 le32(u32 at) const { return le16(at) | u32{le16(at + 2)} << 16; }
  void set_le16(u32 at, u32 value) {
    bytes[at] = static_cast<u8>(value);
    bytes[at + 1] = static_cast<u8>(value >> 8);
  }
  void set_le32(u32 at, u32 value) {
    set_le16(at, value);
    set_le16(at + 2, value >> 16);
  }

  std::vector<u8> bytes;
  u64 accesses = 0;
};

// A command in memory, as drivers write it: the result fields are preset so that a test sees them change.
inline void put_descriptor(FakeMemory& memory, u32 at, u32 command, u32 count, u32 address,
                           u32 dependent = 0) {
  memory.set_le16(at, count);
  memory.set_le16(at + 2, command);
  memory.set_le32(at + 4, address);
  memory.set_le32(at + 8, dependent);
  memory.set_le32(at + 12, 0xdeadbeef);
}

}  // namespace quince::devices
