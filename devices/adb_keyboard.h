// The Apple Extended Keyboard (Guide to the Macintosh Family Hardware, chapter 8). Keys are ADB key codes;
// adb_key names those of the US layout.
#pragma once

#include <deque>

#include "devices/adb.h"

namespace quince::devices {

namespace adb_key {
inline constexpr u8 control_left = 0x36, command = 0x37, shift_left = 0x38, caps_lock = 0x39,
                    option_left = 0x3a, shift_right = 0x7b, option_right = 0x7c, control_right = 0x7d,
                    power = 0x7f;
}

class AdbKeyboard final : public AdbDevice {
 public:
  AdbKeyboard();

  // code < 0x80. The right modifiers have codes of their own; a keyboard with handler 1 or 2 sends the left
  // ones. Caps Lock is a locking key: pressed when engaged, released when disengaged. When the guest does not
  // read, the newest keys are lost.
  void key(u8 code, bool pressed);
  // Num Lock, Caps Lock and Scroll Lock: bits 0 to 2, 1 is lit.
  u8 leds() const { return leds_; }

  void flush() override { waiting_.clear(); }
  bool wants_service() const override { return !waiting_.empty(); }

 protected:
  Data talk_register(unsigned reg) override;
  void listen_register(unsigned reg, std::span<const u8> data) override;
  bool supports_handler(u8 handler) const override;

 private:
  std::deque<u8> waiting_;  // codes, bit 7 set for a release
  u8 leds_ = 0;
};

}  // namespace quince::devices
