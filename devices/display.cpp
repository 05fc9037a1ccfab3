#include "devices/display.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace quince::devices {

namespace {

constexpr u32 opaque = 0xff00'0000;

// The top bits of a component again at its bottom: full stays full.
constexpr u32 widen_5(u32 value) { return (value & 31) << 3 | (value & 31) >> 2; }
constexpr u32 widen_6(u32 value) { return (value & 63) << 2 | (value & 63) >> 4; }

constexpr u32 argb_of(u32 red, u32 green, u32 blue) { return opaque | red << 16 | green << 8 | blue; }

struct From15 {
  u32 operator()(u32 value) const {
    return argb_of(widen_5(value >> 10), widen_5(value >> 5), widen_5(value));
  }
};
struct From16 {
  u32 operator()(u32 value) const {
    return argb_of(widen_5(value >> 11), widen_6(value >> 5), widen_5(value));
  }
};
struct FromRgb {
  u32 operator()(u32 value) const { return opaque | value; }
};
struct FromPalette {
  const std::array<u32, 256>& palette;
  u32 operator()(u32 value) const { return opaque | palette[value]; }
};

template <unsigned bytes, bool big_endian>
u32 number(const u8* at) {
  if constexpr (bytes == 4) {  // in a form that compilers vectorise
    u32 value;
    std::memcpy(&value, at, sizeof value);
    return (std::endian::native == std::endian::big) == big_endian ? value : __builtin_bswap32(value);
  }
  u32 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value = value << 8 | at[big_endian ? n : bytes - 1 - n];
  return value;
}

template <unsigned bytes, bool big_endian, class ToArgb>
void convert_lines(const Frame& frame, Lines lines, u32* out, ToArgb to_argb) {
  for (u32 y = lines.first; y < lines.first + lines.count; ++y) {
    const u8* in = frame.pixels.data() + u64{y} * frame.stride;
    for (u32 x = 0; x < frame.width; ++x) *out++ = to_argb(number<bytes, big_endian>(in + x * bytes));
  }
}

template <unsigned bytes, class ToArgb>
void convert(const Frame& frame, Lines lines, u32* out, ToArgb to_argb) {
  if (frame.big_endian)
    convert_lines<bytes, true>(frame, lines, out, to_argb);
  else
    convert_lines<bytes, false>(frame, lines, out, to_argb);
}

}  // namespace

bool Frame::same_shape(const Frame& other) const {
  return width == other.width && height == other.height && stride == other.stride && depth == other.depth &&
         big_endian == other.big_endian && pixels.data() == other.pixels.data() && palette == other.palette;
}

void convert_to_argb(const Frame& frame, Lines lines, std::span<u32> argb) {
  const u64 bytes_per_line = u64{frame.width} * frame.bytes_per_pixel(), end = u64{lines.first} + lines.count;
  assert(argb.size() == u64{lines.count} * frame.width && end <= frame.height);
  if (argb.empty()) return;
  assert(frame.pixels.size() >= frame.stride * (end - 1) + bytes_per_line);
  switch (frame.depth) {
    case 8: return convert<1>(frame, lines, argb.data(), FromPalette{frame.palette});
    case 15: return convert<2>(frame, lines, argb.data(), From15{});
    case 16: return convert<2>(frame, lines, argb.data(), From16{});
    case 24: return convert<3>(frame, lines, argb.data(), FromRgb{});
    case 32: return convert<4>(frame, lines, argb.data(), FromRgb{});
    default: assert(false);
  }
}

}  // namespace quince::devices
