// The ADB mouse, with a second button (Guide to the Macintosh Family Hardware, chapter 8).
#pragma once

#include "devices/adb.h"

namespace quince::devices {

class AdbMouse final : public AdbDevice {
 public:
  enum class Button : u8 { left, right };

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
};

}  // namespace quince::devices
