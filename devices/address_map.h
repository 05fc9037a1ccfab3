// Which device answers at which address: the decoder of a bus.
#pragma once

#include <cstddef>
#include <vector>

#include "devices/mmio.h"

namespace quince::devices {

class AddressMap {
 public:
  struct Window {
    u32 first, last;  // addresses, inclusive
    MmioDevice* device;
    u32 offset;  // of `first` within the device's own window
  };

  // `unclaimed`: what every byte that nobody answers reads as.
  explicit AddressMap(u8 unclaimed = 0) : unclaimed_(unclaimed) {}

  // Where windows overlap, the one that was added first answers. What passes the top of the address space is
  // cut off.
  void add(u32 base, u32 size, MmioDevice& device);
  void clear() { windows_.clear(), latest_ = 0; }

  // Null if nobody answers.
  const Window* find(u32 address) const;
  // bytes: 1, 2, 4 or 8, at any address; an access across the end of a window is made byte by byte.
  u64 read(u32 address, unsigned bytes) const;
  void write(u32 address, unsigned bytes, u64 value) const;

 private:
  u8 unclaimed_;
  std::vector<Window> windows_;     // sorted, not overlapping
  mutable std::size_t latest_ = 0;  // index of what was found last: drivers ask one device again and again
};

}  // namespace quince::devices
