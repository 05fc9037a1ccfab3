#include "devices/grackle.h"

namespace quince::devices {

namespace {

constexpr PciDevice::Identity identity{
    .vendor = 0x1057, .device = 0x0002, .class_code = 0x060001};  // Motorola MPC106, host bridge

constexpr u32 enable = 0x8000'0000;
constexpr u32 bus_number(u32 address) { return address >> 16 & 0xff; }
constexpr u32 device_number(u32 address) { return address >> 11 & 0x1f; }
constexpr u32 function_number(u32 address) { return address >> 8 & 7; }
constexpr u32 register_number(u32 address) { return address & 0xfc; }

constexpr u64 all_ones(unsigned bytes) { return ~u64{0} >> (64 - 8 * bytes); }

// The data port is four bytes wide; what lies beyond it in an access does not exist.
constexpr unsigned bytes_in_port(u32 offset, unsigned bytes) {
  return bytes < 4 - offset ? bytes : 4 - offset;
}

}  // namespace

Grackle::Grackle(PciBus& bus) : PciDevice(identity), bus_(bus) {}

void Grackle::reset() {
  PciDevice::reset();
  address_port_.value = 0;
}

PciDevice* Grackle::selected() const {
  const u32 address = address_port_.value;
  // Without the enable bit the data port leads to no configuration cycle. OpenBIOS has such accesses by
  // mistake.
  if (!(address & enable) || bus_number(address) != 0 || function_number(address) != 0) return nullptr;
  return bus_.device(device_number(address));
}

u64 Grackle::AddressPort::read_le(u32 offset, unsigned bytes) {
  return offset == 0 && bytes == 4 ? value : 0;
}

void Grackle::AddressPort::write_le(u32 offset, unsigned bytes, u64 new_value) {
  if (offset == 0 && bytes == 4) value = static_cast<u32>(new_value);
}

u64 Grackle::DataPort::read_le(u32 offset, unsigned bytes) {
  const PciDevice* device = bridge_.selected();
  if (!device) return all_ones(bytes);
  const u32 lane = offset & 3;
  const unsigned wanted = bytes_in_port(lane, bytes);
  u64 value = 0;
  for (unsigned n = 0; n < wanted; ++n) {
    value |= u64{device->config_read(register_number(bridge_.address_port_.value) + lane + n, 1)} << 8 * n;
  }
  return value;
}

void Grackle::DataPort::write_le(u32 offset, unsigned bytes, u64 value) {
  PciDevice* device = bridge_.selected();
  if (!device) return;
  const u32 lane = offset & 3, at = register_number(bridge_.address_port_.value) + lane;
  const unsigned wanted = bytes_in_port(lane, bytes);
  if (wanted == 4 || wanted == 2 || wanted == 1) {
    device->config_write(at, wanted, static_cast<u32>(value));
  } else {
    for (unsigned n = 0; n < wanted; ++n) device->config_write(at + n, 1, static_cast<u32>(value >> 8 * n));
  }
}

}  // namespace quince::devices
