// The I/O space of PCI, as a window of the processor bus: the offset is the port.
#pragma once

#include "devices/address_map.h"

namespace quince::machine {

class IoSpace final : public devices::MmioDevice {
 public:
  devices::AddressMap ports{0xff};  // a port that nobody answers reads as ones

  devices::u64 read(devices::u32 offset, unsigned bytes) override { return ports.read(offset, bytes); }
  void write(devices::u32 offset, unsigned bytes, devices::u64 value) override {
    ports.write(offset, bytes, value);
  }
};

}  // namespace quince::machine
