#include "devices/adb.h"

namespace quince::devices {

namespace {

// The command code: the low four bits.
constexpr u8 send_reset = 0x0, flush = 0x1, kind_mask = 0xc, kind_listen = 0x8, kind_talk = 0xc,
             register_mask = 3;
constexpr unsigned register_3 = 3;

// Handler numbers with a meaning of their own in a write to register 3.
constexpr u8 change_address = 0x00, change_address_if_activated = 0xfd, change_address_if_no_collision = 0xfe,
             self_test = 0xff;

constexpr u8 talk_register_0(u8 address) { return static_cast<u8>(address << 4 | kind_talk); }

}  // namespace

void AdbDevice::reset() {
  address_ = default_address_;
  handler_ = default_handler_;
  flush();
}

AdbDevice::Data AdbDevice::talk(unsigned reg) {
  if (reg == register_3) return {address_, handler_};
  return talk_register(reg);
}

void AdbDevice::listen(unsigned reg, std::span<const u8> data) {
  if (reg != register_3) return listen_register(reg, data);
  // Mac OS 9 sends a shorter one that must have no effect.
  if (data.size() != 2 || data[1] == self_test) return;
  address_ = data[0] & 0xf;
  switch (data[1]) {
    case change_address:
    case change_address_if_activated:
    case change_address_if_no_collision: break;
    default:
      if (supports_handler(data[1])) handler_ = data[1];
  }
}

void AdbBus::add(AdbDevice& device) {
  devices_.push_back(&device);
  device.on_service_request = [this] {
    if (on_service_request) on_service_request();
  };
}

void AdbBus::reset() {
  for (AdbDevice* device : devices_) device->reset();
}

std::optional<AdbDevice::Data> AdbBus::command(u8 command, std::span<const u8> data) {
  const u8 code = command & 0xf, address = command >> 4;
  if (code == send_reset) {
    reset();
    return AdbDevice::Data{};
  }
  for (AdbDevice* device : devices_) {
    if (device->address() != address) continue;
    if (code == flush) device->flush();
    if ((code & kind_mask) == kind_listen) device->listen(code & register_mask, data);
    if ((code & kind_mask) == kind_talk) return device->talk(code & register_mask);
    return AdbDevice::Data{};
  }
  return std::nullopt;
}

bool AdbBus::wants_service(u16 address_mask) const {
  for (const AdbDevice* device : devices_) {
    if ((address_mask >> device->address() & 1) && device->wants_service()) return true;
  }
  return false;
}

std::optional<AdbBus::Polled> AdbBus::poll(u16 address_mask) {
  for (std::size_t n = 0; n < devices_.size(); ++n) {
    const std::size_t index = (polled_last_ + n) % devices_.size();
    AdbDevice& device = *devices_[index];
    if (!(address_mask >> device.address() & 1) || !device.wants_service()) continue;
    polled_last_ = index;
    return Polled{talk_register_0(device.address()), device.talk(0)};
  }
  return std::nullopt;
}

}  // namespace quince::devices
