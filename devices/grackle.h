// Grackle, Motorola's MPC106: the bridge between the processor bus and PCI of the Beige G3. Software sees it
// through configuration cycles: an address register and a data port, both little-endian (MPC106 User's
// Manual 3.2 and 7.4).
#pragma once

#include "devices/pci.h"

namespace quince::devices {

class Grackle : public PciDevice {
 public:
  static constexpr u32 config_address_base = 0xfec0'0000, config_data_base = 0xfee0'0000;
  static constexpr u32 window_bytes = 0x1000;

  explicit Grackle(PciBus& bus);
  void reset() override;

  MmioDevice& config_address() { return address_port_; }
  MmioDevice& config_data() { return data_port_; }

 private:
  // CONFIG_ADDRESS: enable (bit 31), bus, device, function, register. Only whole words at the start of the
  // window.
  class AddressPort final : public LittleEndianDevice {
   public:
    u32 value = 0;

   protected:
    u64 read_le(u32 offset, unsigned bytes) override;
    void write_le(u32 offset, unsigned bytes, u64 value) override;
  };
  class DataPort final : public LittleEndianDevice {
   public:
    explicit DataPort(Grackle& bridge) : bridge_(bridge) {}

   protected:
    u64 read_le(u32 offset, unsigned bytes) override;
    void write_le(u32 offset, unsigned bytes, u64 value) override;

   private:
    Grackle& bridge_;
  };

  PciDevice* selected() const;  // null: nobody answers

  PciBus& bus_;
  AddressPort address_port_;
  DataPort data_port_{*this};
};

}  // namespace quince::devices
