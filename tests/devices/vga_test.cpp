// The display adapter as its drivers program it: OpenBIOS through ports, Linux's bochs driver through the
// register window.
#include "devices/vga.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>

#include "tests/devices/support/fake_scheduler.h"
#include "tests/devices/support/pci_card.h"

namespace quince::devices {
namespace {

using Rgb = std::array<int, 3>;

class VgaTest : public ::testing::Test {
 protected:
  static constexpr u32 index_port = 0x1ce, data_port = 0x1d0;
  enum : u16 {
    id,
    xres,
    yres,
    bpp,
    enable,
    bank,
    virtual_width,
    virtual_height,
    x_offset,
    y_offset,
    video_memory
  };

  void dispi(u16 index, u16 value) {
    card.out16(index_port, index);
    card.out16(data_port, value);
  }
  u16 dispi(u16 index) {
    card.out16(index_port, index);
    return card.in16(data_port);
  }
  void screen_on() {
    card.in8(0x3da);
    card.out8(0x3c0, 0x20);
  }
  void set_mode(u16 width, u16 height, u16 depth, u16 flags = 1) {
    dispi(enable, 0);
    dispi(xres, width);
    dispi(yres, height);
    dispi(bpp, depth);
    dispi(enable, flags);
    screen_on();
  }
  void set_colour(u8 index, Rgb colour) {
    card.out8(0x3c8, index);
    for (const int component : colour) card.out8(0x3c9, static_cast<u8>(component));
  }
  // The guest stores these bytes at increasing addresses.
  void store(u32 offset, std::initializer_list<int> bytes) {
    for (const int byte : bytes) card.write(card.base[0] + offset++, 1, static_cast<u64>(byte));
  }
  Rgb pixel(u32 x, u32 y) {
    const Frame frame = vga.frame();
    std::vector<u32> line(frame.width);
    convert_to_argb(frame, {y, 1}, line);
    const u32 argb = line[x];
    EXPECT_EQ(argb >> 24, 255u);
    return {static_cast<int>(argb >> 16 & 255), static_cast<int>(argb >> 8 & 255),
            static_cast<int>(argb & 255)};
  }

