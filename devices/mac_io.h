// Heathrow, Apple 343S1201: the PCI function behind which the Macintosh's own chips sit, in one window of 512
// KiB. What is its own here: identification, feature control and auxiliary control; the rest is wired in by
// the board. Facts: DingusPPC, heathrow.md; Linux, heathrow.h.
#pragma once

#include "devices/address_map.h"
#include "devices/heathrow_pic.h"
#include "devices/pci.h"

namespace quince::devices {

class MacIo final : public PciDevice, private MmioDevice {
 public:
  static constexpr u32 window_bytes = 0x8'0000;

  MacIo();
  // The chip answers at offset within mac-io.
  void attach(u32 offset, u32 bytes, MmioDevice& chip) { map_.add(offset, bytes, chip); }
  void reset() override;

  HeathrowPic interrupts;

 private:
  u64 read(u32 offset, unsigned bytes) override { return map_.read(offset, bytes); }
  void write(u32 offset, unsigned bytes, u64 value) override { map_.write(offset, bytes, value); }

  class ControlRegisters final : public LittleEndianDevice {
   public:
    u32 feature_control = 0, auxiliary_control = 0;

   protected:
    u64 read_le(u32 offset, unsigned bytes) override;
    void write_le(u32 offset, unsigned bytes, u64 value) override;
  };

  AddressMap map_;
  ControlRegisters control_;
};

}  // namespace quince::devices
