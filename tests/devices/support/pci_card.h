// Plugs a PCI device in as firmware does, and reaches its windows by address. Numbers are little-endian ones,
// as a driver means them.
#pragma once

#include <array>

#include "devices/address_map.h"
#include "devices/pci.h"

namespace quince::devices {

class PciCard {
 public:
  static constexpr u32 memory_base = 0x8000'0000, io_base = 0x1000;

  explicit PciCard(PciDevice& device) {
    u32 memory_next = memory_base, io_next = io_base;
    for (unsigned bar = 0; bar < PciDevice::bars; ++bar) {
      const u32 at = pci_register::base_address + 4 * bar;
      device.config_write(at, 4, ~0u);
      const u32 sized = device.config_read(at, 4);
      if (sized == 0) continue;
      const bool io = (sized & 1) != 0;
      u32& next = io ? io_next : memory_next;
      base[bar] = next;
      device.config_write(at, 4, next);
      next += ~(sized & (io ? ~3u : ~15u)) + 1;
    }
    device.config_write(pci_register::command, 2, pci_command::io_space | pci_command::memory_space);
    for (const PciWindow& window : device.windows()) {
      (window.space == PciSpace::io ? io_ : memory_).add(window.base, window.size, *window.target);
    }
  }

  u8 in8(u32 port) const { return static_cast<u8>(io_.read(port, 1)); }
  u16 in16(u32 port) const { return static_cast<u16>(reverse_bytes(io_.read(port, 2), 2)); }
  u32 in32(u32 port) const { return static_cast<u32>(reverse_bytes(io_.read(port, 4), 4)); }
  void out8(u32 port, u8 value) const { io_.write(port, 1, value); }
  void out16(u32 port, u16 value) const { io_.write(port, 2, reverse_bytes(value, 2)); }
  void out32(u32 port, u32 value) const { io_.write(port, 4, reverse_bytes(value, 4)); }

  u64 read(u32 address, unsigned bytes) const { return reverse_bytes(memory_.read(address, bytes), bytes); }
  void write(u32 address, unsigned bytes, u64 value) const {
    memory_.write(address, bytes, reverse_bytes(value, bytes));
  }
  const AddressMap& memory() const { return memory_; }

  std::array<u32, PciDevice::bars> base{};

 private:
  AddressMap memory_{0}, io_{0xff};
};

}  // namespace quince::devices
