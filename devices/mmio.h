// A register window as a device offers it.
#pragma once

#include "devices/types.h"

namespace quince::devices {

class MmioDevice {
 public:
  virtual ~MmioDevice() = default;
  // offset: from the start of the device's window. bytes: 1, 2, 4 or 8, not crossing the end of the window.
  // Values are numbers as a big-endian bus carries them: a device with little-endian registers swaps them itself.
  virtual u64 read(u32 offset, unsigned bytes) = 0;
  virtual void write(u32 offset, unsigned bytes, u64 value) = 0;
};

}  // namespace quince::devices
