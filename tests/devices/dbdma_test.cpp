#include "devices/dbdma.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/devices/support/fake_memory.h"
#include "tests/devices/support/fake_scheduler.h"

namespace quince::devices {
namespace {

constexpr u32 control = 0x00, status = 0x04, command_pointer = 0x0c, interrupt_select = 0x10,
              branch_select = 0x14, wait_select = 0x18;
constexpr u32 run = 0x8000, pause = 0x4000, flush = 0x2000, wake = 0x1000, dead = 0x0800, active = 0x0400,
              bt = 0x0100;
// Command words.
constexpr u32 output_more = 0x0000, output_last = 0x1000, input_more = 0x2000, input_last = 0x3000,
              store_quad = 0x4600, load_quad = 0x5600, nop = 0x6000, stop = 0x7000;
constexpr u32 interrupt_always = 0x30, branch_always = 0x0c, wait_if_true = 0x01, wait_always = 0x03;

constexpr u32 list = 0x1000, buffer = 0x8000;

// Has a supply of bytes for input, and room for output, as a test says.
class FakePeer : public DbdmaPeer {
 public:
  std::span<const u8> dma_input() override { return std::span(supply).subspan(taken); }
  void dma_input_taken(std::size_t bytes) override { taken += bytes; }
  std::span<u8> dma_output() override { return std::span(room).subspan(given); }
  void dma_output_given(std::size_t bytes) override { given += bytes; }

  void supply_bytes(std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) supply.push_back(static_cast<u8>(supply.size() * 7 + 1));
  }
  std::vector<u8> supply, room;
  std::size_t taken = 0, given = 0;
};

class DbdmaTest : public testing::Test {
 protected:
  static constexpr unsigned number = 0xb;

  DbdmaTest() {
    channel.connect(peer);
    channel.interrupt.connect([this](bool asserted) { interrupts += asserted; });
  }
  u32 read(u32 offset) { return static_cast<u32>(reverse_bytes(dbdma.read(number * 0x100 + offset, 4), 4)); }
  void write(u32 offset, u32 value) { dbdma.write(number * 0x100 + offset, 4, reverse_bytes(value, 4)); }
  void start(u32 at = list) {
    write(command_pointer, at);
    write(control, run << 16 | run);
  }
  void go() { scheduler.run_for(1'000'000); }
  void put(unsigned index, u32 command, u32 count = 0, u32 address = 0, u32 dependent = 0) {
    put_descriptor(memory, list + 16 * index, command, count, address, dependent);
  }
  u32 residual(unsigned index) const { return memory.le16(list + 16 * index + 12); }
  u32 result_status(unsigned index) const { return memory.le16(list + 16 * index + 14); }

