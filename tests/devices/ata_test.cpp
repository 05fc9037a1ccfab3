#include "devices/ata.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "devices/ata_disk.h"
#include "devices/block_image.h"
#include "tests/devices/support/ata_rig.h"
#include "tests/support/sanitized.h"

namespace quince::devices {
namespace {

using Bytes = std::vector<u8>;

class AtaChannelTest : public AtaRig {};

TEST_F(AtaChannelTest, AChannelWithoutDrivesReadsZero) {
  for (const u32 offset : {error, sector_count, lba_low, lba_mid, lba_high, device}) {
    out(offset, 0x55);
    EXPECT_EQ(in(offset), 0) << offset;
  }
  out(command, 0xec);
  scheduler.run_for(1'000'000);
  EXPECT_EQ(in(status), 0);
  EXPECT_EQ(in(alternate), 0);
  EXPECT_EQ(cell.read(data, 2), 0U);
  EXPECT_EQ(interrupts, 0);
}

TEST_F(AtaChannelTest, TimingRegisterIsStored) {
  cell.write(0x200, 4, 0x2605'0000);
  EXPECT_EQ(cell.read(0x200, 4), 0x2605'0000U);
  cell.reset();
  EXPECT_EQ(cell.read(0x200, 4), 0U);
}

class AtaDiskTest : public AtaRig {
 protected:
  static constexpr u32 sectors = 6000;

  AtaDiskTest() : disk(scheduler, block_device(medium), "SERIAL01") { cell.attach(0, disk); }

  void address28(u32 lba, u8 count, u8 device_bits = 0xe0) {
    out(device, static_cast<u8>(device_bits | lba >> 24));
    out(sector_count, count);
    out(lba_low, static_cast<u8>(lba));
    out(lba_mid, static_cast<u8>(lba >> 8));
    out(lba_high, static_cast<u8>(lba >> 16));
  }
  void address48(u64 lba, u32 count) {
    out(device, 0xe0);
    for (const unsigned half : {1U, 0U}) {
      out(sector_count, static_cast<u8>(count >> 8 * half));
      out(lba_low, static_cast<u8>(lba >> 24 * half));
      out(lba_mid, static_cast<u8>(lba >> (24 * half + 8)));
      out(lba_high, static_cast<u8>(lba >> (24 * half + 16)));
    }
  }
  Bytes sectors_at(u64 first, std::size_t count) const {
    const auto start = medium->bytes.begin() + static_cast<std::ptrdiff_t>(first * 512);
    return {start, start + static_cast<std::ptrdiff_t>(count * 512)};
  }
  static Bytes fresh(std::size_t bytes, u32 seed = 99) {
    std::mt19937 random(seed);
    Bytes result(bytes);
    for (u8& byte : result) byte = static_cast<u8>(random());
    return result;
  }
  u8 simple(u8 code) {
    out(command, code);
    return finish();
  }
  u16 identify_word(unsigned index) {
    out(command, 0xec);
    EXPECT_EQ(finish(), idle_drq);
    const Bytes bytes = in_data(512);
    return static_cast<u16>(bytes[2 * index] | bytes[2 * index + 1] << 8);
  }
  // PIO with an interrupt per block; the blocks of a read.
  Bytes read_pio(u8 code, u32 blocks, u32 block_bytes) {
    Bytes result;
    out(command, code);
    for (u32 n = 0; n < blocks; ++n) {
      EXPECT_EQ(finish(), idle_drq);
      const Bytes block = in_data(block_bytes);
      result.insert(result.end(), block.begin(), block.end());
    }
    scheduler.run_for(1'000'000);
    EXPECT_FALSE(cell.interrupt.asserted());
    EXPECT_EQ(in(status), idle);
    return result;
  }
  void write_pio(u8 code, const Bytes& content, u32 block_bytes) {
    out(command, code);
    EXPECT_TRUE(wait_not_busy());
    EXPECT_FALSE(cell.interrupt.asserted());  // none for the first block
    EXPECT_EQ(in(status), idle_drq);
    for (std::size_t at = 0; at < content.size(); at += block_bytes) {
      if (at != 0) {
        EXPECT_EQ(finish(), idle_drq);
      }
      out_data(std::span(content).subspan(at, std::min<std::size_t>(block_bytes, content.size() - at)));
    }
    EXPECT_EQ(finish(), idle);
  }

  std::shared_ptr<MemoryStorage::State> medium = random_medium(sectors * 512);
  AtaDisk disk;
};

// The sequence of OpenBIOS when it looks for drives.
TEST_F(AtaDiskTest, FirmwareProbe) {
  for (int n = 0; n < 4; ++n) EXPECT_EQ(in(0x80), idle);
  EXPECT_EQ(in(status), idle);
  for (const u8 drive : {u8{0x00}, u8{0x10}}) {
    out(device, drive);
    EXPECT_EQ(in(0x80), drive == 0 ? idle : 0);
    for (const u8 value : {0x55, 0xaa, 0x55}) {
      out(sector_count, value);
      out(lba_low, static_cast<u8>(~value));
    }
    EXPECT_EQ(in(sector_count), 0x55);
    EXPECT_EQ(in(lba_low), 0xaa);
    out(0x80, 0x06);
    out(0x80, 0x02);
    EXPECT_EQ(in(0x80) & bsy, 0);
    out(device, drive);
    EXPECT_EQ(in(sector_count), 1);
    EXPECT_EQ(in(lba_low), 1);
    EXPECT_EQ(in(lba_mid), drive == 0 ? 0x00 : 0xff);
    EXPECT_EQ(in(lba_high), drive == 0 ? 0x00 : 0xff);
    EXPECT_EQ(in(error), drive == 0 ? 1 : 0);
    EXPECT_EQ(in(status), drive == 0 ? idle : 0);
  }
  out(device, 0x00);
  out(command, 0xec);
  EXPECT_TRUE(wait_not_busy());
  EXPECT_EQ(in(0x80), idle_drq);
  in_data(512);
  EXPECT_EQ(in(0x80), idle);
  EXPECT_EQ(interrupts, 0);  // nIEN was set
}

TEST_F(AtaDiskTest, AnAbsentSlaveTakesNoCommands) {
  out(device, 0xb0);
  out(command, 0xec);
  scheduler.run_for(1'000'000);
  EXPECT_EQ(in(status), 0);
  EXPECT_EQ(interrupts, 0);
  out(lba_mid, 0x12);
  EXPECT_EQ(in(lba_mid), 0x12);
}

TEST_F(AtaDiskTest, Identify) {
  out(device, 0xa0);
  const int before = interrupts;
  out(command, 0xec);
  EXPECT_EQ(in(alternate), bsy);
  EXPECT_EQ(finish(), idle_drq);
  const Bytes bytes = in_data(512);
  EXPECT_EQ(in(status), idle);
  EXPECT_EQ(interrupts, before + 1);
  const auto word = [&](unsigned n) { return bytes[2 * n] | bytes[2 * n + 1] << 8; };
  EXPECT_EQ(word(0), 0x0040);
  EXPECT_EQ(word(1) * word(3) * word(6), 5 * 16 * 63);
  EXPECT_EQ(word(47), 0x8010);
  EXPECT_EQ(word(49), 0x0b00);
  EXPECT_EQ(word(53), 7);
  EXPECT_EQ(word(60) | word(61) << 16, static_cast<int>(sectors));
  EXPECT_EQ(word(63), 0x0407);
  EXPECT_EQ(word(64), 3);
  EXPECT_EQ(word(82) & 1, 0);  // no SMART
  EXPECT_EQ(word(83), 0x7400);
  EXPECT_EQ(word(100), static_cast<int>(sectors));
  EXPECT_EQ(word(59), 0);
  std::string model;
  for (unsigned n = 54; n < 94; n += 2)
    model += {static_cast<char>(bytes[n + 1]), static_cast<char>(bytes[n])};
  EXPECT_EQ(model, "QUINCE HARDDISK" + std::string(25, ' '));
}

TEST_F(AtaDiskTest, DataPortIsAByteStreamInAnyWidth) {
  address28(7, 1);
  out(command, 0x20);
  EXPECT_EQ(finish(), idle_drq);
  const Bytes expected = sectors_at(7, 1);
  EXPECT_EQ(cell.read(data, 2), static_cast<u64>(expected[0] << 8 | expected[1]));
  EXPECT_EQ(cell.read(data, 4),
            u64{expected[2]} << 24 | u64{expected[3]} << 16 | u64{expected[4]} << 8 | expected[5]);
  EXPECT_EQ(in_data(506), Bytes(expected.begin() + 6, expected.end()));
  EXPECT_EQ(cell.read(data, 2), 0U);  // nothing more
}

TEST_F(AtaDiskTest, ReadsByPio) {
  address28(100, 5);
  EXPECT_EQ(read_pio(0x20, 5, 512), sectors_at(100, 5));
  address28(0, 0);  // 256 sectors
  EXPECT_EQ(read_pio(0x21, 256, 512), sectors_at(0, 256));
  address48(3000, 0x0102);
  EXPECT_EQ(read_pio(0x24, 0x0102, 512), sectors_at(3000, 0x0102));
}

TEST_F(AtaDiskTest, ReadsByChs) {
  address28(0, 2, 0xa0 | 3);  // head 3
  out(lba_mid, 1);            // cylinder 1
  out(lba_low, 5);            // sector 5
  EXPECT_EQ(read_pio(0x20, 2, 512), sectors_at((1 * 16 + 3) * 63 + 4, 2));
  out(device, 0xa0 | 3);
  out(sector_count, 10);
  EXPECT_EQ(simple(0x91), idle);  // 4 heads of 10 sectors
  EXPECT_EQ(identify_word(55), 4);
  EXPECT_EQ(identify_word(56), 10);
  address28(0, 1, 0xa0 | 2);
  out(lba_mid, 7);
  out(lba_low, 10);
  EXPECT_EQ(read_pio(0x20, 1, 512), sectors_at((7 * 4 + 2) * 10 + 9, 1));
  for (const auto& [head, sector] : {std::pair{0, 0}, {0, 11}, {4, 1}}) {
    address28(0, 1, static_cast<u8>(0xa0 | head));
    out(lba_low, static_cast<u8>(sector));
    EXPECT_EQ(simple(0x20), idle_error);
    EXPECT_EQ(in(error), 0x10);
  }
}

TEST_F(AtaDiskTest, WritesByPio) {
  const Bytes content = fresh(3 * 512);
  address28(50, 3);
  write_pio(0x30, content, 512);
  EXPECT_EQ(sectors_at(50, 3), content);
  const Bytes more = fresh(300 * 512, 5);
  address48(1000, 300);
  write_pio(0x34, more, 512);
  EXPECT_EQ(sectors_at(1000, 300), more);
}

TEST_F(AtaDiskTest, MultipleTransfersMoveBlocks) {
  address28(0, 4);
  EXPECT_EQ(simple(0xc4), idle_error);  // not before SET MULTIPLE
  EXPECT_EQ(in(error), 0x04);
  for (const u8 bad : {3, 32, 0xff}) {
    out(sector_count, bad);
    EXPECT_EQ(simple(0xc6), idle_error);
  }
  out(sector_count, 8);
  EXPECT_EQ(simple(0xc6), idle);
  EXPECT_EQ(identify_word(59), 0x0108);
  address28(20, 24);
  EXPECT_EQ(read_pio(0xc4, 3, 8 * 512), sectors_at(20, 24));
  const Bytes content = fresh(20 * 512);
  address28(40, 20);
  write_pio(0xc5, content, 8 * 512);  // the last block is a short one
  EXPECT_EQ(sectors_at(40, 20), content);
}

// pata_macio: command pointer, ATA command, then RUN.
TEST_F(AtaDiskTest, ReadsByDmaStartedAfterTheCommand) {
  make_list(true, 0x10000, 256 * 512);
  dma(0x0c, list);
  address28(10, 0);
  out(command, 0xc8);
  scheduler.run_for(50'000'000);  // the data waits for the channel
  EXPECT_EQ(interrupts, 0);
  EXPECT_NE(in(alternate)&drq, 0);
  start_dma();
  EXPECT_FALSE(cell.interrupt.asserted());  // not before the guest goes on
  EXPECT_EQ(finish(), idle);
  EXPECT_TRUE(std::ranges::equal(memory_at(0x10000, 256 * 512), sectors_at(10, 256)));
  EXPECT_EQ(stop_dma() & active, 0U);
  EXPECT_EQ(interrupts, 1);
}

TEST_F(AtaDiskTest, ReadsByDmaStartedBeforeTheCommand) {
  make_list(true, 0x10001, 3 * 512, 700);  // odd address, segments that are no sectors
  dma(0x0c, list);
  start_dma();
  scheduler.run_for(1'000'000);
  address48(5997, 3);
  out(command, 0x25);
  EXPECT_EQ(finish(), idle);
  EXPECT_TRUE(std::ranges::equal(memory_at(0x10001, 3 * 512), sectors_at(5997, 3)));
  EXPECT_EQ(stop_dma() & active, 0U);
}

TEST_F(AtaDiskTest, WritesByDmaInEitherOrder) {
  for (const bool dma_first : {false, true}) {
    const Bytes content = fresh(130 * 512, dma_first);
    std::ranges::copy(content, memory.bytes.begin() + 0x20000);
    make_list(false, 0x20000, 130 * 512, 4096);
    dma(0x0c, list);
    if (dma_first) start_dma();
    address28(77, 130);
    out(command, 0xca);
    if (!dma_first) start_dma();
    EXPECT_EQ(finish(), idle);
    EXPECT_EQ(stop_dma() & active, 0U);
    EXPECT_EQ(sectors_at(77, 130), content);
  }
}

TEST_F(AtaDiskTest, LongTransfersComeInPieces) {
  const u32 count = 5000;  // 2.4 MiB: longer than what is read at once
  make_list(true, 0x80000, count * 512, 0x8000);
  dma(0x0c, list);
  address48(500, count);
  out(command, 0x25);
  start_dma();
  EXPECT_EQ(finish(), idle);
  EXPECT_TRUE(std::ranges::equal(memory_at(0x80000, count * 512), sectors_at(500, count)));
  stop_dma();
  const Bytes content = fresh(count * 512);
  std::ranges::copy(content, memory.bytes.begin() + 0x80000);
  make_list(false, 0x80000, count * 512, 0x8000);
  dma(0x0c, list);
  address48(1000, count);
  out(command, 0x35);
  start_dma();
  EXPECT_EQ(finish(), idle);
  EXPECT_EQ(sectors_at(1000, count), content);
  EXPECT_LT(medium->writes, 5U);
  stop_dma();
}

TEST_F(AtaDiskTest, AListThatIsLongerThanTheCommandKeepsWaiting) {
  make_list(true, 0x10000, 2000);
  dma(0x0c, list);
  address28(0, 2);
  out(command, 0xc8);
  start_dma();
  EXPECT_EQ(finish(), idle);
  EXPECT_NE(stop_dma() & active, 0U);
  EXPECT_EQ(memory.le16(list + 12), 2000 - 1024);
}

TEST_F(AtaDiskTest, AListThatIsShorterThanTheCommandLeavesItUnfinished) {
  make_list(true, 0x10000, 512);
  dma(0x0c, list);
  address28(0, 2);
  out(command, 0xc8);
  start_dma();
  scheduler.run_for(100'000'000);
  EXPECT_EQ(interrupts, 0);
  stop_dma();
  out(control, srst);
  out(control, 0);
  EXPECT_EQ(in(status), idle);
}

TEST_F(AtaDiskTest, BeyondTheEndIsNotFound) {
  const struct {
    u8 code;
    u64 lba;
    u32 count;
    bool wide;
    u64 reported;
  } cases[] = {{0x20, sectors, 1, false, sectors},
               {0xc8, sectors - 2, 3, false, sectors},
               {0xca, 0x0fff'ffff, 1, false, 0x0fff'ffff},
               {0x25, sectors - 1, 0, true, sectors},
               {0x35, 0xffff'ffff'ffff, 2, true, 0xffff'ffff'ffff},
               {0x42, sectors, 1, true, sectors}};
  for (const auto& [code, lba, count, wide, reported] : cases) {
    if (wide) {
      address48(lba, count);
    } else {
      address28(static_cast<u32>(lba), static_cast<u8>(count));
    }
    EXPECT_EQ(simple(code), idle_error);
    EXPECT_EQ(in(error), 0x10);
    u64 found = u64{in(lba_high)} << 16 | u64{in(lba_mid)} << 8 | in(lba_low);
    if (wide) {
      out(control, 0x80);
      found |= (u64{in(lba_high)} << 16 | u64{in(lba_mid)} << 8 | in(lba_low)) << 24;
      out(control, 0);
    } else {
      found |= u64{in(device)&0xfU} << 24;
    }
    EXPECT_EQ(found, reported) << std::hex << int{code};
  }
  EXPECT_EQ(medium->writes, 0U);
}

TEST_F(AtaDiskTest, HostErrorsAreTheGuestsErrors) {
  medium->bad_from = 200 * 512;
  address28(199, 1);
  EXPECT_EQ(read_pio(0x20, 1, 512), sectors_at(199, 1));
  for (const u8 code : {0x20, 0xc8, 0x40}) {
    address28(198, 4);
    EXPECT_EQ(simple(code), idle_error);
    EXPECT_EQ(in(error), 0x40);  // uncorrectable
  }
  make_list(false, 0x20000, 512);
  dma(0x0c, list);
  address28(200, 1);
  out(command, 0xca);
  start_dma();
  EXPECT_EQ(finish(), idle_error);
  EXPECT_EQ(in(error), 0x40);
  stop_dma();
  medium->flush_fails = true;
  EXPECT_EQ(simple(0xe7), idle_error);
  EXPECT_EQ(in(error), 0x40);
  medium->flush_fails = false;
  EXPECT_EQ(simple(0xe7), idle);
}

TEST_F(AtaDiskTest, FlushReachesTheHostAndSoDoesPowerDown) {
  unsigned expected = 0;
  for (const u8 code : {0xe7, 0xea, 0xe0, 0xe2, 0xe6}) {
    EXPECT_EQ(simple(code), idle);
    EXPECT_EQ(medium->flushes, ++expected);
  }
}

TEST_F(AtaDiskTest, WithoutWriteCacheEveryWriteIsDurable) {
  address28(0, 1);
  write_pio(0x30, fresh(512), 512);
  EXPECT_EQ(medium->flushes, 0U);
  EXPECT_EQ(identify_word(85) & 0x20, 0x20);
  out(features, 0x82);
  EXPECT_EQ(simple(0xef), idle);
  EXPECT_EQ(medium->flushes, 1U);
  EXPECT_EQ(identify_word(85) & 0x20, 0);
  address28(0, 1);
  write_pio(0x30, fresh(512), 512);
  EXPECT_EQ(medium->flushes, 2U);
  out(features, 0x02);
  EXPECT_EQ(simple(0xef), idle);
  address28(0, 1);
  write_pio(0x30, fresh(512), 512);
  EXPECT_EQ(medium->flushes, 2U);
}

TEST_F(AtaDiskTest, TransferModes) {
  const struct {
    u8 mode;
    bool good;
    u16 word63, word88;
  } modes[] = {{0x00, true, 0x07, 0x3f},  {0x0c, true, 0x07, 0x3f},   {0x0d, false, 0, 0},
               {0x20, true, 0x107, 0x3f}, {0x22, true, 0x407, 0x3f},  {0x23, false, 0, 0},
               {0x42, true, 0x07, 0x43f}, {0x45, true, 0x07, 0x203f}, {0x46, false, 0, 0},
               {0x80, false, 0, 0}};
  for (const auto& [mode, good, word63, word88] : modes) {
    out(features, 0x03);
    out(sector_count, mode);
    EXPECT_EQ(simple(0xef), good ? idle : idle_error) << std::hex << int{mode};
    if (!good) continue;
    EXPECT_EQ(identify_word(63), word63);
    EXPECT_EQ(identify_word(88), word88);
  }
}

TEST_F(AtaDiskTest, SimpleCommands) {
  for (const u8 code : {0x10, 0x70, 0xe1, 0xe3}) EXPECT_EQ(simple(code), idle) << std::hex << int{code};
  EXPECT_EQ(simple(0xe5), idle);
  EXPECT_EQ(in(sector_count), 0xff);
  address28(5, 200);
  EXPECT_EQ(simple(0x40), idle);
  // NOP, DEVICE RESET, SMART, PACKET, IDENTIFY PACKET, and what nobody knows.
  for (const u8 code : {0x00, 0x08, 0xb0, 0xa0, 0xa1, 0x27, 0xf5, 0xff}) {
    EXPECT_EQ(simple(code), idle_error) << std::hex << int{code};
    EXPECT_EQ(in(error), 0x04);
  }
  out(features, 0x99);
  EXPECT_EQ(simple(0xef), idle_error);
}

TEST_F(AtaDiskTest, Diagnostics) {
  out(lba_mid, 0x77);
  EXPECT_EQ(simple(0x90), idle);
  EXPECT_EQ(in(error), 1);
  EXPECT_EQ(in(lba_mid), 0);
  EXPECT_EQ(in(sector_count), 1);
}

TEST_F(AtaDiskTest, NothingIsReportedWhileTheGuestIsStillWritingRegisters) {
  for (const u8 code : {0xec, 0xe7, 0xff, 0x10, 0xca, 0x30}) {
    address28(0, 1);
    out(command, code);
    EXPECT_EQ(in(alternate), bsy);
    EXPECT_FALSE(cell.interrupt.asserted());
    wait_not_busy();
    out(control, srst);
    out(control, 0);
  }
}

TEST_F(AtaDiskTest, StatusAcknowledgesAndAlternateStatusDoesNot) {
  out(command, 0x10);
  EXPECT_TRUE(wait_interrupt());
  in(alternate);
  in(0x80);
  EXPECT_TRUE(cell.interrupt.asserted());
  out(control, nien);
  EXPECT_FALSE(cell.interrupt.asserted());
  out(control, 0);
  EXPECT_TRUE(cell.interrupt.asserted());
  out(device, 0xb0);  // the other drive has none
  EXPECT_FALSE(cell.interrupt.asserted());
  out(device, 0xa0);
  EXPECT_TRUE(cell.interrupt.asserted());
  in(status);
  EXPECT_FALSE(cell.interrupt.asserted());
}

TEST_F(AtaDiskTest, ResetGivesUpWhatWasUnderWay) {
  make_list(true, 0x10000, 512);
  dma(0x0c, list);
  address28(0, 1);
  out(command, 0xc8);
  start_dma();
  scheduler.run_for(10'000);
  out(control, srst);
  out(control, 0);
  EXPECT_EQ(in(status), idle);
  scheduler.run_for(1'000'000'000);
  EXPECT_EQ(interrupts, 0);
  EXPECT_EQ(memory.bytes[0x10000], 0);
  stop_dma();
  address28(3, 1);
  EXPECT_EQ(read_pio(0x20, 1, 512), sectors_at(3, 1));
}

TEST_F(AtaDiskTest, ABusyDriveTakesNoCommands) {
  address28(1, 1);
  out(command, 0x20);
  scheduler.run_for(10'000);
  out(command, 0xff);
  EXPECT_EQ(finish(), idle_drq);
  EXPECT_EQ(in_data(512), sectors_at(1, 1));
}

TEST_F(AtaDiskTest, AReadOnlyMediumRefusesWrites) {
  const auto state = random_medium(100 * 512);
  state->is_read_only = true;
  AtaDisk other(scheduler, block_device(state), "RO");
  cell.attach(1, other);
  const Bytes before = state->bytes;
  address28(0, 1, 0xf0);
  out(command, 0x30);
  EXPECT_TRUE(wait_not_busy());
  out_data(fresh(512));
  EXPECT_EQ(finish(), idle_error);
  EXPECT_EQ(state->bytes, before);
}

TEST_F(AtaDiskTest, MasterAndSlaveAreSeparate) {
  const auto state = random_medium(64 * 512);
  AtaDisk slave(scheduler, block_device(state), "SLAVE");
  cell.attach(1, slave);
  address28(9, 1, 0xf0);
  EXPECT_EQ(read_pio(0x20, 1, 512), Bytes(state->bytes.begin() + 9 * 512, state->bytes.begin() + 10 * 512));
  address28(9, 1, 0xe0);
  EXPECT_EQ(read_pio(0x20, 1, 512), sectors_at(9, 1));
}

// Reads run at the same guest time whatever the host does.
TEST_F(AtaDiskTest, RepeatableCompletionTimes) {
  std::vector<u64> times[2];
  for (auto& list_of_times : times) {
    FakeScheduler own_time(true);
    FakeMemory own_memory(1 << 16);
    Dbdma own_dma(own_time, own_memory);
    MacIoAta own_cell(own_time, own_dma.channel(0xb));
    AtaDisk own_disk(own_time, block_device(medium), "X");
    own_cell.attach(0, own_disk);
    for (const u8 code : {0xec, 0xe7, 0x20, 0x40}) {
      own_cell.write(device, 1, 0xe0);
      own_cell.write(sector_count, 1, 1);
      own_cell.write(command, 1, code);
      own_time.run_until([&] { return own_cell.interrupt.asserted(); });
      own_cell.read(status, 1);
      list_of_times.push_back(own_time.now());
    }
  }
  EXPECT_EQ(times[0], times[1]);
}

// Registers at random: no crash, and a reset always brings the drive back.
TEST_F(AtaDiskTest, RandomAccesses) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    for (int n = 0; n < 200; ++n) {
      const u32 offset = random() % 4 == 0 ? random() % 0x400 : (random() % 10) << 4;
      const unsigned bytes = 1U << random() % 4;
      if (random() % 2 == 0) {
        cell.write(offset, bytes, u64{random()} << 32 | random());
      } else {
        cell.read(offset, bytes);
      }
      if (random() % 8 == 0) scheduler.run_for(random() % 200'000);
      if (random() % 16 == 0) {
        dma(0x0c, random() % 0x4000);
        dma(0x00, random());
      }
    }
    dma(0x00, 0xffff'0000);
    out(control, srst);
    out(control, 0);
    out(device, 0xe0);
    ASSERT_EQ(in(status), idle);
    address28(2, 1);
    ASSERT_EQ(read_pio(0x20, 1, 512), sectors_at(2, 1));
  }
}

// Moving a mebibyte costs at most a millisecond of host time beside the processor's, and no work per byte.
TEST_F(AtaDiskTest, HostTimePerMebibyte) {
  const auto path = std::filesystem::temp_directory_path() / ("quince-ata-" + std::to_string(getpid()));
  std::ofstream(path).write("x", 1);
  constexpr u32 count = 4096;  // 2 MiB
  std::filesystem::resize_file(path, 8 * count * 512);
  {
    auto image = open_disk({.path = path.string()});
    ASSERT_TRUE(image);
    AtaDisk from_file(scheduler, std::move(*image), "FILE");
    cell.attach(0, from_file);
    for (const bool to_memory : {false, true}) {
      const u64 before = dbdma.counters().host_nanoseconds + from_file.medium().counters().host_nanoseconds;
      memory.accesses = 0;
      for (u32 round = 0; round < 8; ++round) {
        make_list(to_memory, 0x80000, count * 512, 0x1000);
        dma(0x0c, list);
        address48(u64{round} * count, count);
        out(command, to_memory ? 0x25 : 0x35);
        start_dma();
        EXPECT_EQ(finish(), idle);
        stop_dma();
      }
      EXPECT_LE(memory.accesses, 8U * 3 * (count * 512 / 0x1000 + 1) + 8U * 2);
      const u64 after = dbdma.counters().host_nanoseconds + from_file.medium().counters().host_nanoseconds;
      const u64 per_mebibyte = (after - before) / 16;
      RecordProperty(to_memory ? "read_ns_per_mib" : "write_ns_per_mib", std::to_string(per_mebibyte));
      if (!test::sanitized) {
        EXPECT_LE(per_mebibyte, 1'000'000U);
      }
    }
    EXPECT_EQ(dbdma.counters().bytes, 2U * 8 * count * 512);
    EXPECT_EQ(from_file.medium().counters().bytes_written, 8U * count * 512);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace quince::devices