  FakeScheduler scheduler;
  Vga vga{scheduler};
  PciCard card{vga};
};

TEST_F(VgaTest, WhatOpenBiosFindsInConfigurationSpace) {
  EXPECT_EQ(vga.config_read(0, 4), 0x1111'1234u);
  EXPECT_EQ(vga.config_read(0xa, 2), 0x0300u);
  EXPECT_EQ(vga.config_read(8, 1), 2u);
  EXPECT_EQ(vga.config_read(0x3d, 1), 0u);
  vga.reset();
  EXPECT_EQ(vga.config_read(0x10, 4), 8u);
  for (const u32 bar : {0x10u, 0x18u}) vga.config_write(bar, 4, ~0u);
  EXPECT_EQ(vga.config_read(0x10, 4), 0xff00'0008u);
  EXPECT_EQ(vga.config_read(0x14, 4), 0u);
  EXPECT_EQ(vga.config_read(0x18, 4), 0xffff'f000u);
  EXPECT_EQ(vga.config_read(0x30, 4), 0u);
}

TEST_F(VgaTest, OpenBiosSetsItsMode) {
  EXPECT_TRUE(vga.frame().off());
  card.out8(0x3c0, 0);
  dispi(enable, 0);
  dispi(x_offset, 0);
  dispi(y_offset, 0);
  dispi(xres, 800);
  dispi(yres, 600);
  dispi(bpp, 32);
  dispi(enable, 1);
  EXPECT_TRUE(vga.frame().off()) << "the screen is blanked until the attribute controller shows it";
  card.in8(0x3da);
  card.out8(0x3c0, 0);
  card.in8(0x3da);
  card.out8(0x3c0, 0x20);
  const Frame frame = vga.frame();
  EXPECT_EQ(frame.width, 800u);
  EXPECT_EQ(frame.height, 600u);
  EXPECT_EQ(frame.depth, 32u);
  EXPECT_EQ(frame.stride, 3200u);
  EXPECT_TRUE(frame.big_endian);
  EXPECT_EQ(frame.pixels.data(), vga.memory().data());
  store(3200 + 4, {0x00, 0x12, 0x34, 0x56});
  EXPECT_EQ(pixel(1, 1), (Rgb{0x12, 0x34, 0x56}));
}

// drivers/gpu/drm/tiny/bochs.c: everything through BAR 2.
TEST_F(VgaTest, LinuxBochsDriver) {
  const u32 window = card.base[2];
  const auto dispi_at = [window](u16 index) { return window + 0x500 + 2u * index; };
  EXPECT_EQ(card.read(dispi_at(id), 2) & 0xfff0, 0xb0c0u);
  EXPECT_EQ(card.read(dispi_at(video_memory), 2) * 65536, vga.memory().size());
  ASSERT_GE(card.read(window + 0x600, 4), 8u);
  EXPECT_EQ(card.read(window + 0x604, 4), 0xbebe'bebeu);
  card.write(window + 0x604, 4, 0x1e1e'1e1e);
  EXPECT_EQ(card.read(window + 0x604, 4), 0x1e1e'1e1eu);
  card.write(window + 0x604, 4, 0x1234'5678);
  EXPECT_EQ(card.read(window + 0x604, 4), 0x1e1e'1e1eu) << "neither of the two orders";

  card.write(window + 0x400 + 2, 1, 0x01);  // 3c2: colour addresses
  card.read(window + 0x400 + 0x1a, 1);      // 3da: the next write to 3c0 is an index
  card.write(window + 0x400, 1, 0x20);      // 3c0
  const std::pair<u16, u16> mode[] = {
      {enable, 0},           {bpp, 32},     {xres, 1024},  {yres, 768},   {bank, 0}, {virtual_width, 1024},
      {virtual_height, 768}, {x_offset, 0}, {y_offset, 0}, {enable, 0x41}};
  for (const auto& [index, value] : mode) card.write(dispi_at(index), 2, value);
  const Frame frame = vga.frame();
  EXPECT_EQ(frame.width, 1024u);
  EXPECT_EQ(frame.height, 768u);
  EXPECT_FALSE(frame.big_endian);
  store(0, {0x56, 0x34, 0x12, 0x00});
  EXPECT_EQ(pixel(0, 0), (Rgb{0x12, 0x34, 0x56}));
}

struct PixelCase {
  u16 depth;
  bool big_endian;
  std::vector<int> bytes;
  Rgb colour;
};

// One red, one green and one blue value that shows which bits became which; components of five and six bits
// keep 0 and full.
TEST_F(VgaTest, PixelsOfEveryDepthInBothByteOrders) {
  const PixelCase cases[] = {
      {15, true, {0x7c, 0x00}, {255, 0, 0}},  {15, true, {0x03, 0xe0}, {0, 255, 0}},
      {15, true, {0x00, 0x1f}, {0, 0, 255}},  {15, false, {0x1f, 0x00}, {0, 0, 255}},
      {15, true, {0x80, 0x00}, {0, 0, 0}},    {15, true, {0x42, 0x10}, {132, 132, 132}},
      {16, true, {0xf8, 0x00}, {255, 0, 0}},  {16, true, {0x07, 0xe0}, {0, 255, 0}},
      {16, false, {0xe0, 0x07}, {0, 255, 0}}, {16, true, {0x04, 0x00}, {0, 130, 0}},
      {24, true, {1, 2, 3}, {1, 2, 3}},       {24, false, {1, 2, 3}, {3, 2, 1}},
      {32, true, {9, 1, 2, 3}, {1, 2, 3}},    {32, false, {1, 2, 3, 9}, {3, 2, 1}},
  };
  for (const PixelCase& test : cases) {
    set_mode(640, 480, test.depth);
    card.write(card.base[2] + 0x604, 4, test.big_endian ? 0xbebe'bebe : 0x1e1e'1e1e);
    const u32 bytes = static_cast<u32>(test.bytes.size());
    ASSERT_EQ(vga.frame().stride, 640 * bytes);
    u32 at = (2 * 640 + 3) * bytes;
    for (const int byte : test.bytes) store(at++, {byte});
    EXPECT_EQ(pixel(3, 2), test.colour) << test.depth << (test.big_endian ? " big" : " little");
    EXPECT_EQ(pixel(4, 2), (Rgb{0, 0, 0}));
  }
}

TEST_F(VgaTest, PaletteOfSixBits) {
  set_mode(640, 480, 8);
  set_colour(0x10, {0x3f, 0x20, 0x01});
  card.out8(0x3c9, 0xc0 | 0x3f);  // on to the next colour; the upper bits are nothing
  store(0, {0x10, 0x11});
  EXPECT_EQ(pixel(0, 0), (Rgb{255, 130, 4}));
  EXPECT_EQ(pixel(1, 0), (Rgb{255, 0, 0}));
  card.out8(0x3c7, 0x10);
  EXPECT_EQ(card.in8(0x3c9), 0x3f);
  EXPECT_EQ(card.in8(0x3c9), 0x20);
  EXPECT_EQ(card.in8(0x3c9), 0x01);
  EXPECT_EQ(card.in8(0x3c9), 0x3f);
}

TEST_F(VgaTest, PaletteOfEightBitsAndItsMask) {
  set_mode(640, 480, 8, 0x21);
  set_colour(0xff, {0x80, 0x81, 0xff});
  set_colour(0x0f, {1, 2, 3});
  store(0, {0xff});
  EXPECT_EQ(pixel(0, 0), (Rgb{0x80, 0x81, 0xff}));
  card.out8(0x3c6, 0x0f);
  EXPECT_EQ(card.in8(0x3c6), 0x0f);
  EXPECT_EQ(pixel(0, 0), (Rgb{1, 2, 3}));
}

TEST_F(VgaTest, CapabilitiesInsteadOfTheMode) {
  set_mode(640, 480, 16);
  dispi(enable, 2 | 1);
  EXPECT_EQ(dispi(xres), 16000);
  EXPECT_EQ(dispi(yres), 12000);
  EXPECT_EQ(dispi(bpp), 32);
  dispi(enable, 1);
  EXPECT_EQ(dispi(xres), 640);
  EXPECT_EQ(dispi(yres), 480);
  EXPECT_EQ(dispi(bpp), 16);
}

TEST_F(VgaTest, EnablingClearsThePictureUnlessToldNotTo) {
  store(0, {1});
  store(640 * 480 - 1, {2});
  store(640 * 480, {3});
  set_mode(640, 480, 8, 0x81);
  EXPECT_EQ(vga.memory()[0], 1);
  dispi(xres, 640);
  dispi(enable, 1);
  EXPECT_EQ(vga.memory()[0], 1) << "it was enabled already";
  set_mode(640, 480, 8);
  EXPECT_EQ(vga.memory()[0], 0);
  EXPECT_EQ(vga.memory()[640 * 480 - 1], 0);
  EXPECT_EQ(vga.memory()[640 * 480], 3);
}

TEST_F(VgaTest, PanningOverAVirtualScreen) {
  set_mode(640, 480, 32);
  EXPECT_EQ(dispi(virtual_width), 640);
  EXPECT_EQ(dispi(virtual_height), Vga::memory_bytes / (640 * 4));
  dispi(virtual_width, 1024);
  dispi(x_offset, 10);
  dispi(y_offset, 20);
  EXPECT_EQ(vga.frame().stride, 4096u);
  store(20 * 4096 + 10 * 4, {0, 7, 8, 9});
  EXPECT_EQ(pixel(0, 0), (Rgb{7, 8, 9}));
  dispi(y_offset, 0xffff);
  EXPECT_EQ(dispi(y_offset), Vga::memory_bytes / 4096 - 480) << "the last line is the last of the memory";
  dispi(enable, 0);
  dispi(enable, 1);
  EXPECT_EQ(dispi(virtual_width), 640);
  EXPECT_EQ(dispi(x_offset), 0);
}

TEST_F(VgaTest, NoGeometryReachesOutOfTheMemory) {
  std::mt19937 random(1);
  for (int n = 0; n < 20'000; ++n) {
    const u16 index = static_cast<u16>(random() % 11);
    dispi(index, static_cast<u16>(random() >> random() % 24));
    if (random() % 8 == 0) dispi(enable, static_cast<u16>(0x80 | (random() & 1)));
    screen_on();
    const Frame frame = vga.frame();
    if (frame.off()) continue;
    ASSERT_LE(frame.width, Vga::most_columns);
    ASSERT_LE(frame.height, Vga::most_lines);
    ASSERT_EQ(frame.width % 8, 0u);
    ASSERT_GE(frame.pixels.data(), vga.memory().data());
    ASSERT_LE(frame.pixels.data() + frame.pixels.size(), vga.memory().data() + vga.memory().size());
    ASSERT_GE(frame.pixels.size(),
              u64{frame.stride} * (frame.height - 1) + u64{frame.width} * frame.bytes_per_pixel());
  }
}

TEST_F(VgaTest, TheFrameBufferIsPlainMemory) {
  const AddressMap::Window* window = card.memory().find(card.base[0] + 0x1000);
  ASSERT_NE(window, nullptr);
  EXPECT_EQ(window->device->memory(0x1000, true), vga.memory().data() + 0x1000);
  card.memory().write(card.base[0] + 0x1001, 4, 0x0102'0304);
  EXPECT_EQ(vga.memory()[0x1001], 1);
  EXPECT_EQ(vga.memory()[0x1004], 4);
  EXPECT_EQ(card.memory().read(card.base[0] + Vga::memory_bytes - 8, 8), 0u);
  EXPECT_EQ(card.memory().read(card.base[0] + 0x1001, 4), 0x0102'0304u);
  EXPECT_EQ(card.memory().find(card.base[2])->device->memory(0, false), nullptr);
}

TEST_F(VgaTest, RegistersThatKeepWhatIsWritten) {
  for (const u32 index_at : {0x3c4u, 0x3ceu, 0x3d4u}) {
    card.out16(index_at, 0x5a02);  // index 2 and its data at once
    card.out8(index_at, 3);
    card.out8(index_at + 1, 0xa5);
    EXPECT_EQ(card.in8(index_at), 3);
    EXPECT_EQ(card.in8(index_at + 1), 0xa5);
    card.out8(index_at, 2);
    EXPECT_EQ(card.in8(index_at + 1), 0x5a);
  }
  card.in8(0x3da);
  card.out8(0x3c0, 0x10);
  card.out8(0x3c0, 0x41);
  EXPECT_EQ(card.in8(0x3c1), 0x41);
}

TEST_F(VgaTest, CrtcProtection) {
  const auto crtc = [this](u8 index, u8 value) {
    card.out8(0x3d4, index);
    card.out8(0x3d5, value);
    return card.in8(0x3d5);
  };
  crtc(0x11, 0x80);
  EXPECT_EQ(crtc(0, 0x55), 0);
  EXPECT_EQ(crtc(7, 0xff), 0x10);
  EXPECT_EQ(crtc(8, 0x55), 0x55);
  crtc(0x11, 0);
  EXPECT_EQ(crtc(0, 0x55), 0x55);
}

TEST_F(VgaTest, MonochromeAddresses) {
  EXPECT_EQ(card.in8(0x3b4), 0xff);
  card.out8(0x3c2, 0);
  EXPECT_EQ(card.in8(0x3cc), 0);
  EXPECT_EQ(card.in8(0x3d4), 0xff);
  card.out8(0x3b4, 5);
  EXPECT_EQ(card.in8(0x3b4), 5);
}

TEST_F(VgaTest, RetraceComesAndGoesSixtyTimesASecond) {
  int retraces = 0;
  bool before = (card.in8(0x3da) & 8) != 0;
  for (int n = 0; n < 100'000; ++n) {  // a second in steps of 10 microseconds
    scheduler.run_for(10'000);
    const bool now = (card.in8(0x3da) & 8) != 0;
    if (now && !before) ++retraces;
    before = now;
  }
  EXPECT_EQ(retraces, 60);
}

TEST_F(VgaTest, Edid) {
  std::array<u8, 128> edid{};
  for (u32 n = 0; n < edid.size(); ++n) edid[n] = static_cast<u8>(card.read(card.base[2] + n, 1));
  const u8 header[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
  EXPECT_TRUE(std::equal(std::begin(header), std::end(header), edid.begin()));
  EXPECT_EQ(std::accumulate(edid.begin(), edid.end(), 0) % 256, 0);
  EXPECT_EQ(edid[126], 0) << "no further block";
  const auto upper = [&](int at, int shift) { return (edid[static_cast<u32>(at)] >> shift & 15) << 8; };
  const double clock = (edid[54] | edid[55] << 8) * 10e3;
  const int columns = edid[56] | upper(58, 4), blank_columns = edid[57] | upper(58, 0);
  const int lines = edid[59] | upper(61, 4), blank_lines = edid[60] | upper(61, 0);
  EXPECT_EQ(columns, 800);
  EXPECT_EQ(lines, 600);
  EXPECT_NEAR(clock / ((columns + blank_columns) * (lines + blank_lines)), 60.3, 0.05);
}

// The monitor takes no picture that the card does not offer, and up to the largest.
TEST_F(VgaTest, StandardTimingsOfTheEdid) {
  constexpr u32 ratios[4][2] = {{16, 10}, {4, 3}, {5, 4}, {16, 9}};
  bool largest = false;
  for (u32 at = 38; at < 54; at += 2) {
    const auto byte = [&](u32 n) { return static_cast<u32>(card.read(card.base[2] + n, 1)); };
    const u32 width = (byte(at) + 31) * 8, aspect = byte(at + 1) >> 6;
    const u32 height = width * ratios[aspect][1] / ratios[aspect][0];
    EXPECT_EQ(byte(at + 1) & 63, 0u) << "60 Hz";
    set_mode(static_cast<u16>(width), static_cast<u16>(height), 32);
    EXPECT_EQ(vga.frame().width, width);
    EXPECT_EQ(vga.frame().height, height);
    largest = largest || (width == 1920 && height == 1200);
  }
  EXPECT_TRUE(largest);
}

TEST_F(VgaTest, ResetTurnsTheScreenOff) {
  set_mode(640, 480, 8);
  ASSERT_FALSE(vga.frame().off());
  vga.reset();
  EXPECT_TRUE(vga.frame().off());
  EXPECT_TRUE(vga.windows().empty()) << "and its windows are closed";
}

TEST_F(VgaTest, OddAccessesDoNoHarm) {
  std::mt19937 random(2);
  for (int n = 0; n < 200'000; ++n) {
    const unsigned bytes = 1u << random() % 4;
    const u32 offset = random() % (Vga::register_bytes - bytes + 1);
    const u32 near = random() % 2 ? offset : 0x3f8 + random() % 0x220;
    if (random() % 2) {
      card.write(card.base[2] + near, bytes, random());
    } else {
      card.read(card.base[2] + near, bytes);
    }
    const u32 port = random() % 2 ? 0x1cc + random() % 8 : 0x3b0 + random() % 0x40;
    random() % 2 ? card.out16(port, static_cast<u16>(random())) : static_cast<void>(card.in32(port));
  }
  screen_on();
  set_mode(640, 480, 8);
  EXPECT_EQ(vga.frame().width, 640u);
}

// --- What a watcher is told ---

class VgaChangesTest : public VgaTest {
 protected:
  // As a processor stores: it asks for the page once, and again when the page is watched.
  void draw(u32 offset) {
    if (known_pages.insert(offset / 4096).second)
      card.memory().find(card.base[0])->device->memory(offset & ~4095u, true);
  }
  std::vector<Lines> lines() {
    const auto changes = vga.take_changes();
    EXPECT_FALSE(changes.shape);
    return changes.lines;
  }
  VgaChangesTest() {
    vga.watch_page = [this](const MmioDevice& window, u32 offset) {
      EXPECT_EQ(&window, card.memory().find(card.base[0])->device);
      known_pages.erase(offset / 4096);
    };
    vga.on_change = [this] { ++announced; };
  }
  std::set<u32> known_pages;
  int announced = 0;
};

TEST_F(VgaChangesTest, FirstEverythingThenNothing) {
  set_mode(640, 480, 8);
  const auto changes = vga.take_changes();
  EXPECT_TRUE(changes.shape);
  EXPECT_EQ(changes.lines, (std::vector<Lines>{{0, 480}}));
  EXPECT_TRUE(vga.take_changes().none());
  EXPECT_EQ(announced, 0) << "who has not asked is told nothing";
}

TEST_F(VgaChangesTest, LinesOfThePagesThatWereDrawnOn) {
  set_mode(1024, 768, 32);  // a page is a line
  vga.take_changes();
  draw(4096 * 5), draw(4096 * 6 + 4), draw(4096 * 20), draw(4096 * 767);
  EXPECT_EQ(announced, 1);
  EXPECT_EQ(lines(), (std::vector<Lines>{{5, 2}, {20, 1}, {767, 1}}));
  EXPECT_TRUE(vga.take_changes().none());
  draw(4096 * 20);
  EXPECT_EQ(announced, 2);
  EXPECT_EQ(lines(), (std::vector<Lines>{{20, 1}}));
}

TEST_F(VgaChangesTest, PagesOfManyLinesAndLinesOfTwoPages) {
  set_mode(640, 480, 8);  // 6.4 lines to a page
  vga.take_changes();
  draw(0), draw(4096), draw(4096 * 74);
  EXPECT_EQ(lines(), (std::vector<Lines>{{0, 13}, {473, 7}}));
  set_mode(1920, 1200, 32);  // nearly two pages to a line
  vga.take_changes();
  draw(4096 * 2);
  EXPECT_EQ(lines(), (std::vector<Lines>{{1, 1}}));
}

TEST_F(VgaChangesTest, DrawingBesideThePictureCostsOneAnnouncement) {
  set_mode(640, 480, 8);
  vga.take_changes();
  draw(640 * 480);
  EXPECT_EQ(announced, 1);
  EXPECT_TRUE(vga.take_changes().none());
  draw(640 * 480);
  EXPECT_EQ(announced, 1);
}

TEST_F(VgaChangesTest, WhatIsPannedIntoViewIsWatched) {
  set_mode(640, 480, 8);
  vga.take_changes();
  draw(640 * 480 + 4096);
  vga.take_changes();
  dispi(y_offset, 100);
  EXPECT_TRUE(vga.take_changes().shape);
  draw(640 * 480 + 4096);
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(VgaChangesTest, ShapesThatChange) {
  set_mode(640, 480, 8);
  vga.take_changes();
  const std::function<void()> changes[] = {[&] {
                                             set_colour(3, {1, 2, 3});
                                           },
                                           [&] { card.out8(0x3c6, 0x7f); },
                                           [&] { dispi(x_offset, 0), dispi(y_offset, 9); },
                                           [&] { card.write(card.base[2] + 0x604, 4, 0x1e1e'1e1e); },
                                           [&] { set_mode(800, 600, 15); },
                                           [&] { dispi(enable, 0); }};
  for (const auto& change : changes) {
    announced = 0;
    change();
    EXPECT_EQ(announced, 1);
    EXPECT_TRUE(vga.take_changes().shape);
    EXPECT_TRUE(vga.take_changes().none());
  }
  dispi(id, 0xb0c0);
  EXPECT_EQ(announced, 2) << "looked at once more";
  EXPECT_TRUE(vga.take_changes().none()) << "but there is nothing to see";
}

TEST_F(VgaChangesTest, StoresThroughTheWindow) {
  set_mode(1024, 768, 32);
  vga.take_changes();
  store(4096 * 3 + 12, {1});
  EXPECT_EQ(lines(), (std::vector<Lines>{{3, 1}}));
}

}  // namespace
}  // namespace quince::devices
