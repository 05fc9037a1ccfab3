// The guest's screen on its way from the processor's thread to the window's. There is one picture, which
// belongs to one thread at a time: request() gives it to the processor's, which fills it as soon as there is
// something new to see, and gives it back.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "devices/display.h"
#include "devices/scheduler.h"

namespace quince::app {

struct Picture {
  devices::Frame shape;  // its pixels are elsewhere
  bool new_shape = false;
  std::vector<devices::Lines> lines;  // that may look different, of shape's lines
  std::vector<devices::u8> pixels;    // of these lines only, one after the other, without gaps

  // The same lines as a frame of their own.
  devices::Frame packed() const;
};

class ScreenFeed {
 public:
  // Constructed and destroyed on the processor's thread, while the machine stands. filled is called on that
  // thread.
  ScreenFeed(devices::Display& display, devices::Scheduler& scheduler, std::function<void()> filled);
  ~ScreenFeed();
  ScreenFeed(const ScreenFeed&) = delete;
  ScreenFeed& operator=(const ScreenFeed&) = delete;

  // --- The window's thread ---
  void request();                                                      // only when the picture is here
  bool here() const { return here_.load(std::memory_order_acquire); }  // at first it is, and empty
  const Picture& picture() const { return picture_; }                  // only when it is

 private:
  // From the first stroke to the look: a picture is rarely drawn at once.
  static constexpr devices::u64 settling = 2'000'000;  // nanoseconds

  // --- The processor's thread ---
  void changed();
  void look();
  void copy(const devices::Frame& frame, devices::Display::Changes changes);

  devices::Display& display_;
  devices::Scheduler& scheduler_;
  std::function<void()> filled_;
  bool wanted_ = false;
  devices::EventId event_ = 0;

  std::atomic<bool> here_{true};
  Picture picture_;
};

}  // namespace quince::app
