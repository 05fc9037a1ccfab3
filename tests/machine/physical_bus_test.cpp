#include "machine/physical_bus.h"

#include <gtest/gtest.h>

#include "guest-ppc/mmu.h"
#include "machine/virtual_clock.h"
#include "tests/devices/recording_device.h"

namespace quince::machine {
namespace {

class Screen final : public devices::MmioDevice {
 public:
  explicit Screen(u32 size) : pixels(size) {}
  std::vector<u8> pixels;
  u64 read(u32, unsigned) override { return 0; }
  void write(u32, unsigned, u64) override {}
  u8* memory(u32 offset, bool write) override {
    stores_announced += write;
    return &pixels[offset];
  }
  int stores_announced = 0;
};

class PhysicalBusTest : public ::testing::Test {
 protected:
  static constexpr u32 ram_bytes = 1 << 20, rom_base = 0xffc0'0000;
  PhysicalBus bus{ram_bytes};
};

TEST_F(PhysicalBusTest, RamRomAndNothing) {
  HostMemory rom(8192);
  bus.set_rom(rom_base, rom.bytes());
  EXPECT_EQ(bus.page(0x3000, true), bus.ram().data() + 0x3000);
  EXPECT_EQ(bus.page(ram_bytes, false), nullptr);
  EXPECT_EQ(bus.page(rom_base + 4096, false), rom.bytes().data() + 4096);
  EXPECT_EQ(bus.page(rom_base, true), nullptr);
  EXPECT_EQ(bus.page(rom_base + 8192, false), nullptr);
  bus.write(rom_base, 4, 0x1234'5678);
  EXPECT_EQ(rom.bytes()[0], 0);
  EXPECT_EQ(bus.read(0x9000'0000, 8), 0u);
}

TEST_F(PhysicalBusTest, FixedWindowsComeFirst) {
  devices::RecordingDevice fixed(1), card(2);
  bus.set_movable({{0xf000'0000, 0x1000, &card}});
  bus.add_fixed(0xf000'0510, 3, fixed);
  bus.read(0xf000'0512, 1);
  EXPECT_EQ(fixed.offset, 2u);
  bus.read(0xf000'0513, 1);
  EXPECT_EQ(card.offset, 0x513u);
  bus.set_movable({});
  EXPECT_EQ(bus.read(0xf000'0513, 1), 0u);
}

TEST_F(PhysicalBusTest, MemoryOfADevice) {
  Screen screen(16384);
  bus.set_movable({{0x8000'0000, 16384, &screen}});
  EXPECT_EQ(bus.page(0x8000'3000, true), &screen.pixels[0x3000]);
  bus.set_movable({{0x8000'0800, 16384, &screen}});  // not on a page boundary: access by access
  EXPECT_EQ(bus.page(0x8000'0000, false), nullptr);
  EXPECT_EQ(bus.page(0x8000'1000, false), &screen.pixels[0x800]);
  EXPECT_EQ(bus.page(0x8000'4000, false), nullptr);
}

TEST_F(PhysicalBusTest, StoresToADevicesMemoryAreNoticedAgain) {
  Screen screen(16384);
  bus.set_movable({{0x8000'0000, 16384, &screen}});
  ppc::Mmu mmu(bus);
  VirtualClock clock(VirtualClock::Kind::instructions, 1'000'000);
  ppc::Cpu cpu(ppc::cpu_750, mmu, bus, clock);
  bus.attach(cpu);
  const auto store_all = [&] {
    for (u32 at = 0; at < 16384; at += 4) cpu.store<u32>(0x8000'0000 + at, at);
  };
  store_all();
  store_all();
  EXPECT_EQ(screen.stores_announced, 4);
  bus.ask_again(screen, 0x2000);
  store_all();
  EXPECT_EQ(screen.stores_announced, 5);
  EXPECT_EQ(screen.pixels[16383], 0xfc);
}

TEST_F(PhysicalBusTest, DmaReachesRamOnly) {
  std::vector<u8> data(8192, 0x5a), back(8192, 0xff);
  devices::DmaMemory& dma = bus;
  dma.write(ram_bytes - 4096, data);
  EXPECT_EQ(bus.ram()[ram_bytes - 1], 0x5a);
  dma.read(ram_bytes - 4096, back);
  EXPECT_EQ(back[4095], 0x5a);
  EXPECT_EQ(back[4096], 0);
  std::fill(bus.ram().begin(), bus.ram().end(), u8{1});
  dma.write(0xffff'f000, data);  // wraps to address 0
  EXPECT_EQ(bus.ram()[0], 0x5a);
  EXPECT_EQ(bus.ram()[4095], 0x5a);
  EXPECT_EQ(bus.ram()[4096], 1);
  dma.read(0xffff'f000, back);
  EXPECT_EQ(back[4095], 0);
  EXPECT_EQ(back[4096], 0x5a);
}

TEST_F(PhysicalBusTest, ClearedRamIsZero) {
  bus.ram()[12345] = 1;
  bus.clear_ram();
  EXPECT_EQ(bus.ram()[12345], 0);
}

}  // namespace
}  // namespace quince::machine
