// Configuration space and Grackle, against the scan that OpenBIOS makes of this machine.
#include "devices/pci.h"

#include <gtest/gtest.h>

#include "devices/grackle.h"
#include "tests/devices/recording_device.h"

namespace quince::devices {
namespace {

// The shape of a display card: a large prefetchable window, registers, ROM, an I/O window and legacy ports.
class Card final : public PciDevice {
 public:
  Card()
      : PciDevice(
            {.vendor = 0x1234, .device = 0x1111, .class_code = 0x030000, .revision = 2, .interrupt_pin = 1}) {
    add_bar(0, PciSpace::memory, 16 << 20, memory, true);
    add_bar(1, PciSpace::io, 256, ports);
    add_bar(2, PciSpace::memory, 4096, registers);
    add_expansion_rom(64 << 10, rom);
    add_fixed_window(PciSpace::io, 0x3c0, 32, legacy);
  }
  RecordingDevice memory{1}, ports{2}, registers{3}, rom{4}, legacy{5};
};

TEST(PciDevice, Identity) {
  const Card card;
  EXPECT_EQ(card.config_read(0, 4), 0x1111'1234u);
  EXPECT_EQ(card.config_read(8, 4), 0x0300'0002u);
  EXPECT_EQ(card.config_read(0xa, 2), 0x0300u);
  EXPECT_EQ(card.config_read(0x2c, 4), 0x1100'1af4u);
  EXPECT_EQ(card.config_read(0x3d, 1), 1u);
  EXPECT_EQ(card.config_read(0xe, 1), 0u);
}

TEST(PciDevice, SizingABar) {
  Card card;
  const struct {
    u32 offset, before, sized;
  } bars[] = {{0x10, 8, 0xff00'0008}, {0x14, 1, 0xffff'ff01}, {0x18, 0, 0xffff'f000}, {0x1c, 0, 0},
              {0x20, 0, 0},           {0x24, 0, 0},           {0x30, 0, 0xffff'0001}};
  for (const auto& bar : bars) {
    EXPECT_EQ(card.config_read(bar.offset, 4), bar.before);
    card.config_write(bar.offset, 4, 0xffff'ffff);
    EXPECT_EQ(card.config_read(bar.offset, 4), bar.sized) << std::hex << bar.offset;
  }
}

TEST(PciDevice, ReadOnlyBitsStay) {
  Card card;
  for (const u32 offset : {0x00u, 0x02u, 0x08u, 0x2cu, 0x2eu}) card.config_write(offset, 2, 0xa5a5);
  card.config_write(0x3d, 1, 9);
  EXPECT_EQ(card.config_read(0, 4), 0x1111'1234u);
  EXPECT_EQ(card.config_read(0x3d, 1), 1u);
  card.config_write(0x3c, 1, 0x17);
  EXPECT_EQ(card.config_read(0x3c, 4), 0x0000'0117u);
  card.config_write(4, 2, 0xffff);
  EXPECT_EQ(card.config_read(4, 4), 0x0000'0147u);
}

TEST(PciDevice, BytesOfARegister) {
  Card card;
  card.config_write(0x13, 1, 0x81);
  EXPECT_EQ(card.config_read(0x10, 4), 0x8100'0008u);
  EXPECT_EQ(card.config_read(0x12, 2), 0x8100u);
}

TEST(PciDevice, WindowsAppearWhenEnabled) {
  Card card;
  int changes = 0;
  card.on_windows_changed([&] { ++changes; });
  card.config_write(0x10, 4, 0x8000'0000);
  card.config_write(0x14, 4, 0x1000);
  EXPECT_TRUE(card.windows().empty());
  card.config_write(4, 2, pci_command::memory_space);
  ASSERT_EQ(card.windows().size(), 1u);  // BAR 2 has no address, the ROM is not enabled
  EXPECT_EQ(card.windows()[0].base, 0x8000'0000u);
  EXPECT_EQ(card.windows()[0].size, 16u << 20);
  EXPECT_EQ(card.windows()[0].target, &card.memory);
  card.config_write(4, 2, pci_command::io_space);
  ASSERT_EQ(card.windows().size(), 2u);
  EXPECT_EQ(card.windows()[0].base, 0x1000u);
  EXPECT_EQ(card.windows()[1].target, &card.legacy);
  card.config_write(0x30, 4, 0x8101'0000);
  card.config_write(4, 2, pci_command::memory_space);
  EXPECT_EQ(card.windows().size(), 1u);
  card.config_write(0x30, 4, 0x8101'0001);
  EXPECT_EQ(card.windows().size(), 2u);
  EXPECT_GT(changes, 0);
  card.reset();
  EXPECT_TRUE(card.windows().empty());
  EXPECT_EQ(card.config_read(0x10, 4), 8u);
}

class GrackleTest : public ::testing::Test {
 protected:
  GrackleTest() {
    bus.add(0, grackle);
    bus.add(1, card);
  }
  void address(u32 value) { grackle.config_address().write(0, 4, reverse_bytes(value, 4)); }
  u64 read(u32 reg, unsigned bytes) {
    return reverse_bytes(grackle.config_data().read(reg & 3, bytes), bytes);
  }
  void write(u32 reg, unsigned bytes, u32 value) {
    grackle.config_data().write(reg & 3, bytes, reverse_bytes(value, bytes));
  }
  PciBus bus;
  Grackle grackle{bus};
  Card card;
};

TEST_F(GrackleTest, FindsDevices) {
  address(0x8000'0000);
  EXPECT_EQ(read(0, 2), 0x1057u);
  EXPECT_EQ(read(2, 2), 0x0002u);
  address(0x8000'0008);
  EXPECT_EQ(read(0, 4), 0x0600'0100u);
  address(0x8000'0800);
  EXPECT_EQ(read(0, 4), 0x1111'1234u);
  EXPECT_EQ(reverse_bytes(grackle.config_address().read(0, 4), 4), 0x8000'0800u);
}

TEST_F(GrackleTest, NobodyAnswers) {
  const u32 absent_device = 0x8000'1000, other_bus = 0x8001'0000, other_function = 0x8000'0100;
  for (const u32 where : {absent_device, other_bus, other_function}) {
    address(where);
    EXPECT_EQ(read(0, 4), 0xffff'ffffu);
    EXPECT_EQ(read(2, 2), 0xffffu);
    EXPECT_EQ(read(3, 1), 0xffu);
    write(0, 4, 0);
  }
}

TEST_F(GrackleTest, WithoutTheEnableBitNothingHappens) {
  address(0x8000'0804);
  write(0, 2, pci_command::memory_space);
  address(0x0000'0804);
  EXPECT_EQ(read(0, 2), 0xffffu);
  write(0, 4, 0xffff'ffff);
  address(0x8000'0804);
  EXPECT_EQ(read(0, 2), pci_command::memory_space);
}

TEST_F(GrackleTest, OddAccesses) {
  address(0x8000'0810);
  write(1, 2, 0x1234);  // bytes 0x11 and 0x12 of the BAR: only the upper byte of a 16 MiB window can change
  EXPECT_EQ(read(0, 4), 0x0000'0008u);
  write(3, 1, 0x80);
  EXPECT_EQ(read(0, 4), 0x8000'0008u);
  EXPECT_EQ(read(2, 8) & 0xffff'ffff, 0x8000u);
  grackle.config_address().write(0, 2, 0);  // not a whole word
  EXPECT_EQ(read(3, 1), 0x80u);
}

}  // namespace
}  // namespace quince::devices
