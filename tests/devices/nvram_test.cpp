#include "devices/nvram.h"

#include <gtest/gtest.h>

namespace quince::devices {
namespace {

// The sum over a header as CHRP defines it, worked out anew: the checksum byte makes no difference to it.
u8 chrp_sum(const u8* header) {
  unsigned sum = 0;
  for (int n = 0; n < 16; ++n) {
    if (n == 1) continue;
    sum += header[n];
    if (sum > 0xff) sum -= 0xff;
  }
  return static_cast<u8>(sum);
}

std::string text(const Nvram::Contents& contents, std::size_t at, std::size_t count) {
  return {contents.begin() + static_cast<std::ptrdiff_t>(at),
          contents.begin() + static_cast<std::ptrdiff_t>(at + count)};
}

TEST(Nvram, OneByteInSixteenAddresses) {
  Nvram nvram;
  u32 changed = 0;
  nvram.on_change = [&](u32 index, u8) { changed = index; };
  nvram.write(0x1230, 1, 0x5a);
  EXPECT_EQ(changed, 0x123u);
  EXPECT_EQ(nvram.contents[0x123], 0x5a);
  EXPECT_EQ(nvram.read(0x123f, 1), 0x5au);
  EXPECT_EQ(nvram.read(0x1240, 1), 0u);
  EXPECT_EQ(nvram.read(0x1230, 4), 0u);
  EXPECT_EQ(nvram.read(Nvram::window_bytes, 1), 0u);
  nvram.write(Nvram::window_bytes, 1, 1);
}

TEST(Nvram, FreshContents) {
  const auto contents = fresh_nvram({"auto-boot?=false", "boot-command=boot"});
  EXPECT_EQ(contents[0], 0x70);
  EXPECT_EQ(contents[2] << 8 | contents[3], 0xc1);
  EXPECT_EQ(text(contents, 4, 7), std::string("system\0", 7));
  EXPECT_EQ(text(contents, 16, 36), std::string("auto-boot?=false\0boot-command=boot\0\0", 36));
  EXPECT_EQ(contents[0xc10], 0x7f);
  EXPECT_EQ((contents[0xc12] << 8 | contents[0xc13]) * 16, 0x1000 - 0xc10);
  EXPECT_EQ(contents[0x1000], 0x5a);
  for (const u32 at : {0u, 0xc10u, 0x1000u}) EXPECT_EQ(contents[at + 1], chrp_sum(&contents[at]));
  // Adler-32 of the generation number 2 and 8168 zeros: a = 1 + 2, b as the sum of all a.
  const u32 a = 3, b = (3 * 1 + 3 * (8192 - 0x1014 - 4) + 1 * 3) % 65521;
  EXPECT_EQ(contents[0x1010] << 8 | contents[0x1011], static_cast<int>(b));
  EXPECT_EQ(contents[0x1012] << 8 | contents[0x1013], static_cast<int>(a));
}

TEST(Nvram, VariablesThatDoNotFitAreLeftOut) {
  const auto contents = fresh_nvram({std::string(4000, 'x'), "a=b"});
  EXPECT_EQ(text(contents, 16, 5), std::string("a=b\0\0", 5));
}

TEST(Nvram, SettingAVariable) {
  auto contents = fresh_nvram({"auto-boot?=true", "x=1"});
  set_nvram_variable(contents, "auto-boot?", "false");
  EXPECT_EQ(text(contents, 16, 22), std::string("auto-boot?=false\0x=1\0\0", 22));
  EXPECT_EQ(contents[0xc10], 0x7f);
  Nvram::Contents zeros{}, before = zeros;
  set_nvram_variable(zeros, "a", "b");
  EXPECT_EQ(zeros, before);
  Nvram::Contents wild;
  wild.fill(0xff);
  before = wild;
  set_nvram_variable(wild, "a", "b");
  EXPECT_EQ(wild, before);
}

}  // namespace
}  // namespace quince::devices
