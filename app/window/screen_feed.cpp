#include "app/window/screen_feed.h"

#include <cassert>
#include <utility>

namespace quince::app {

using devices::Frame;
using devices::Lines;

Frame Picture::packed() const {
  Frame frame = shape;
  frame.stride = shape.width * shape.bytes_per_pixel();
  frame.pixels = pixels;
  frame.height = 0;
  for (const Lines& range : lines) frame.height += range.count;
  return frame;
}

ScreenFeed::ScreenFeed(devices::Display& display, devices::Scheduler& scheduler, std::function<void()> filled)
    : display_(display), scheduler_(scheduler), filled_(std::move(filled)) {
  display_.on_change = [this] { changed(); };
}

ScreenFeed::~ScreenFeed() {
  display_.on_change = nullptr;
  scheduler_.cancel(event_);
}

void ScreenFeed::request() {
  assert(here());
  here_.store(false, std::memory_order_release);
  scheduler_.post([this] {
    wanted_ = true;
    look();
  });
}

void ScreenFeed::changed() {
  if (!wanted_ || event_ != 0) return;
  event_ = scheduler_.after(settling, [this] {
    event_ = 0;
    look();
  });
}

void ScreenFeed::look() {
  auto changes = display_.take_changes();
  if (changes.none()) return;  // on_change will be called
  copy(display_.frame(), std::move(changes));
  wanted_ = false;
  here_.store(true, std::memory_order_release);
  filled_();
}

void ScreenFeed::copy(const Frame& frame, devices::Display::Changes changes) {
  picture_.shape = frame;
  picture_.shape.pixels = {};
  picture_.new_shape = changes.shape;
  picture_.lines = std::move(changes.lines);
  picture_.pixels.clear();
  const std::size_t bytes = std::size_t{frame.width} * frame.bytes_per_pixel();
  for (const Lines& range : picture_.lines) {
    for (devices::u32 y = range.first; y < range.first + range.count; ++y) {
      const auto line = frame.pixels.subspan(std::size_t{y} * frame.stride, bytes);
      picture_.pixels.insert(picture_.pixels.end(), line.begin(), line.end());
    }
  }
}

}  // namespace quince::app
