#include "devices/adb.h"

#include <gtest/gtest.h>

#include "devices/adb_keyboard.h"
#include "devices/adb_mouse.h"

namespace quince::devices {
namespace {

using Data = AdbDevice::Data;

class AdbTest : public ::testing::Test {
 protected:
  AdbTest() {
    bus.add(keyboard);
    bus.add(mouse);
  }
  std::optional<Data> command(u8 code, Data data = {}) { return bus.command(code, data); }
  AdbBus bus;
  AdbKeyboard keyboard;
  AdbMouse mouse;
};

TEST_F(AdbTest, OpenFirmwareMovesTheDevices) {
  EXPECT_EQ(command(0x00), Data{});
  EXPECT_EQ(command(0x1f), std::nullopt);
  EXPECT_EQ(command(0x2f), (Data{2, 1}));
  EXPECT_EQ(command(0x2b, {0x28, 0xfe}), Data{});
  EXPECT_EQ(command(0x81), Data{});
  EXPECT_EQ(command(0x2f), std::nullopt);
  EXPECT_EQ(command(0x3f), (Data{3, 2}));
  EXPECT_EQ(command(0x3b, {0x29, 0xfe}), Data{});
  EXPECT_EQ(command(0x9f), (Data{9, 2}));
  EXPECT_EQ(command(0x00), Data{});
  EXPECT_EQ(command(0x2f), (Data{2, 1}));
}

TEST_F(AdbTest, KeysThatNobodyFetchesAreLost) {
  for (unsigned n = 0; n < 1000; ++n) keyboard.key(n & 0x3f, true);
  unsigned fetched = 0;
  for (auto keys = command(0x2c); keys && !keys->empty(); keys = command(0x2c)) fetched += 2;
  EXPECT_EQ(fetched, 128u);
}

TEST_F(AdbTest, HandlersChangeOnlyToSupportedOnes) {
  command(0x2b, {0x22, 3});
  EXPECT_EQ(command(0x2f), (Data{2, 3}));
  command(0x2b, {0x22, 0x42});
  EXPECT_EQ(command(0x2f), (Data{2, 3}));
  for (const u8 handler : {0x2f, 0x42, 0x66, 0x5f}) {
    command(0x3b, {0x23, handler});
    EXPECT_EQ(command(0x3f), (Data{3, 2}));
  }
  command(0x3b, {0x23, 1});
  EXPECT_EQ(command(0x3f), (Data{3, 1}));
}

TEST_F(AdbTest, RegisterThreeIgnoresSelfTestAndOddLengths) {
  command(0x3b, {0x2a, 0xff});
  command(0x3b, {0x2a});
  command(0x3b, {0x2a, 0xfe, 0});
  EXPECT_EQ(command(0x3f), (Data{3, 2}));
}

TEST_F(AdbTest, Keys) {
  EXPECT_EQ(command(0x2c), Data{});
  keyboard.key(0x0b, true);
  EXPECT_TRUE(bus.wants_service(0xffff));
  EXPECT_FALSE(bus.wants_service(1u << 3));
  EXPECT_EQ(command(0x2c), (Data{0x0b, 0xff}));
  keyboard.key(0x0b, false);
  keyboard.key(0x00, true);
  EXPECT_EQ(command(0x2c), (Data{0x8b, 0x00}));
  EXPECT_FALSE(keyboard.wants_service());
  keyboard.key(adb_key::power, true);
  keyboard.key(adb_key::power, false);
  EXPECT_EQ(command(0x2c), (Data{0x7f, 0x7f}));
  EXPECT_EQ(command(0x2c), (Data{0xff, 0xff}));
}

TEST_F(AdbTest, RightModifiersNeedHandlerThree) {
  keyboard.key(adb_key::shift_right, true);
  EXPECT_EQ(command(0x2c), (Data{adb_key::shift_left, 0xff}));
  command(0x2b, {0x22, 3});
  keyboard.key(adb_key::option_right, true);
  EXPECT_EQ(command(0x2c), (Data{adb_key::option_right, 0xff}));
}

TEST_F(AdbTest, Leds) {
  EXPECT_EQ(command(0x2e), (Data{0, 7}));
  command(0x2a, {0xff, 0xfd});
  EXPECT_EQ(keyboard.leds(), 2);
  EXPECT_EQ(command(0x2e), (Data{0, 5}));
}

TEST_F(AdbTest, FlushForgetsKeys) {
  keyboard.key(1, true);
  command(0x21);
  EXPECT_FALSE(keyboard.wants_service());
}

TEST_F(AdbTest, KeysDoNotPileUp) {
  for (int n = 0; n < 1000; ++n) keyboard.key(1, n % 2 == 0);
  int reports = 0;
  while (keyboard.wants_service()) command(0x2c), ++reports;
  EXPECT_EQ(reports, 64);
}

TEST_F(AdbTest, MouseMovesInSteps) {
  mouse.move(100, -3);
  EXPECT_EQ(command(0x3c), (Data{0x80 | (0x7f & -3), 0x80 | 63}));
  EXPECT_EQ(command(0x3c), (Data{0x80, 0x80 | 37}));
  EXPECT_EQ(command(0x3c), Data{});
  mouse.button(AdbMouse::Button::left, true);
  EXPECT_EQ(command(0x3c), (Data{0x00, 0x80}));
  mouse.button(AdbMouse::Button::right, true);
  mouse.button(AdbMouse::Button::left, false);
  EXPECT_EQ(command(0x3c), (Data{0x00, 0x00}));
  EXPECT_EQ(command(0x3c), (Data{0x80, 0x00}));
}

TEST_F(AdbTest, AClickBetweenTwoPollsIsSeen) {
  for (const bool pressed : {true, false}) mouse.button(AdbMouse::Button::left, pressed);
  EXPECT_EQ(command(0x3c), (Data{0x00, 0x80}));
  EXPECT_EQ(command(0x3c), (Data{0x80, 0x80}));
  EXPECT_EQ(command(0x3c), Data{});
  for (int n = 0; n < 1001; ++n) mouse.button(AdbMouse::Button::left, n % 2 == 0);
  Data last, next;
  while (!(next = *command(0x3c)).empty()) last = next;
  EXPECT_EQ(last, (Data{0x00, 0x80})) << "nobody reads: but how it ends is known";
}

TEST_F(AdbTest, AnExtendedMouseHasAThirdButton) {
  command(0x3b, {0x23, 4});
  ASSERT_EQ(mouse.handler(), 4);
  EXPECT_EQ(command(0x3d)->size(), 8u);
  EXPECT_EQ(command(0x3d)->at(7), 3);
  mouse.button(AdbMouse::Button::middle, true);
  EXPECT_EQ(command(0x3c), (Data{0x80, 0x80, 0x08}));
  mouse.move(-1, 1);
  EXPECT_EQ(command(0x3c), (Data{0x81, 0xff, 0x0f}));  // the higher bits of a step are its sign
  mouse.button(AdbMouse::Button::middle, false);
  mouse.move(1, -1);
  EXPECT_EQ(command(0x3c), (Data{0xff, 0x81, 0xf8}));
}

TEST_F(AdbTest, PollingStaysWithADeviceWhileItHasData) {
  int requests = 0;
  bus.on_service_request = [&] { ++requests; };
  EXPECT_FALSE(bus.poll(0xffff));
  mouse.move(70, 0);
  keyboard.key(1, true);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(bus.poll(1u << 3)->command, 0x3c);
  EXPECT_EQ(bus.poll(0xffff)->command, 0x3c);
  EXPECT_EQ(bus.poll(0xffff)->command, 0x2c);
  EXPECT_FALSE(bus.poll(0xffff));
}

}  // namespace
}  // namespace quince::devices
