#include "devices/adb_mouse.h"

#include <algorithm>
#include <array>
#include <utility>

namespace quince::devices {

namespace {

constexpr u8 default_address = 3;
constexpr u8 hundred_per_inch = 1, two_hundred_per_inch = 2, extended = 4;  // handlers
constexpr int largest_step = 63;
constexpr int backlog_limit = 4096;  // counts; a guest that does not read must not be flooded later
constexpr std::size_t queue_limit = 16;
constexpr u8 button_up = 0x80, step_bits = 0x7f;
constexpr u8 fourth_button_up = 0x08, sign_of_step = 0x40;
constexpr u8 more_down_bits = 0x70, more_right_bits = 0x07;  // of an extended report's third byte
constexpr unsigned report_register = 0, about_register = 1;
// Who made it, 200 counts an inch, a mouse, three buttons.
constexpr std::array<u8, 8> about_us = {'Q', 'N', 'C', 'E', 0, 200, 1, 3};

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
  const u8 before = std::exchange(buttons_, static_cast<u8>(pressed ? buttons_ | bit : buttons_ & ~bit));
  if (buttons_ == before) return;
  if (waiting_.size() == queue_limit) waiting_.pop_back();  // the last state counts
  waiting_.push_back(buttons_);
  changed();
}

void AdbMouse::changed() {
  if (wants_service() && on_service_request) on_service_request();
}

void AdbMouse::flush() {
  right_ = down_ = 0;
  reported_buttons_ = buttons_;
  waiting_.clear();
}

bool AdbMouse::wants_service() const { return right_ != 0 || down_ != 0 || !waiting_.empty(); }

AdbDevice::Data AdbMouse::talk_register(unsigned reg) {
  if (reg == about_register && handler() == extended) return {about_us.begin(), about_us.end()};
  if (reg != report_register || !wants_service()) return {};
  if (!waiting_.empty()) {
    reported_buttons_ = waiting_.front();
    waiting_.pop_front();
  }
  const auto up = [this](Button which) -> u8 {
    return reported_buttons_ >> static_cast<unsigned>(which) & 1 ? 0 : button_up;
  };
  const u8 down = take_step(down_), right = take_step(right_);
  Data report = {static_cast<u8>(up(Button::left) | down), static_cast<u8>(up(Button::right) | right)};
  if (handler() == extended) {
    const int more =
        (down & sign_of_step ? more_down_bits : 0) | (right & sign_of_step ? more_right_bits : 0);
    report.push_back(static_cast<u8>(up(Button::middle) | fourth_button_up | more));
  }
  return report;
}

bool AdbMouse::supports_handler(u8 handler) const {
  return handler == hundred_per_inch || handler == two_hundred_per_inch || handler == extended;
}

}  // namespace quince::devices
