// The Apple Desktop Bus: a host that talks to devices by address, and the devices (Inside Macintosh: Devices,
// chapter 5; Guide to the Macintosh Family Hardware, chapter 8).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "devices/types.h"

namespace quince::devices {

class AdbDevice {
 public:
  using Data = std::vector<u8>;  // of a register: none, or 2 to 8 bytes

  virtual ~AdbDevice() = default;
  u8 address() const { return address_; }
  u8 handler() const { return handler_; }
  void reset();  // the bus was reset: default address and handler, nothing waiting

  Data talk(unsigned reg);
  void listen(unsigned reg, std::span<const u8> data);
  virtual void flush() = 0;
  virtual bool wants_service() const = 0;  // has something to say in register 0

  // Called when wants_service() has become true.
  std::function<void()> on_service_request;

 protected:
  AdbDevice(u8 address, u8 handler)
      : default_address_(address), default_handler_(handler), address_(address), handler_(handler) {}
  virtual Data talk_register(unsigned reg) = 0;  // 0 to 2
  virtual void listen_register(unsigned reg, std::span<const u8> data) = 0;
  virtual bool supports_handler(u8 handler) const = 0;

 private:
  u8 default_address_, default_handler_;
  u8 address_, handler_;
};

class AdbBus {
 public:
  void add(AdbDevice& device);
  void reset();

  // Command: address << 4 | code. Empty: no device answered. Data of a talk, else none.
  std::optional<AdbDevice::Data> command(u8 command, std::span<const u8> data);

  struct Polled {
    u8 command;  // the talk that was answered
    AdbDevice::Data data;
  };
  // Asks the devices at addresses whose bit is set in the mask; stays with one while it has data.
  std::optional<Polled> poll(u16 address_mask);
  bool wants_service(u16 address_mask) const;
  std::function<void()> on_service_request;

 private:
  std::vector<AdbDevice*> devices_;
  std::size_t polled_last_ = 0;
};

}  // namespace quince::devices
