// Physical memory as a bus master sees it.
#pragma once

#include <span>

#include "devices/types.h"

namespace quince::devices {

class DmaMemory {
 public:
  virtual ~DmaMemory() = default;
  // Bytes outside RAM read as zero; writes there are dropped. The length is not limited; addresses wrap at 4
  // GiB.
  virtual void read(u32 physical, std::span<u8> to) = 0;
  virtual void write(u32 physical, std::span<const u8> from) = 0;
};

}  // namespace quince::devices
