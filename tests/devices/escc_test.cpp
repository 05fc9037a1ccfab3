#include "devices/escc.h"

#include <gtest/gtest.h>

#include <deque>

namespace quince::devices {
namespace {

constexpr u32 b_control = 0x00, b_data = 0x10, a_control = 0x20, a_data = 0x30;

class FakeLine final : public CharacterBackend {
 public:
  std::string written;
  std::deque<u8> input;
  void write(u8 byte) override { written.push_back(static_cast<char>(byte)); }
  std::optional<u8> read() override {
    if (input.empty()) return std::nullopt;
    const u8 byte = input.front();
    input.pop_front();
    return byte;
  }
  void type(const std::string& text) {
    input.insert(input.end(), text.begin(), text.end());
    on_input();
  }
};

class EsccTest : public ::testing::Test {
 protected:
  u8 get(u32 offset) { return static_cast<u8>(chip.window().read(offset, 1)); }
  void set(u32 offset, u8 value) { chip.window().write(offset, 1, value); }
  void write_register(u32 control, u8 number, u8 value) {
    set(control, number);
    set(control, value);
  }
  u8 read_register(u32 control, u8 number) {
    set(control, number);
    return get(control);
  }
  // As OpenBIOS does it.
  void initialise() {
    write_register(a_control, 9, 0x80);
    write_register(a_control, 4, 0x44);
    write_register(a_control, 12, 0xff);
    write_register(a_control, 13, 0xff);
    write_register(a_control, 14, 0x03);
    write_register(a_control, 3, 0xc1);
    write_register(a_control, 5, 0xea);
  }
  FakeLine a, b;
  Escc chip{a, b};
};

TEST_F(EsccTest, Output) {
  set(a_data, 'x');
  EXPECT_EQ(a.written, "");  // the transmitter is off
  initialise();
  for (const char letter : std::string("ok")) {
    EXPECT_TRUE(get(a_control) & 0x04);
    set(a_data, static_cast<u8>(letter));
  }
  EXPECT_EQ(a.written, "ok");
  EXPECT_EQ(b.written, "");
  EXPECT_EQ(read_register(a_control, 1) & 1, 1);
}

TEST_F(EsccTest, InputWaitsForTheReceiver) {
  a.type("hi");
  EXPECT_EQ(get(a_control) & 1, 0);
  initialise();
  EXPECT_EQ(get(a_control) & 1, 1);
  EXPECT_EQ(a.input.size(), 1u);
  EXPECT_EQ(get(a_data), 'h');
  EXPECT_EQ(get(a_control) & 1, 1);
  EXPECT_EQ(get(a_data), 'i');
  EXPECT_EQ(get(a_control), 0x44);
  EXPECT_EQ(get(a_data), 'i');  // nothing new
}

TEST_F(EsccTest, RegisterPointerIsForOneAccess) {
  write_register(a_control, 12, 0x12);
  set(a_control, 0x08 | 4);
  EXPECT_EQ(get(a_control), 0x12);
  EXPECT_EQ(get(a_control), 0x44);
  write_register(b_control, 13, 0x34);
  EXPECT_EQ(read_register(b_control, 13), 0x34);
  EXPECT_EQ(read_register(a_control, 13), 0);
}

TEST_F(EsccTest, ReceiveInterrupts) {
  initialise();
  write_register(a_control, 1, 0x10);
  a.type("ab");
  EXPECT_FALSE(chip.interrupt(Escc::port_a).asserted());  // the master enable is off
  write_register(a_control, 9, 0x08);
  EXPECT_TRUE(chip.interrupt(Escc::port_a).asserted());
  EXPECT_FALSE(chip.interrupt(Escc::port_b).asserted());
  EXPECT_EQ(read_register(a_control, 3), 0x20);
  EXPECT_EQ(read_register(b_control, 3), 0);
  get(a_data);
  EXPECT_TRUE(chip.interrupt(Escc::port_a).asserted());
  get(a_data);
  EXPECT_FALSE(chip.interrupt(Escc::port_a).asserted());
}

TEST_F(EsccTest, FirstCharacterInterrupt) {
  initialise();
  write_register(a_control, 9, 0x08);
  write_register(a_control, 1, 0x08);
  a.type("abc");
  EXPECT_TRUE(chip.interrupt(Escc::port_a).asserted());
  get(a_data);
  EXPECT_FALSE(chip.interrupt(Escc::port_a).asserted());
  set(a_control, 0x20);
  EXPECT_TRUE(chip.interrupt(Escc::port_a).asserted());
}

TEST_F(EsccTest, TransmitInterrupts) {
  write_register(b_control, 5, 0x08);
  write_register(b_control, 9, 0x08);
  write_register(b_control, 1, 0x02);
  EXPECT_FALSE(chip.interrupt(Escc::port_b).asserted());  // nothing has left yet
  set(b_data, '!');
  EXPECT_TRUE(chip.interrupt(Escc::port_b).asserted());
  EXPECT_EQ(read_register(a_control, 3), 0x02);
  set(b_control, 0x28);
  EXPECT_FALSE(chip.interrupt(Escc::port_b).asserted());
  EXPECT_EQ(b.written, "!");
}

TEST_F(EsccTest, Vector) {
  initialise();
  write_register(a_control, 2, 0xf1);
  EXPECT_EQ(read_register(a_control, 2), 0xf1);
  EXPECT_EQ(read_register(b_control, 2), 0xf7);  // nothing is pending
  write_register(a_control, 1, 0x10);
  a.type("x");
  EXPECT_EQ(read_register(b_control, 2), 0xfd);  // receive, channel A
  write_register(a_control, 9, 0x10);
  EXPECT_EQ(read_register(b_control, 2), 0xb1);  // the same in bits 4 to 6, backwards
}

TEST_F(EsccTest, Resets) {
  initialise();
  write_register(b_control, 12, 0x77);
  write_register(a_control, 9, 0x40);  // channel B
  EXPECT_EQ(read_register(b_control, 12), 0);
  EXPECT_EQ(read_register(a_control, 12), 0xff);
  write_register(a_control, 9, 0xc0);
  EXPECT_EQ(read_register(a_control, 12), 0);
  EXPECT_EQ(get(a_control), 0x44);
  EXPECT_EQ(read_register(a_control, 15), 0xf8);
}

TEST_F(EsccTest, LegacyWindow) {
  initialise();
  MmioDevice& legacy = chip.legacy_window();
  legacy.write(0x06, 1, 'L');
  EXPECT_EQ(a.written, "L");
  EXPECT_EQ(legacy.read(0x02, 1), 0x44u);
  legacy.write(0x00, 1, 12);
  legacy.write(0x00, 1, 0x21);
  legacy.write(0x00, 1, 12);
  EXPECT_EQ(legacy.read(0x00, 1), 0x21u);
  EXPECT_EQ(legacy.read(0x300, 1), 0u);
  EXPECT_EQ(chip.window().read(0x90, 1), 0u);
  EXPECT_EQ(chip.window().read(a_control, 4), 0u);
}

}  // namespace
}  // namespace quince::devices
