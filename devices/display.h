// What a screen shows: the contract between a display adapter and a window or a screenshot.
#pragma once

#include <array>
#include <functional>
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
  // The same place in memory, read in the same way.
  bool same_shape(const Frame& other) const;
};

struct Lines {
  u32 first, count;
  bool operator==(const Lines&) const = default;
};

class Display {
 public:
  virtual ~Display() = default;
  // On the processor's thread, as all of it.
  virtual Frame frame() const = 0;

  // --- For one watcher ---
  struct Changes {
    bool shape = false;        // anything but pixels: all lines are given
    std::vector<Lines> lines;  // from top to bottom, without overlap
    bool none() const { return !shape && lines.empty(); }
  };
  // What may look different since the last call; at the first one, everything.
  virtual Changes take_changes() = 0;
  // Something has changed after take_changes(); once until the next call. It is called in the middle of the
  // change: look later.
  std::function<void()> on_change;
};

// Pixels as 0xffrrggbb, line after line. argb.size() == lines.count * frame.width; the screen is not off.
void convert_to_argb(const Frame& frame, Lines lines, std::span<u32> argb);

}  // namespace quince::devices
