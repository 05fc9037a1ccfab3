// RAM from address 0 for bus masters, with little-endian accessors for their tables.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "devices/dma.h"

namespace quince::devices {

class FakeMemory final : public DmaMemory {
 public:
  explicit FakeMemory(std::size_t size) : bytes(size) {}

  void read(u32 physical, std::span<u8> to) override {
    ++accesses;
    std::ranges::fill(to, u8{0});
    const std::size_t there = in_ram(physical, to.size());
    std::memcpy(to.data(), bytes.data() + (there != 0 ? physical : 0), there);
    if (to.size() > there) wrap(physical, to, [this](u32 at, u8& byte) { byte = bytes[at]; });
  }
  void write(u32 physical, std::span<const u8> from) override {
    ++accesses;
    const std::size_t there = in_ram(physical, from.size());
    std::memcpy(bytes.data() + (there != 0 ? physical : 0), from.data(), there);
    if (from.size() > there) wrap(physical, from, [this](u32 at, const u8& byte) { bytes[at] = byte; });
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

 private:
  std::size_t in_ram(u32 physical, std::size_t size) const {
    return physical < bytes.size() ? std::min(size, bytes.size() - physical) : 0;
  }
  // What comes after the top of the address space is at its bottom again.
  template <class Span, class Move>
  void wrap(u32 physical, Span span, Move&& move) {
    for (std::size_t n = (u64{1} << 32) - physical; n < span.size(); ++n) {
      const u32 at = physical + static_cast<u32>(n);
      if (at < bytes.size()) move(at, span[n]);
    }
  }
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
