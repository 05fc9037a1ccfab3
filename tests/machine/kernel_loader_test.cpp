// Where kernel, initial RAM disk and command line go, and firmware images.
#include "machine/kernel_loader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

#include "machine/firmware.h"
#include "tests/machine/files.h"

namespace quince::machine {
namespace {

using ppc::u8;

tl::expected<PreloadedKernel, Error> preload(const std::string& kernel, const std::string& initrd,
                                             const std::string& command_line, std::span<u8> ram) {
  const auto files = KernelFiles::open(kernel, initrd);
  if (!files) return tl::unexpected(files.error());
  return preload_kernel(*files, command_line, ram);
}

class KernelLoaderTest : public ::testing::Test {
 protected:
  std::string kernel(ppc::u32 zeros) const {
    return folder.put("vmlinux", test::make_elf(0xc000'0000, 0, {0x4800'0000, 0x6000'0000}, zeros));
  }
  test::Folder folder;
  std::vector<u8> ram = std::vector<u8>(64 << 20);
};

TEST_F(KernelLoaderTest, Places) {
  const auto loaded =
      preload(kernel(0x74768c - 8), folder.put("initrd", std::string(0x51e26, 'i')), "console=ttyPZ0", ram);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded->kernel_address, 0x0100'0000u);
  EXPECT_EQ(loaded->kernel_size, 0x74768cu);
  EXPECT_EQ(loaded->initrd_address, 0x0184'8000u);
  EXPECT_EQ(loaded->initrd_size, 0x51e26u);
  EXPECT_EQ(loaded->command_line_address, 0x0189'a000u);
  EXPECT_EQ(ram[0x0100'0000], 0x48);
  EXPECT_EQ(ram[0x0184'8000 + 0x51e25], 'i');
  EXPECT_STREQ(reinterpret_cast<const char*>(&ram[0x0189'a000]), "console=ttyPZ0");
}

TEST_F(KernelLoaderTest, WithoutInitialRamDisk) {
  const auto loaded = preload(kernel(0), "", "", ram);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->initrd_address, 0u);
  EXPECT_EQ(loaded->initrd_size, 0u);
  EXPECT_EQ(loaded->command_line_address, 0x0110'1000u);
}

// As a restart does it in a sandbox.
TEST_F(KernelLoaderTest, ReadsAgainWhatCanNoLongerBeOpened) {
  const std::string path = kernel(0);
  const auto files = KernelFiles::open(path, folder.put("initrd", "initrd"));
  ASSERT_TRUE(files.has_value());
  ASSERT_TRUE(preload_kernel(*files, "", ram).has_value());
  ASSERT_EQ(std::remove(path.c_str()), 0);
  std::fill(ram.begin(), ram.end(), u8{0});
  const auto again = preload_kernel(*files, "", ram);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(ram[0x0100'0000], 0x48);
  EXPECT_EQ(ram[again->initrd_address], 'i');
}

TEST_F(KernelLoaderTest, Refusals) {
  const auto too_large = preload(kernel(60 << 20), "", "", ram);
  EXPECT_EQ(too_large.error().status, status::unusable_image);
  const auto no_room = preload(kernel(0), folder.put("initrd", std::string(50 << 20, 'i')), "", ram);
  EXPECT_EQ(no_room.error().status, status::unusable_image);
  const auto long_line = preload(kernel(0), "", std::string(4096, 'x'), ram);
  EXPECT_EQ(long_line.error().status, status::usage);
  EXPECT_TRUE(preload(kernel(0), "", std::string(4095, 'x'), ram).has_value());
  EXPECT_EQ(preload(folder.path("missing"), "", "", ram).error().status, status::unusable_image);
  std::vector<u8> small(1 << 20);
  EXPECT_EQ(preload(kernel(0), "", "", small).error().status, status::unusable_image);
}

TEST(Firmware, ElfGoesToItsPhysicalAddress) {
  const test::Folder folder;
  std::vector<u8> rom(rom_bytes);
  const auto path = folder.put("firmware", test::make_elf(0xfff0'0100, 0xfff0'0100, {0x1234'5678}, 16));
  ASSERT_TRUE(load_firmware(path, rom).has_value());
  EXPECT_EQ(rom[0x30'0100], 0x12);
  EXPECT_EQ(rom[0x30'0104], 0);
}

TEST(Firmware, ImageOfTheWholeRom) {
  const test::Folder folder;
  std::vector<u8> rom(rom_bytes);
  ASSERT_TRUE(load_firmware(folder.put("rom", std::string(rom_bytes, '\x5a')), rom).has_value());
  EXPECT_EQ(rom.front(), 0x5a);
  EXPECT_EQ(rom.back(), 0x5a);
}

TEST(Firmware, Refusals) {
  const test::Folder folder;
  std::vector<u8> rom(rom_bytes);
  for (const auto& path : {folder.path("missing"), folder.put("empty", ""), folder.put("text", "no firmware"),
                           folder.put("kernel", test::make_elf(0x1000, 0x1000, {0}))}) {
    const auto loaded = load_firmware(path, rom);
    ASSERT_FALSE(loaded.has_value()) << path;
    EXPECT_EQ(loaded.error().status, status::unusable_image);
    EXPECT_EQ(loaded.error().message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace quince::machine
