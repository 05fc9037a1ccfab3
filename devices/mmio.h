// A register window as a device offers it.
#pragma once

#include "devices/types.h"

namespace quince::devices {

class MmioDevice {
 public:
  virtual ~MmioDevice() = default;
  // offset: from the start of the device's window. bytes: 1, 2, 4 or 8, not crossing the end of the window,
  // but at any alignment. Values are numbers as a big-endian bus carries them: a device with little-endian
  // registers swaps them itself, or derives from LittleEndianDevice.
  virtual u64 read(u32 offset, unsigned bytes) = 0;
  virtual void write(u32 offset, unsigned bytes, u64 value) = 0;
  // A device that is plain memory in the 4 KiB at `offset` (a frame buffer) returns its host address: the
  // processor then loads, or if `write` stores, there without asking again. The answer is the same while the
  // window stays mapped.
  virtual u8* memory(u32 /*offset*/, bool /*write*/) { return nullptr; }
};

// The number with its lowest `bytes` bytes (1, 2, 4 or 8) in the opposite order.
constexpr u64 reverse_bytes(u64 value, unsigned bytes) {
  return __builtin_bswap64(value) >> (64 - 8 * bytes);
}

// A window whose registers are little-endian, as everything on PCI is: a guest reads them with lwbrx and
// lhbrx.
class LittleEndianDevice : public MmioDevice {
 public:
  u64 read(u32 offset, unsigned bytes) final { return reverse_bytes(read_le(offset, bytes), bytes); }
  void write(u32 offset, unsigned bytes, u64 value) final {
    write_le(offset, bytes, reverse_bytes(value, bytes));
  }

 protected:
  virtual u64 read_le(u32 offset, unsigned bytes) = 0;
  virtual void write_le(u32 offset, unsigned bytes, u64 value) = 0;
};

}  // namespace quince::devices
