#include "devices/edid.h"

#include <initializer_list>

namespace quince::devices {

namespace {

// Offsets in the block (table 3.1).
enum Offset : std::size_t {
  maker = 8,
  made_in_year = 17,
  version = 18,
  input = 20,
  size_cm = 21,
  gamma = 23,
  features = 24,
  chromaticity = 25,
  established_timings = 35,
  standard_timings = 38,
  preferred_timing = 54,
  second_descriptor = 72,
  third_descriptor = 90,
  fourth_descriptor = 108,
  checksum = 127
};

void put(Edid& edid, std::size_t at, std::initializer_list<int> bytes) {
  for (const int byte : bytes) edid[at++] = static_cast<u8>(byte);
}

// A letter A is 1; five bits each.
constexpr int maker_code = ('Q' - '@') << 10 | ('N' - '@') << 5 | ('C' - '@');

// 40 MHz; 800 of 1056 dots, sync 40 after them for 128; 600 of 628 lines, sync 1 after them for 4; both
// positive (VESA DMT 800x600 at 60 Hz). On glass of 320 by 240 mm.
constexpr std::initializer_list<int> timing_800x600 = {4000 & 0xff,
                                                       4000 >> 8,
                                                       800 & 0xff,
                                                       256 & 0xff,
                                                       (800 >> 8) << 4 | 256 >> 8,
                                                       600 & 0xff,
                                                       28,
                                                       (600 >> 8) << 4,
                                                       40,
                                                       128,
                                                       1 << 4 | 4,
                                                       0,
                                                       320 & 0xff,
                                                       240,
                                                       (320 >> 8) << 4,
                                                       0,
                                                       0,
                                                       0x1e};

// What else it takes, at 60 Hz, beside what the established timings say.
enum Aspect { ratio_16_10, ratio_4_3, ratio_5_4, ratio_16_9 };
struct StandardTiming {
  int width;
  Aspect aspect;
};
constexpr StandardTiming further_timings[] = {{1280, ratio_5_4},   {1280, ratio_4_3},  {1280, ratio_16_10},
                                              {1440, ratio_16_10}, {1600, ratio_4_3},  {1680, ratio_16_10},
                                              {1920, ratio_16_9},  {1920, ratio_16_10}};

}  // namespace

Edid make_edid() {
  Edid edid{};
  put(edid, 0, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0});
  put(edid, maker, {maker_code >> 8, maker_code & 0xff, 1, 0, 0, 0, 0, 0, 0});
  put(edid, made_in_year, {2025 - 1990});
  put(edid, version, {1, 4});
  put(edid, input, {0xa0});  // digital, 8 bits a component
  put(edid, size_cm, {32, 24});
  put(edid, gamma, {220 - 100});
  put(edid, features, {0x06});  // sRGB; the preferred timing is the native one
  put(edid, chromaticity, {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54});  // sRGB
  put(edid, established_timings, {0x21, 0x08, 0});  // 640x480, 800x600, 1024x768 at 60 Hz
  std::size_t at = standard_timings;
  for (const StandardTiming& timing : further_timings) {
    put(edid, at, {timing.width / 8 - 31, timing.aspect << 6});
    at += 2;
  }
  put(edid, preferred_timing, timing_800x600);
  put(edid, second_descriptor,
      {0, 0, 0, 0xfc, 0, 'Q', 'u', 'i', 'n', 'c', 'e', '\n', ' ', ' ', ' ', ' ', ' ', ' '});
  // 50 to 75 Hz, 30 to 80 kHz, at most 200 MHz; no formula for further timings
  put(edid, third_descriptor, {0, 0, 0, 0xfd, 0, 50, 75, 30, 80, 20, 1, '\n', ' ', ' ', ' ', ' ', ' ', ' '});
  put(edid, fourth_descriptor, {0, 0, 0, 0x10});  // unused
  u8 sum = 0;
  for (const u8 byte : edid) sum = static_cast<u8>(sum + byte);
  edid[checksum] = static_cast<u8>(-sum);
  return edid;
}

}  // namespace quince::devices
