#include "devices/fw_cfg.h"

#include <gtest/gtest.h>

namespace quince::devices {
namespace {

class FwCfgTest : public ::testing::Test {
 protected:
  std::vector<u8> item(u16 key, int count) {
    port.write(FwCfg::selector, 2, key);
    std::vector<u8> bytes(static_cast<std::size_t>(count));
    for (u8& byte : bytes) byte = static_cast<u8>(port.read(FwCfg::data, 1));
    return bytes;
  }
  FwCfg port;
};

using Bytes = std::vector<u8>;

TEST_F(FwCfgTest, NumbersAreLittleEndianAndEndInZeros) {
  port.set_u32(fw_cfg_key::timebase_frequency, 16'600'000);
  port.set_u16(fw_cfg_key::machine_id, 2);
  port.set_u64(fw_cfg_key::ram_size, 0x1'8000'0000);
  EXPECT_EQ(item(0x8003, 4), (Bytes{0xc0, 0x4b, 0xfd, 0x00}));
  EXPECT_EQ(item(0x06, 4), (Bytes{2, 0, 0, 0}));
  EXPECT_EQ(item(0x03, 8), (Bytes{0, 0, 0, 0x80, 1, 0, 0, 0}));
  EXPECT_EQ(item(0x06, 1), (Bytes{2}));  // selecting rewinds
}

TEST_F(FwCfgTest, UnknownKeysReadZero) {
  EXPECT_EQ(port.read(FwCfg::data, 1), 0u);
  EXPECT_EQ(item(0x1234, 3), (Bytes{0, 0, 0}));
}

TEST_F(FwCfgTest, Directory) {
  EXPECT_EQ(item(fw_cfg_key::file_directory, 4), (Bytes{0, 0, 0, 0}));
  port.add_file("bootorder", {1, 2, 3});
  port.add_file(std::string(80, 'x'), {9});
  const Bytes directory = item(fw_cfg_key::file_directory, 4 + 2 * 64);
  EXPECT_EQ((Bytes{directory.begin(), directory.begin() + 12}),
            (Bytes{0, 0, 0, 2, 0, 0, 0, 3, 0, 0x20, 0, 0}));
  EXPECT_EQ(std::string(directory.begin() + 12, directory.begin() + 22), std::string("bootorder\0", 10));
  EXPECT_EQ(directory[4 + 64 + 5], 0x21);
  EXPECT_EQ(directory[4 + 128 - 1], 0);  // a long name ends, too
  EXPECT_EQ(item(0x20, 4), (Bytes{1, 2, 3, 0}));
  EXPECT_EQ(item(0x21, 2), (Bytes{9, 0}));
}

TEST_F(FwCfgTest, WritesAndOddAccessesAreIgnored) {
  port.set_u16(5, 0x1234);
  port.write(FwCfg::selector, 2, 5);
  port.write(FwCfg::data, 1, 0xff);
  port.write(FwCfg::selector, 1, 3);
  EXPECT_EQ(port.read(FwCfg::data, 2), 0u);
  EXPECT_EQ(port.read(FwCfg::data, 1), 0x34u);
}

}  // namespace
}  // namespace quince::devices
