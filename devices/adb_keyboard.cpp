#include "devices/adb_keyboard.h"

namespace quince::devices {

namespace {

constexpr u8 default_address = 2;
constexpr u8 standard_keyboard = 1, extended_keyboard = 2, separate_modifiers = 3;  // handlers
constexpr u8 released = 0x80, no_key = 0xff;
constexpr std::size_t queue_limit = 128;

constexpr unsigned key_register = 0, led_register = 2;
constexpr u8 led_bits = 7;  // 0 is lit

constexpr u8 without_sides(u8 code) {
  switch (code) {
    case adb_key::shift_right: return adb_key::shift_left;
    case adb_key::option_right: return adb_key::option_left;
    case adb_key::control_right: return adb_key::control_left;
    default: return code;
  }
}

}  // namespace

AdbKeyboard::AdbKeyboard() : AdbDevice(default_address, standard_keyboard) {}

void AdbKeyboard::key(u8 code, bool pressed) {
  if (waiting_.size() >= queue_limit) return;
  code &= 0x7f;
  if (handler() != separate_modifiers) code = without_sides(code);
  waiting_.push_back(pressed ? code : code | released);
  if (on_service_request) on_service_request();
}

AdbDevice::Data AdbKeyboard::talk_register(unsigned reg) {
  if (reg == led_register) return {0, static_cast<u8>(~leds_ & led_bits)};
  if (reg != key_register || waiting_.empty()) return {};
  const u8 first = waiting_.front();
  waiting_.pop_front();
  if ((first & ~released) == adb_key::power) return {first, first};  // fills both halves
  u8 second = no_key;
  if (!waiting_.empty() && (waiting_.front() & ~released) != adb_key::power) {
    second = waiting_.front();
    waiting_.pop_front();
  }
  return {first, second};
}

void AdbKeyboard::listen_register(unsigned reg, std::span<const u8> data) {
  if (reg == led_register && data.size() == 2) leds_ = ~data[1] & led_bits;
}

bool AdbKeyboard::supports_handler(u8 handler) const {
  return handler == standard_keyboard || handler == extended_keyboard || handler == separate_modifiers;
}

}  // namespace quince::devices
