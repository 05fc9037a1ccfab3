// One interrupt line from a device to whatever the board wired it to. Level-sensitive; the other end hears of
// changes only.
#pragma once

#include <functional>
#include <utility>

namespace quince::devices {

class IrqLine {
 public:
  using Receiver = std::function<void(bool asserted)>;

  void connect(Receiver receiver) { receiver_ = std::move(receiver); }
  void set(bool asserted) {
    if (asserted == asserted_) return;
    asserted_ = asserted;
    if (receiver_) receiver_(asserted);
  }
  bool asserted() const { return asserted_; }

 private:
  Receiver receiver_;
  bool asserted_ = false;
};

}  // namespace quince::devices
