#include "devices/address_map.h"

#include <gtest/gtest.h>

#include "tests/devices/recording_device.h"

namespace quince::devices {
namespace {

TEST(AddressMap, UnclaimedAddresses) {
  const AddressMap zeros(0), ones(0xff);
  EXPECT_EQ(zeros.read(0x1000, 4), 0u);
  EXPECT_EQ(ones.read(0x1000, 2), 0xffffu);
  EXPECT_EQ(ones.read(0xffff'fffe, 8), ~u64{0});
  zeros.write(0x1000, 4, 1);
}

TEST(AddressMap, OffsetsAreWithinTheDevice) {
  AddressMap map;
  RecordingDevice a(0xaa), b(0xbb);
  map.add(0x2000, 0x100, b);
  map.add(0x1000, 0x1000, a);
  EXPECT_EQ(map.read(0x1ffc, 4), 0xaa00'0000u);
  EXPECT_EQ(a.offset, 0xffcu);
  map.write(0x2010, 2, 0x1234);
  EXPECT_EQ(b.offset, 0x10u);
  EXPECT_EQ(b.bytes, 2u);
  EXPECT_EQ(b.value, 0x1234u);
  EXPECT_EQ(map.find(0x20ff)->device, &b);
  EXPECT_EQ(map.find(0x2100), nullptr);
  EXPECT_EQ(map.find(0xfff), nullptr);
}

TEST(AddressMap, TheFirstOfOverlappingWindowsAnswers) {
  AddressMap map;
  RecordingDevice inner(1), outer(2);
  map.add(0x1400, 0x100, inner);
  map.add(0x1000, 0x1000, outer);
  EXPECT_EQ(map.find(0x13ff)->device, &outer);
  EXPECT_EQ(map.find(0x1400)->device, &inner);
  EXPECT_EQ(map.find(0x14ff)->device, &inner);
  EXPECT_EQ(map.find(0x1500)->device, &outer);
  map.read(0x1500, 1);
  EXPECT_EQ(outer.offset, 0x500u);
}

TEST(AddressMap, AccessAcrossTheEndOfAWindowIsMadeByteByByte) {
  AddressMap map(0xff);
  RecordingDevice a(0xaa), b(0xbb);
  map.add(0x1000, 2, a);
  map.add(0x1002, 1, b);
  EXPECT_EQ(map.read(0x1001, 4), 0xaabb'ffffu);
  map.write(0x1001, 4, 0x1122'3344);
  EXPECT_EQ(a.value, 0x11u);
  EXPECT_EQ(b.value, 0x22u);
}

TEST(AddressMap, WindowAtTheTopIsCutOff) {
  AddressMap map;
  RecordingDevice a(0xaa);
  map.add(0xffff'f000, 0x8000, a);
  EXPECT_EQ(map.find(0xffff'ffff)->last, 0xffff'ffffu);
  EXPECT_EQ(map.find(0), nullptr);
  EXPECT_EQ(map.read(0xffff'fffe, 4), 0xaaaa'0000u);
}

// Looking somewhere leaves nothing behind that is wrong when windows come and go.
TEST(AddressMap, WindowsThatComeAndGoAfterALook) {
  AddressMap map;
  RecordingDevice low(1), high(2), other(3);
  map.add(0x2000, 0x1000, high);
  EXPECT_EQ(map.find(0x2fff)->device, &high);
  map.add(0x1000, 0x1000, low);  // takes its place in the table
  EXPECT_EQ(map.find(0x2fff)->device, &high);
  EXPECT_EQ(map.find(0x1000)->device, &low);
  EXPECT_EQ(map.find(0xfff), nullptr);
  EXPECT_EQ(map.find(0x3000), nullptr);
  map.clear();
  EXPECT_EQ(map.find(0x1000), nullptr);
  map.add(0x2800, 0x100, other);
  EXPECT_EQ(map.find(0x2000), nullptr);
  EXPECT_EQ(map.find(0x2800)->device, &other);
}

}  // namespace
}  // namespace quince::devices
