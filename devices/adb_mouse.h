// The ADB mouse, with a second button, and as an extended mouse (handler 4) a third (Guide to the Macintosh
// Family Hardware, chapter 8; Apple Technical Note HW 01).
#pragma once

#include <deque>

#include "devices/adb.h"

namespace quince::devices {

class AdbMouse final : public AdbDevice {
 public:
  // The first, the second and the third one.
  enum class Button : u8 { left, right, middle };

  AdbMouse();
  void move(int right, int down);  // in counts; what does not fit into one report is sent in the next
  void button(Button which, bool pressed);

  void flush() override;
  bool wants_service() const override;

 protected:
  Data talk_register(unsigned reg) override;
  void listen_register(unsigned, std::span<const u8>) override {}
  bool supports_handler(u8 handler) const override;

 private:
  void changed();

  int right_ = 0, down_ = 0;
  u8 buttons_ = 0, reported_buttons_ = 0;  // bit n: Button n is down
  std::deque<u8> waiting_;                 // what buttons_ has been since: a click may be shorter than a poll
};

}  // namespace quince::devices
