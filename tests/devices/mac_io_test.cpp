// The interrupt controller and the registers of mac-io itself.
#include "devices/mac_io.h"

#include <gtest/gtest.h>

#include "tests/devices/recording_device.h"

namespace quince::devices {
namespace {

constexpr u32 event_high = 0x00, mask_high = 0x04, clear_high = 0x08, level_high = 0x0c;
constexpr u32 event_low = 0x10, mask_low = 0x14, clear_low = 0x18, level_low = 0x1c;

class HeathrowPicTest : public ::testing::Test {
 protected:
  u32 get(u32 offset) { return static_cast<u32>(reverse_bytes(pic.read(offset, 4), 4)); }
  void set(u32 offset, u32 value) { pic.write(offset, 4, reverse_bytes(value, 4)); }
  HeathrowPic pic;
};

TEST_F(HeathrowPicTest, EdgesAreLatchedUntilCleared) {
  pic.set_source(0x12, true);
  EXPECT_FALSE(pic.output.asserted());  // masked
  set(mask_low, 1u << 0x12);
  EXPECT_TRUE(pic.output.asserted());
  EXPECT_EQ(get(event_low), 1u << 0x12);
  EXPECT_EQ(get(level_low), 1u << 0x12);
  pic.set_source(0x12, false);
  EXPECT_EQ(get(level_low), 0u);
  EXPECT_TRUE(pic.output.asserted());
  set(clear_low, 1u << 0x12);
  EXPECT_FALSE(pic.output.asserted());
  EXPECT_EQ(get(event_low), 0u);
}

TEST_F(HeathrowPicTest, AClearedEventOfAHighLineStaysCleared) {
  set(mask_low, 1u << 0xf);
  pic.set_source(0xf, true);
  set(clear_low, 1u << 0xf);
  EXPECT_FALSE(pic.output.asserted());
  EXPECT_EQ(get(level_low), 1u << 0xf);  // software still sees the line
  pic.set_source(0xf, true);             // no edge
  EXPECT_EQ(get(event_low), 0u);
  pic.set_source(0xf, false);
  pic.set_source(0xf, true);
  EXPECT_TRUE(pic.output.asserted());
}

TEST_F(HeathrowPicTest, LevelTriggeredSourcesFollowTheirLine) {
  for (unsigned n = 0x14; n <= 0x1c; ++n) {
    set(mask_low, 1u << n);
    pic.set_source(n, true);
    EXPECT_TRUE(pic.output.asserted()) << n;
    EXPECT_EQ(get(event_low), 0u);
    set(clear_low, 0xffff'ffff);
    EXPECT_TRUE(pic.output.asserted()) << n;
    pic.set_source(n, false);
    EXPECT_FALSE(pic.output.asserted()) << n;
  }
}

TEST_F(HeathrowPicTest, TheHighGroup) {
  pic.set_source(0x2a, true);
  set(mask_low, 0xffff'ffff);
  EXPECT_FALSE(pic.output.asserted());
  set(mask_high, 1u << 10);
  EXPECT_TRUE(pic.output.asserted());
  EXPECT_EQ(get(event_high), 1u << 10);
  EXPECT_EQ(get(level_high), 1u << 10);
  EXPECT_EQ(get(mask_high), 1u << 10);
  set(clear_high, 1u << 10);
  EXPECT_FALSE(pic.output.asserted());
  EXPECT_EQ(get(clear_high), 0u);
}

TEST_F(HeathrowPicTest, ResetKeepsLevels) {
  set(mask_low, ~0u);
  pic.set_source(3, true);
  pic.reset();
  EXPECT_FALSE(pic.output.asserted());
  EXPECT_EQ(get(event_low), 0u);
  EXPECT_EQ(get(mask_low), 0u);
  EXPECT_EQ(get(level_low), 8u);
}

TEST_F(HeathrowPicTest, OtherWidthsDoNothing) {
  set(mask_low, 0x1234);
  pic.write(mask_low, 2, 0xffff);
  EXPECT_EQ(get(mask_low), 0x1234u);
  EXPECT_EQ(pic.read(mask_low, 1), 0u);
}

TEST(MacIo, WindowHoldsChipsAndRegisters) {
  MacIo mac_io;
  RecordingDevice chip(0x77);
  mac_io.attach(0x16000, 0x2000, chip);
  mac_io.config_write(pci_register::base_address, 4, 0x8108'0000);
  mac_io.config_write(pci_register::command, 2, pci_command::memory_space);
  ASSERT_EQ(mac_io.windows().size(), 1u);
  MmioDevice& window = *mac_io.windows()[0].target;
  EXPECT_EQ(window.read(0x17e00, 1), 0x77u);
  EXPECT_EQ(chip.offset, 0x1e00u);
  window.write(0x38, 4, 0x2000'0000);  // FCR, little-endian 0x20
  EXPECT_EQ(window.read(0x38, 4), 0x2000'0000u);
  EXPECT_EQ(window.read(0x14000, 4), 0u);  // nothing there
  window.write(0x24, 4, reverse_bytes(4, 4));
  mac_io.interrupts.set_source(2, true);
  EXPECT_TRUE(mac_io.interrupts.output.asserted());
  mac_io.reset();
  EXPECT_EQ(window.read(0x38, 4), 0u);
  EXPECT_FALSE(mac_io.interrupts.output.asserted());
}

}  // namespace
}  // namespace quince::devices