  FakeScheduler scheduler;
  FakeMemory memory{0x40000};
  FakePeer peer;
  Dbdma dbdma{scheduler, memory};
  DbdmaChannel& channel = dbdma.channel(number);
  int interrupts = 0;
};

TEST_F(DbdmaTest, RegistersAfterReset) {
  for (u32 offset = 0; offset < 0x80; offset += 4) EXPECT_EQ(read(offset), 0U) << offset;
}

TEST_F(DbdmaTest, RegistersAreLittleEndianWordsOnly) {
  dbdma.write(number * 0x100 + command_pointer, 4, 0x3412'0000);  // as stwbrx stores 0x1234
  EXPECT_EQ(dbdma.read(number * 0x100 + command_pointer, 4), 0x3012'0000U);
  dbdma.write(number * 0x100 + command_pointer, 2, 0xffff);
  dbdma.write(number * 0x100 + command_pointer, 1, 0xff);
  EXPECT_EQ(read(command_pointer), 0x1230U);
  EXPECT_EQ(dbdma.read(number * 0x100 + command_pointer, 2), 0U);
  EXPECT_EQ(dbdma.read(number * 0x100 + command_pointer + 0x80, 4), 0U);
}

TEST_F(DbdmaTest, ChannelsAreSeparateUnlessAliased) {
  write(command_pointer, 0x2000);
  EXPECT_EQ(dbdma.read(0xc00 + command_pointer, 4), 0U);
  dbdma.alias(0xc, number);
  EXPECT_EQ(reverse_bytes(dbdma.read(0xc00 + command_pointer, 4), 4), 0x2000U);
}

TEST_F(DbdmaTest, InputSegmentsThenStop) {
  peer.supply_bytes(300);
  put(0, input_more, 200, buffer);
  put(1, input_last, 100, buffer + 0x1000);
  put(2, stop);
  start();
  EXPECT_EQ(read(status), run | active);
  go();
  EXPECT_EQ(read(status), run);
  EXPECT_EQ(read(command_pointer), list + 32);
  EXPECT_TRUE(std::equal(peer.supply.begin(), peer.supply.begin() + 200, memory.bytes.begin() + buffer));
  EXPECT_TRUE(
      std::equal(peer.supply.begin() + 200, peer.supply.end(), memory.bytes.begin() + buffer + 0x1000));
  EXPECT_EQ(memory.bytes[buffer + 200], 0);
  for (const unsigned n : {0U, 1U}) {
    EXPECT_EQ(residual(n), 0U);
    EXPECT_EQ(result_status(n), run | active);
  }
  EXPECT_EQ(memory.le32(list + 32 + 12), 0xdeadbeef);  // STOP reports nothing
  EXPECT_EQ(interrupts, 0);
  EXPECT_EQ(dbdma.counters().bytes, 300U);
}

TEST_F(DbdmaTest, OutputWaitsForTheDeviceAndMovesWholeRuns) {
  for (u32 n = 0; n < 0x10000; ++n) memory.bytes[buffer + n] = static_cast<u8>(n * 13);
  put(0, output_last, 0xff00, buffer);
  put(1, stop);
  start();
  go();
  EXPECT_EQ(read(status), run | active);  // nobody asked for data
  peer.room.resize(0xff00);
  channel.service();
  const u64 before = memory.accesses;
  go();
  EXPECT_EQ(read(status), run);
  EXPECT_EQ(peer.given, 0xff00U);
  EXPECT_TRUE(std::equal(peer.room.begin(), peer.room.end(), memory.bytes.begin() + buffer));
  EXPECT_LE(memory.accesses - before, 3U);  // the data, the report, the next command
}

TEST_F(DbdmaTest, DataThatComesInPiecesIsJoined) {
  put(0, input_last, 100, buffer);
  put(1, stop);
  start();
  for (int piece = 0; piece < 4; ++piece) {
    EXPECT_TRUE((read(status) & active) != 0);
    peer.supply_bytes(25);
    channel.service();
    go();
  }
  EXPECT_EQ(read(status), run);
  EXPECT_TRUE(std::equal(peer.supply.begin(), peer.supply.end(), memory.bytes.begin() + buffer));
}

TEST_F(DbdmaTest, FlushReportsWhatIsThereSoFar) {
  peer.supply_bytes(60);
  put(0, input_last, 100, buffer);
  start();
  go();
  EXPECT_EQ(memory.le32(list + 12), 0xdeadbeef);
  write(control, flush << 16 | flush);
  EXPECT_EQ(read(status) & flush, 0U);
  EXPECT_EQ(residual(0), 40U);
  EXPECT_EQ(memory.bytes[buffer + 59], peer.supply[59]);
  EXPECT_EQ(read(status), run | active);  // and goes on
  peer.supply_bytes(40);
  channel.service();
  go();
  EXPECT_EQ(residual(0), 0U);
}

TEST_F(DbdmaTest, CommandPointerIsLockedWhileActive) {
  put(0, input_last, 100, buffer);
  start();
  write(command_pointer, 0x5000);
  EXPECT_EQ(read(command_pointer), list);
  write(control, run << 16);
  EXPECT_EQ(read(status), 0U);
  write(command_pointer, 0x500f);
  EXPECT_EQ(read(command_pointer), 0x5000U);
}

TEST_F(DbdmaTest, StoppingForgetsTheTransferUnderWay) {
  peer.supply_bytes(10);
  put(0, input_last, 100, buffer);
  start();
  go();
  write(control, (run | wake | dead) << 16);
  EXPECT_EQ(read(status), 0U);
  peer.supply_bytes(100);
  channel.service();
  go();
  EXPECT_EQ(peer.taken, 10U);
}

TEST_F(DbdmaTest, PauseKeepsTheTransferUnderWay) {
  peer.supply_bytes(10);
  put(0, input_last, 30, buffer);
  put(1, stop);
  start();
  go();
  write(control, pause << 16 | pause);
  EXPECT_EQ(read(status), run | pause);
  peer.supply_bytes(20);
  channel.service();
  go();
  EXPECT_EQ(peer.taken, 10U);
  write(control, pause << 16);
  EXPECT_EQ(read(status), run | active);
  go();
  EXPECT_EQ(peer.taken, 30U);
  EXPECT_EQ(memory.bytes[buffer + 29], peer.supply[29]);
}

TEST_F(DbdmaTest, StartedWhilePausedWaits) {
  put(0, nop);
  put(1, stop);
  write(command_pointer, list);
  write(control, (run | pause) << 16 | run | pause);
  go();
  EXPECT_EQ(read(status), run | pause);
  EXPECT_EQ(read(command_pointer), list);
}

TEST_F(DbdmaTest, WakeReadsAStopAgain) {
  put(0, stop);
  start();
  go();
  EXPECT_EQ(read(status), run);
  put(0, nop);
  put(1, stop);
  go();
  EXPECT_EQ(read(command_pointer), list);
  write(control, wake << 16 | wake);
  EXPECT_EQ(read(status), run | active | wake);
  go();
  EXPECT_EQ(read(status), run);
  EXPECT_EQ(read(command_pointer), list + 16);
}

struct QuadCase {
  u32 count, bytes;
};
class DbdmaQuadTest : public DbdmaTest, public testing::WithParamInterface<QuadCase> {};

TEST_P(DbdmaQuadTest, StoresAndLoads) {
  const auto [count, bytes] = GetParam();
  memory.set_le32(buffer, 0xffff'ffff);
  memory.set_le32(buffer + 4, 0x8899'aabb);
  put(0, store_quad | interrupt_always | branch_always, count, buffer, 0x1122'3344);  // never branches
  put(1, load_quad, count, buffer + 4, 0x5555'5555);
  put(2, stop);
  start();
  go();
  const u32 mask = static_cast<u32>((u64{1} << 8 * bytes) - 1);
  EXPECT_EQ(memory.le32(buffer), 0x1122'3344U % (u64{mask} + 1) | (0xffff'ffff & ~mask));
  EXPECT_EQ(memory.le32(list + 16 + 8), 0x8899'aabb & mask);
  EXPECT_EQ(interrupts, 1);
  EXPECT_EQ(read(command_pointer), list + 32);
  EXPECT_EQ(result_status(0), run | active);
}
INSTANTIATE_TEST_SUITE_P(Sizes, DbdmaQuadTest,
                         testing::Values(QuadCase{1, 1}, QuadCase{2, 2}, QuadCase{3, 2}, QuadCase{4, 4},
                                         QuadCase{7, 4}, QuadCase{0, 1}));

// Field 1: if true, 2: if false; the condition is (s & mask) == (value & mask).
struct ConditionCase {
  u32 field, select, s;
  bool chosen;
};
class DbdmaConditionTest : public DbdmaTest, public testing::WithParamInterface<ConditionCase> {};

constexpr ConditionCase condition_cases[] = {
    {0, 0x00ff'00ff, 0xff, false}, {3, 0x00ff'00ff, 0x00, true},  {1, 0x0001'0001, 0x01, true},
    {1, 0x0001'0001, 0x02, false}, {2, 0x0001'0001, 0x01, false}, {2, 0x0001'0001, 0x02, true},
    {1, 0x0080'0000, 0x7f, true},  {1, 0x0080'0000, 0x80, false}, {1, 0x00f0'0050, 0x5f, true},
    {1, 0x00f0'0050, 0x4f, false}, {1, 0x0000'0000, 0xaa, true},  {2, 0x0000'00ff, 0xaa, false},
};

TEST_P(DbdmaConditionTest, Interrupt) {
  const auto [field, select, s, chosen] = GetParam();
  channel.set_device_status(0xff, static_cast<u8>(s));
  write(interrupt_select, select);
  put(0, nop | field << 4);
  put(1, stop);
  start();
  go();
  EXPECT_EQ(interrupts, chosen ? 1 : 0);
  EXPECT_FALSE(channel.interrupt.asserted());
  EXPECT_EQ(read(status), run | s);
  EXPECT_EQ(result_status(0), run | active | s);
}

TEST_P(DbdmaConditionTest, Branch) {
  const auto [field, select, s, chosen] = GetParam();
  channel.set_device_status(0xff, static_cast<u8>(s));
  write(branch_select, select);
  put(0, nop | field << 2, 0, 0, list + 0x100 + 5);  // low bits of a target are ignored
  put(1, stop);
  put(16, stop);
  start();
  go();
  EXPECT_EQ(read(command_pointer), chosen ? list + 0x100 : list + 16);
  EXPECT_EQ(read(status), run | s | (chosen ? bt : 0));
}

TEST_P(DbdmaConditionTest, Wait) {
  const auto [field, select, s, chosen] = GetParam();
  channel.set_device_status(0xff, static_cast<u8>(s));
  write(wait_select, select);
  put(0, nop | field);
  put(1, stop);
  start();
  go();
  EXPECT_EQ(read(command_pointer), chosen ? list : list + 16);
  EXPECT_EQ(memory.le32(list + 12) == 0xdeadbeef, chosen);
  EXPECT_EQ((read(status) & active) != 0, chosen);
}
INSTANTIATE_TEST_SUITE_P(Table, DbdmaConditionTest, testing::ValuesIn(condition_cases));

TEST_F(DbdmaTest, WaitEndsWhenTheStatusChanges) {
  write(wait_select, 0x0001'0001);
  write(control, 0x0001'0001);  // s0 is nobody's: software sets it
  put(0, nop | wait_if_true | interrupt_always);
  put(1, stop);
  start();
  go();
  EXPECT_EQ(read(status), run | active | 1);
  EXPECT_EQ(interrupts, 0);
  write(control, 0x0001'0000);
  go();
  EXPECT_EQ(read(status), run);
  EXPECT_EQ(interrupts, 1);
}

TEST_F(DbdmaTest, WaitingForeverCanBeStopped) {
  put(0, nop | wait_always);
  start();
  go();
  EXPECT_TRUE(scheduler.idle());  // costs nothing
  write(control, run << 16);
  EXPECT_EQ(read(status), 0U);
}

TEST_F(DbdmaTest, SoftwareCannotWriteWhatTheDeviceDrives) {
  channel.set_device_status(0x0f, 0x05);
  write(control, 0x00ff'00ff);
  EXPECT_EQ(read(status), 0xf5U);
  write(control, (dead | active | bt) << 16 | dead | active | bt);
  EXPECT_EQ(read(status), 0xf5U);
}

TEST_F(DbdmaTest, BadCommandsKillTheChannel) {
  const struct {
    u32 command, address;
  } bad[] = {{output_more, 0},
             {input_last, 0},
             {input_last | 0x600, buffer},
             {output_more | 0x500, buffer},
             {0x4000, buffer},
             {0x5000, buffer},
             {0x8000, buffer},
             {0xf000, buffer}};
  peer.supply_bytes(100), peer.room.resize(100);
  int expected = 0;
  for (const auto& [command, address] : bad) {
    put(0, command, 4, address);
    put(1, stop);
    start();
    go();
    EXPECT_EQ(read(status), run | dead) << std::hex << command;
    EXPECT_EQ(interrupts, ++expected);
    write(control, wake << 16 | wake);
    EXPECT_EQ(read(status) & active, 0U);
    write(control, (run | dead | wake) << 16);
    EXPECT_EQ(read(status), 0U);
  }
  EXPECT_EQ(peer.taken + peer.given, 0U);
}

TEST_F(DbdmaTest, RingsThatNeverEndLeaveTimeForOthers) {
  put(0, nop | branch_always, 0, 0, list);
  start();
  const u64 before = memory.accesses;
  scheduler.run_for(10'000'000);  // 10 ms: returns, and with a bounded amount of work
  EXPECT_LT(memory.accesses - before, 100'000U);
  EXPECT_GT(memory.accesses - before, 1'000U);
  EXPECT_EQ(read(status), run | active | bt);
  write(control, run << 16);
  EXPECT_TRUE(scheduler.idle());
}

TEST_F(DbdmaTest, AListMayOverwriteItself) {
  peer.supply_bytes(0x1000);
  put(0, input_more, 64, list - 16);  // over the list and what follows
  put(1, stop);
  start();
  go();
  SUCCEED();
}

// Whatever is in memory and in the registers: no crash, and never more than a slice of work at a time.
TEST_F(DbdmaTest, RandomPrograms) {
  std::mt19937 random(1);
  const auto start_time = std::chrono::steady_clock::now();
  for (int round = 0; round < 300; ++round) {
    for (u32 at = 0; at < 0x4000; at += 4) memory.set_le32(at, random());
    // Mostly plausible commands, some with addresses near both ends of the address space.
    for (u32 at = 0; at < 0x4000; at += 16) {
      if (random() % 8 == 0) continue;
      memory.set_le16(at + 2, (random() % 8) << 12 | (random() % 4 == 0 ? 0x600 : 0) | (random() & 0x3f));
      memory.set_le32(at + 4, random() % 3 == 0 ? 0xffff'fff0 + random() % 32 : 1 + random() % 0x4000);
      memory.set_le32(at + 8, random() % 0x4000);
    }
    peer.supply.assign(random() % 0x20000, 0x5a), peer.taken = 0;
    peer.room.assign(random() % 0x20000, 0), peer.given = 0;
    for (const u32 offset : {interrupt_select, branch_select, wait_select}) write(offset, random());
    start(random() % 3 == 0 ? random() : random() % 0x4000);
    for (int step = 0; step < 20; ++step) {
      write(control, random());
      const u64 before = memory.accesses;
      scheduler.run_for(200'000);
      ASSERT_LT(memory.accesses - before, 5000U);
    }
    write(control, 0xffff'0000);
    EXPECT_EQ(read(status) & (run | active | dead | flush | wake | pause), 0U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start_time, std::chrono::seconds(60));
}

}  // namespace
}  // namespace quince::devices
