// CUDA as firmware and operating systems talk to it: through the VIA's registers.
#include "devices/cuda.h"

#include <gtest/gtest.h>

#include "devices/adb_keyboard.h"
#include "devices/adb_mouse.h"
#include "tests/devices/support/fake_scheduler.h"

namespace quince::devices {
namespace {

constexpr u64 microsecond = 1000, millisecond = 1'000'000, second = 1'000'000'000;
constexpr u32 orb = 0x0000, sr = 0x1400, acr = 0x1600, ifr = 0x1a00, ier = 0x1c00;
constexpr u8 treq = 0x08, tack = 0x10, tip = 0x20;
constexpr u8 flag_sr = 0x04, shift_out = 0x10;
using Bytes = std::vector<u8>;

class CudaTest : public ::testing::Test {
 protected:
  static constexpr u32 clock_at_start = 3'000'000'000;

  CudaTest() {
    adb.add(keyboard);
    adb.add(mouse);
    via.reset();
    cuda.reset();
  }
  u8 get(u32 offset) { return static_cast<u8>(via.read(offset, 1)); }
  void set(u32 offset, u8 value) { via.write(offset, 1, value); }

  // The shift register's interrupt: not at once, soon, and only one.
  void await_shift() {
    ASSERT_FALSE(get(ifr) & flag_sr);
    scheduler.run_for(10 * microsecond);
    ASSERT_FALSE(get(ifr) & flag_sr) << "the interrupt came too early";
    scheduler.run_for(70 * microsecond);
    ASSERT_TRUE(get(ifr) & flag_sr) << "no interrupt";
    set(ifr, flag_sr);
    scheduler.run_for(200 * microsecond);
    ASSERT_FALSE(get(ifr) & flag_sr) << "a second interrupt";
  }
  void power_on() {
    ASSERT_EQ(get(orb), 0x00);
    set(orb, 0x28);
    await_shift();
    ASSERT_EQ(get(orb), 0x28);
  }
  // Sends as OpenBIOS does.
  void send(const Bytes& packet) {
    set(acr, get(acr) | shift_out);
    set(sr, packet[0]);
    set(orb, static_cast<u8>(get(orb) & ~tip));
    await_shift();
    for (std::size_t n = 1; n < packet.size(); ++n) {
      set(sr, packet[n]);
      set(orb, get(orb) ^ tack);
      await_shift();
    }
    set(acr, static_cast<u8>(get(acr) & ~shift_out));
    get(sr);
    set(orb, get(orb) | tip | tack);
    await_shift();
  }
  // Reads until CUDA says that it was the last byte, or so many.
  Bytes receive(std::size_t most = 300) {
    Bytes packet;
    EXPECT_EQ(get(orb) & treq, 0) << "nothing to read";
    get(sr);
    set(orb, static_cast<u8>(get(orb) & ~tip));
    for (;;) {
      await_shift();
      packet.push_back(get(sr));
      if ((get(orb) & treq) || packet.size() == most) break;
      set(orb, get(orb) ^ tack);
    }
    set(orb, get(orb) | tip | tack);
    await_shift();
    get(sr);
    return packet;
  }
  Bytes ask(const Bytes& packet) {
    send(packet);
    return receive();
  }

