#include "devices/pci.h"

#include <bit>
#include <cassert>

namespace quince::devices {

namespace {

// Low bits of base address registers (specification 6.2.5.1, 6.2.5.2).
constexpr u32 bar_is_io = 1, bar_prefetchable = 8;
constexpr u32 bar_memory_flags = 0xf, bar_io_flags = 3;
constexpr u32 rom_enable = 1;

u32 flags_of(PciSpace space) { return space == PciSpace::io ? bar_io_flags : bar_memory_flags; }

}  // namespace

PciDevice::PciDevice(const Identity& identity) {
  using namespace pci_register;
  add_register(vendor_id, 2, identity.vendor, 0);
  add_register(device_id, 2, identity.device, 0);
  add_register(pci_register::command, 2, 0,
               pci_command::io_space | pci_command::memory_space | pci_command::bus_master |
                   pci_command::parity_response | pci_command::serr);
  add_register(revision_id, 4, identity.class_code << 8 | identity.revision, 0);
  add_register(cache_line_size, 1, 0, 0xff);
  add_register(latency_timer, 1, 0, 0xff);
  add_register(subsystem_vendor_id, 2, identity.subsystem_vendor, 0);
  add_register(subsystem_id, 2, identity.subsystem, 0);
  add_register(interrupt_pin, 1, identity.interrupt_pin, 0);
  add_register(interrupt_line, 1, 0, 0xff);
}

void PciDevice::add_register(u32 offset, unsigned bytes, u32 reset_value, u32 writable) {
  assert(offset + bytes <= pci_register::end);
  for (unsigned n = 0; n < bytes; ++n) {
    config_[offset + n] = at_reset_[offset + n] = static_cast<u8>(reset_value >> 8 * n);
    writable_[offset + n] = static_cast<u8>(writable >> 8 * n);
  }
}

void PciDevice::add_bar(unsigned index, PciSpace space, u32 size, MmioDevice& target, bool prefetchable) {
  assert(index < bars && std::has_single_bit(size) && size > flags_of(space));
  const u32 offset = pci_register::base_address + 4 * index;
  const u32 flags = space == PciSpace::io ? bar_is_io : prefetchable ? bar_prefetchable : 0;
  add_register(offset, 4, flags, ~(size - 1));
  bars_.push_back({offset, space, size, &target, 0});
}

void PciDevice::add_expansion_rom(u32 size, MmioDevice& target) {
  assert(std::has_single_bit(size) && size >= 2048);
  add_register(pci_register::expansion_rom, 4, 0, ~(size - 1) | rom_enable);
  bars_.push_back({pci_register::expansion_rom, PciSpace::memory, size, &target, rom_enable});
}

void PciDevice::add_fixed_window(PciSpace space, u32 base, u32 size, MmioDevice& target) {
  fixed_.push_back({space, base, size, &target});
}

u32 PciDevice::config_read(u32 offset, unsigned bytes) const {
  assert(offset + bytes <= pci_register::end);
  u32 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value |= u32{config_[offset + n]} << 8 * n;
  return value;
}

void PciDevice::config_write(u32 offset, unsigned bytes, u32 value) {
  assert(offset + bytes <= pci_register::end);
  for (unsigned n = 0; n < bytes; ++n) {
    u8& old = config_[offset + n];
    const u8 mask = writable_[offset + n];
    old = static_cast<u8>((old & ~mask) | (value >> 8 * n & mask));
  }
  if (listener_) listener_();
}

std::vector<PciWindow> PciDevice::windows() const {
  const u16 enabled = command();
  const auto decodes = [enabled](PciSpace space) {
    return (enabled & (space == PciSpace::io ? pci_command::io_space : pci_command::memory_space)) != 0;
  };
  std::vector<PciWindow> all;
  for (const Bar& bar : bars_) {
    const u32 value = config_read(bar.offset, 4), base = value & ~(bar.size - 1);
    if (base != 0 && decodes(bar.space) && (value & bar.enable_mask) == bar.enable_mask) {
      all.push_back({bar.space, base, bar.size, bar.target});
    }
  }
  for (const PciWindow& window : fixed_) {
    if (decodes(window.space)) all.push_back(window);
  }
  return all;
}

bool PciDevice::may_master_bus() const { return (command() & pci_command::bus_master) != 0; }

void PciDevice::reset() {
  config_ = at_reset_;
  interrupt.set(false);
  if (listener_) listener_();
}

void PciBus::add(unsigned slot, PciDevice& device) {
  assert(slot < slots && !devices_[slot]);
  devices_[slot] = &device;
  device.on_windows_changed([this] {
    if (listener_) listener_();
  });
}

std::vector<PciWindow> PciBus::windows() const {
  std::vector<PciWindow> all;
  for (const PciDevice* device : devices_) {
    if (!device) continue;
    const auto own = device->windows();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

}  // namespace quince::devices
