// What a screen shows: the contract between a display adapter and a window or a screenshot.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "devices/types.h"

namespace quince::devices {

// A picture where the guest left it. Valid until the guest runs on.
struct Frame {
  u32 width = 0, height = 0;  // pixels; 0 by 0: the screen is off
  u32 stride = 0;             // bytes from one line to the next
  unsigned depth = 0;         // 8 (an index into the palette), 15, 16, 24 or 32 bits per pixel
  bool big_endian = true;
  std::span<const u8> pixels = {};    // all lines: at least stride * (height - 1) + width * bytes_per_pixel()
  std::array<u32, 256> palette = {};  // 0x00rrggbb, of depth 8

  bool off() const { return width == 0 || height == 0; }
  unsigned bytes_per_pixel() const { return (depth + 7) / 8; }
};

class Display {
 public:
  virtual ~Display() = default;
  // On the processor's thread.
  virtual Frame frame() const = 0;
};

// Four bytes per pixel (red, green, blue, 255), line after line. rgba.size() == 4 * width * height.
void convert_to_rgba(const Frame& frame, std::span<u8> rgba);

// Finds out what has to be drawn again. The guest's stores to a frame buffer are not watched, that would cost
// every one of them; a copy of what was last shown is compared at the rate of the display instead.
class ChangeDetector {
 public:
  struct Lines {
    u32 first, count;
  };
  // The lines that differ from the last frame given: all of them if anything but pixels has changed, nothing
  // if the screen is off or the same.
  std::optional<Lines> changed_lines(const Frame& frame);

 private:
  Frame shape_;  // without pixels
  std::vector<u8> shown_;
};

}  // namespace quince::devices
