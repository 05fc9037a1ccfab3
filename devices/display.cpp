#include "devices/display.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace quince::devices {

namespace {

struct Colour {
  u8 red, green, blue;
};

Colour colour_of(u32 rgb) {
  return {static_cast<u8>(rgb >> 16), static_cast<u8>(rgb >> 8), static_cast<u8>(rgb)};
}

// The top bits of a component again at its bottom: full stays full.
constexpr u8 widen_5(u32 value) { return static_cast<u8>((value & 31) << 3 | (value & 31) >> 2); }
constexpr u8 widen_6(u32 value) { return static_cast<u8>((value & 63) << 2 | (value & 63) >> 4); }

u32 number(const u8* at, unsigned bytes, bool big_endian) {
  u32 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value = value << 8 | at[big_endian ? n : bytes - 1 - n];
  return value;
}

Colour from_15(u32 value) { return {widen_5(value >> 10), widen_5(value >> 5), widen_5(value)}; }
Colour from_16(u32 value) { return {widen_5(value >> 11), widen_6(value >> 5), widen_5(value)}; }

template <unsigned bytes, class ToColour>
void convert_lines(const Frame& frame, u8* out, ToColour to_colour) {
  for (u32 y = 0; y < frame.height; ++y) {
    const u8* in = frame.pixels.data() + u64{y} * frame.stride;
    for (u32 x = 0; x < frame.width; ++x, in += bytes, out += 4) {
      const Colour colour = to_colour(number(in, bytes, frame.big_endian));
      out[0] = colour.red, out[1] = colour.green, out[2] = colour.blue, out[3] = 255;
    }
  }
}

u64 bytes_per_line(const Frame& frame) { return u64{frame.width} * frame.bytes_per_pixel(); }

bool same_shape(const Frame& a, const Frame& b) {
  return a.width == b.width && a.height == b.height && a.stride == b.stride && a.depth == b.depth &&
         a.big_endian == b.big_endian && a.palette == b.palette;
}

}  // namespace

void convert_to_rgba(const Frame& frame, std::span<u8> rgba) {
  assert(rgba.size() == u64{4} * frame.width * frame.height);
  if (frame.off()) return;
  assert(frame.pixels.size() >= u64{frame.stride} * (frame.height - 1) + bytes_per_line(frame));
  u8* out = rgba.data();
  switch (frame.depth) {
    case 8: convert_lines<1>(frame, out, [&](u32 value) { return colour_of(frame.palette[value]); }); break;
    case 15: convert_lines<2>(frame, out, from_15); break;
    case 16: convert_lines<2>(frame, out, from_16); break;
    case 24: convert_lines<3>(frame, out, colour_of); break;
    case 32: convert_lines<4>(frame, out, colour_of); break;
    default: assert(false);
  }
}

std::optional<ChangeDetector::Lines> ChangeDetector::changed_lines(const Frame& frame) {
  const u64 line = bytes_per_line(frame);
  const bool all = !same_shape(frame, shape_);
  if (all) {
    shape_ = frame;
    shape_.pixels = {};
    shown_.resize(line * frame.height);
  }
  if (frame.off()) return std::nullopt;
  std::optional<Lines> changed;
  for (u32 y = 0; y < frame.height; ++y) {
    const u8* now = frame.pixels.data() + u64{y} * frame.stride;
    u8* before = shown_.data() + y * line;
    if (!all && std::memcmp(now, before, line) == 0) continue;
    std::memcpy(before, now, line);
    const u32 first = changed ? changed->first : y;
    changed = Lines{first, y - first + 1};
  }
  return changed;
}

}  // namespace quince::devices
