#include "devices/adb_mouse.h"

#include <algorithm>

namespace quince::devices {

namespace {

constexpr u8 default_address = 3;
constexpr u8 hundred_per_inch = 1, two_hundred_per_inch = 2;  // handlers
constexpr int largest_step = 63;
constexpr int backlog_limit = 4096;  // counts; a guest that does not read must not be flooded later
constexpr u8 button_up = 0x80, step_bits = 0x7f;

u8 take_step(int& distance) {
  const int step = std::clamp(distance, -largest_step, largest_step);
  distance -= step;
  return static_cast<u8>(step) & step_bits;
}

}  // namespace

AdbMouse::AdbMouse() : AdbDevice(default_address, two_hundred_per_inch) {}

void AdbMouse::move(int right, int down) {
  right_ =
      std::clamp(right_ + std::clamp(right, -backlog_limit, backlog_limit), -backlog_limit, backlog_limit);
  down_ = std::clamp(down_ + std::clamp(down, -backlog_limit, backlog_limit), -backlog_limit, backlog_limit);
  changed();
}

void AdbMouse::button(Button which, bool pressed) {
  const u8 bit = static_cast<u8>(1u << static_cast<unsigned>(which));
  buttons_ = static_cast<u8>(pressed ? buttons_ | bit : buttons_ & ~bit);
  changed();
}

void AdbMouse::changed() {
  if (wants_service() && on_service_request) on_service_request();
}

void AdbMouse::flush() {
  right_ = down_ = 0;
  reported_buttons_ = buttons_;
}

bool AdbMouse::wants_service() const { return right_ != 0 || down_ != 0 || buttons_ != reported_buttons_; }

AdbDevice::Data AdbMouse::talk_register(unsigned reg) {
  if (reg != 0 || !wants_service()) return {};
  reported_buttons_ = buttons_;
  const auto up = [this](Button which) -> u8 {
    return buttons_ >> static_cast<unsigned>(which) & 1 ? 0 : button_up;
  };
  const u8 first = up(Button::left) | take_step(down_);
  const u8 second = up(Button::right) | take_step(right_);
  return {first, second};
}

bool AdbMouse::supports_handler(u8 handler) const {
  return handler == hundred_per_inch || handler == two_hundred_per_inch;
}

}  // namespace quince::devices