  FakeScheduler scheduler;
  Via via{scheduler};
  AdbBus adb;
  AdbKeyboard keyboard;
  AdbMouse mouse;
  Cuda cuda{scheduler, via, adb, clock_at_start};
};

TEST_F(CudaTest, FirstTransactionOfOpenFirmware) {
  power_on();
  send({0x00, 0x00});
  EXPECT_EQ(get(orb), 0x30);
  EXPECT_EQ(receive(), (Bytes{0, 0, 0}));
  EXPECT_EQ(get(orb), 0x38);
}

TEST_F(CudaTest, AdbThroughPackets) {
  power_on();
  EXPECT_EQ(ask({0, 0x1f}), (Bytes{0, 2, 0x1f}));
  EXPECT_EQ(ask({0, 0x2f}), (Bytes{0, 0, 0x2f, 2, 1}));
  EXPECT_EQ(ask({0, 0x2b, 0x28, 0xfe}), (Bytes{0, 0, 0x2b}));
  EXPECT_EQ(ask({0, 0x81}), (Bytes{0, 0, 0x81}));
  EXPECT_EQ(ask({0, 0x8f}), (Bytes{0, 0, 0x8f, 8, 1}));
  EXPECT_EQ(ask({0, 0x3c}), (Bytes{0, 0, 0x3c}));
}

TEST_F(CudaTest, SynchronisationOfLinux) {
  power_on();
  set(orb, 0x38);
  await_shift();
  set(orb, 0x28);  // acknowledge low: request goes low
  await_shift();
  EXPECT_EQ(get(orb) & treq, 0);
  set(orb, 0x38);
  await_shift();
  EXPECT_EQ(get(orb) & treq, treq);
  EXPECT_EQ(ask({0, 0x2f}), (Bytes{0, 0, 0x2f, 2, 1}));
}

TEST_F(CudaTest, Clock) {
  power_on();
  scheduler.run_for(5 * second);
  const auto seconds = [](const Bytes& answer) {
    return u32{answer[3]} << 24 | u32{answer[4]} << 16 | u32{answer[5]} << 8 | answer[6];
  };
  const Bytes answer = ask({1, 3});
  ASSERT_EQ(answer.size(), 7u);
  EXPECT_EQ((Bytes{answer.begin(), answer.begin() + 3}), (Bytes{1, 0, 3}));
  EXPECT_EQ(seconds(answer), clock_at_start + 5);
  EXPECT_EQ(ask({1, 9, 0x12, 0x34, 0x56, 0x78}), (Bytes{1, 0, 9}));
  scheduler.run_for(10 * second);
  EXPECT_EQ(seconds(ask({1, 3})), 0x1234'5678u + 10);
}

TEST_F(CudaTest, Errors) {
  power_on();
  EXPECT_EQ(ask({1, 0x77}), (Bytes{2, 2, 1, 0x77}));
  EXPECT_EQ(ask({9, 3}), (Bytes{2, 1, 9, 3}));
  EXPECT_EQ(ask({1, 9, 1, 2}), (Bytes{2, 3, 1, 9}));
  EXPECT_EQ(ask({1}), (Bytes{2, 3, 1, 0}));
  EXPECT_EQ(ask({1, 0x14, 0}), (Bytes{2, 4, 1, 0x14}));
  EXPECT_EQ(ask({1, 0x07, 1, 0}), (Bytes{2, 4, 1, 7}));
}

TEST_F(CudaTest, ParameterRam) {
  power_on();
  EXPECT_EQ(ask({1, 0x0c, 0x00, 0xfe, 0xaa, 0xbb, 0xcc}), (Bytes{1, 0, 0x0c}));
  send({1, 0x07, 0x00, 0xfe});
  EXPECT_EQ(receive(6), (Bytes{1, 0, 7, 0xaa, 0xbb, 0xcc}));  // goes on as long as the host reads, and wraps
  EXPECT_EQ(ask({1, 0x08, 0x01, 0x10, 0x55}), (Bytes{1, 0, 8}));
  send({1, 0x02, 0x01, 0x10});
  EXPECT_EQ(receive(4), (Bytes{1, 0, 2, 0x55}));
  send({1, 0x02, 0x0f, 0x00});
  EXPECT_EQ(receive(10), (Bytes{1, 0, 2, 0, 0x00, 0x19, 0x00, 0x02, 0x00, 0x29}));
  EXPECT_EQ(ask({0, 0x1f}), (Bytes{0, 2, 0x1f}));
}

TEST_F(CudaTest, LongPacketsAreCutOff) {
  power_on();
  Bytes packet(400, 0x5a);
  packet[0] = 1, packet[1] = 0x0c, packet[2] = 0, packet[3] = 0;
  EXPECT_EQ(ask(packet), (Bytes{1, 0, 0x0c}));
  for (const u8 byte : cuda.parameter_ram) EXPECT_EQ(byte, 0x5a);
}

TEST_F(CudaTest, Power) {
  int off = 0, restart = 0;
  cuda.on_power_off = [&] { ++off; };
  cuda.on_restart = [&] { ++restart; };
  power_on();
  send({1, 0x0a});
  send({1, 0x11});
  EXPECT_EQ(off, 1);
  EXPECT_EQ(restart, 1);
}

TEST_F(CudaTest, Autopoll) {
  power_on();
  keyboard.key(0x0b, true);
  scheduler.run_for(100 * millisecond);
  EXPECT_EQ(get(ifr) & flag_sr, 0);  // off at first
  EXPECT_EQ(ask({1, 1, 1}), (Bytes{1, 0, 1}));
  scheduler.run_for(100 * millisecond);
  EXPECT_TRUE(get(ifr) & flag_sr);
  set(ifr, flag_sr);
  EXPECT_EQ(receive(), (Bytes{0, 0x40, 0x2c, 0x0b, 0xff}));
  scheduler.run_for(100 * millisecond);
  EXPECT_EQ(get(ifr) & flag_sr, 0);
  EXPECT_EQ(ask({1, 0x19, 0x00, 0x04}), (Bytes{1, 0, 0x19}));  // the keyboard only
  EXPECT_EQ(ask({1, 0x1a}), (Bytes{1, 0, 0x1a, 0x00, 0x04}));
  mouse.move(5, 0);
  scheduler.run_for(100 * millisecond);
  EXPECT_EQ(get(ifr) & flag_sr, 0);
  EXPECT_EQ(ask({1, 1, 0}), (Bytes{1, 0, 1}));
}

TEST_F(CudaTest, AutopolledDataSurvivesAPacketOfTheHost) {
  power_on();
  EXPECT_EQ(ask({1, 1, 1}), (Bytes{1, 0, 1}));
  keyboard.key(0x0b, true);
  scheduler.run_for(100 * millisecond);
  EXPECT_EQ(get(orb) & treq, 0);
  set(ifr, flag_sr);
  EXPECT_EQ(ask({1, 0x16}), (Bytes{1, 0, 0x16, 11}));
  EXPECT_EQ(receive(), (Bytes{0, 0x40, 0x2c, 0x0b, 0xff}));
}

TEST_F(CudaTest, OneSecondPackets) {
  power_on();
  EXPECT_EQ(ask({1, 0x1b, 3}), (Bytes{1, 0, 0x1b}));
  std::vector<std::size_t> lengths;
  for (int n = 0; n < 5; ++n) {
    scheduler.run_for(second);
    set(ifr, flag_sr);
    lengths.push_back(receive().size());
  }
  EXPECT_EQ(lengths, (std::vector<std::size_t>{7, 1, 1, 1, 7}));
  EXPECT_EQ(ask({1, 0x1b, 0}), (Bytes{1, 0, 0x1b}));
  scheduler.run_for(3 * second);
  EXPECT_EQ(get(orb) & treq, treq);
}

TEST_F(CudaTest, NobodyReadsOneSecondPackets) {
  power_on();
  EXPECT_EQ(ask({1, 0x1b, 1}), (Bytes{1, 0, 0x1b}));
  scheduler.run_for(1000 * second);
  set(ifr, flag_sr);
  int packets = 0;
  while (!(get(orb) & treq)) receive(), ++packets;
  EXPECT_LE(packets, 20);
}

TEST_F(CudaTest, InterruptLine) {
  power_on();
  set(ier, 0x80 | flag_sr);
  set(sr, 0);
  set(acr, shift_out);
  set(orb, 0x08);
  scheduler.run_for(millisecond);
  EXPECT_TRUE(via.interrupt.asserted());
  cuda.reset();
  via.reset();
  EXPECT_FALSE(via.interrupt.asserted());
  power_on();
}

}  // namespace
}  // namespace quince::devices
