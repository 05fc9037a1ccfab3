#include <gtest/gtest.h>

#include "devices/atapi_cdrom.h"
#include "tests/devices/support/ata_rig.h"

namespace quince::devices {
namespace {

using Bytes = std::vector<u8>;

class AtapiTest : public AtaRig {
 protected:
  static constexpr u32 blocks = 1000;

  AtapiTest() : drive(scheduler, block_device(disc), "CD01") { cell.attach(0, drive); }

  // Writes a packet, by polling as everybody does for this part.
  void send_packet(Bytes packet, u32 limit = 0xfffe, bool by_dma = false) {
    packet.resize(12);
    out(device, 0xa0);
    out(features, by_dma ? 1 : 0);
    out(lba_mid, static_cast<u8>(limit));
    out(lba_high, static_cast<u8>(limit >> 8));
    out(command, 0xa0);
    EXPECT_TRUE(wait_not_busy());
    EXPECT_EQ(in(status), idle_drq);
    EXPECT_EQ(in(sector_count), 1);  // the drive wants a command
    EXPECT_FALSE(cell.interrupt.asserted());
    out_data(packet);
    EXPECT_EQ(in(alternate), bsy);
  }
  // A command with data by PIO; the sizes of the pieces go to `pieces`.
  Bytes packet_in(const Bytes& packet, u32 limit = 0xfffe) {
    send_packet(packet, limit);
    pieces.clear();
    Bytes result;
    for (;;) {
      last_status = finish();
      if ((last_status & drq) == 0) break;
      EXPECT_EQ(in(sector_count), 2);  // data for the host
      const u32 bytes = in(lba_mid) | u32{in(lba_high)} << 8;
      EXPECT_GT(bytes, 0U);
      pieces.push_back(bytes);
      const Bytes part = in_data(bytes);
      result.insert(result.end(), part.begin(), part.end());
    }
    EXPECT_EQ(in(sector_count), 3);
    return result;
  }
  u8 packet_status(const Bytes& packet) {
    EXPECT_TRUE(packet_in(packet).empty());
    return last_status;
  }
  // Sense key, code and qualifier as REQUEST SENSE tells them.
  u32 sense() {
    const Bytes bytes = packet_in({0x03, 0, 0, 0, 18});
    EXPECT_EQ(bytes.size(), 18U);
    EXPECT_EQ(bytes[0], 0x70);
    EXPECT_EQ(bytes[7], 10);
    return u32{bytes[2]} << 16 | u32{bytes[12]} << 8 | bytes[13];
  }
  void expect_check(const Bytes& packet, u32 expected) {
    EXPECT_EQ(packet_status(packet), idle_error);
    EXPECT_EQ(in(error) >> 4, expected >> 16);
    EXPECT_EQ(sense(), expected);
    EXPECT_EQ(sense(), 0U);  // told once
  }
  Bytes on_disc(u32 first, std::size_t count) const {
    const auto start = disc->bytes.begin() + first * 2048;
    return {start, start + static_cast<std::ptrdiff_t>(count * 2048)};
  }
  static Bytes read_10(u32 first, u32 count) {
    return {0x28,
            0,
            static_cast<u8>(first >> 24),
            static_cast<u8>(first >> 16),
            static_cast<u8>(first >> 8),
            static_cast<u8>(first),
            0,
            static_cast<u8>(count >> 8),
            static_cast<u8>(count)};
  }
  static constexpr u32 no_medium = 0x023a01, tray_is_open = 0x023a02, medium_changed = 0x062800;

  std::shared_ptr<MemoryStorage::State> disc = random_medium(blocks * 2048);
  AtapiCdrom drive;
  std::vector<u32> pieces;
  u8 last_status = 0;
};

TEST_F(AtapiTest, SignatureAfterReset) {
  out(0x80, 0x06);
  out(0x80, 0x02);
  EXPECT_EQ(in(sector_count), 0x01);
  EXPECT_EQ(in(lba_low), 0x01);
  EXPECT_EQ(in(lba_mid), 0x14);
  EXPECT_EQ(in(lba_high), 0xeb);
  EXPECT_EQ(in(error), 0x01);
  EXPECT_EQ(in(status), 0x00);
}

TEST_F(AtapiTest, CommandsOfDisksShowTheSignature) {
  for (const u8 code : {0xec, 0x20}) {
    out(lba_mid, 0);
    out(command, code);
    EXPECT_EQ(finish(), idle_error);
    EXPECT_EQ(in(error), 0x04);
    EXPECT_EQ(in(lba_mid), 0x14);
    EXPECT_EQ(in(lba_high), 0xeb);
  }
  for (const u8 code : {0xc8, 0xe7, 0xb0, 0x00}) {
    out(command, code);
    EXPECT_EQ(finish(), idle_error);
    EXPECT_EQ(in(error), 0x04);
  }
}

TEST_F(AtapiTest, IdentifyPacket) {
  out(command, 0xa1);
  EXPECT_EQ(finish(), idle_drq);
  const Bytes bytes = in_data(512);
  EXPECT_EQ(in(status), idle);
  const auto word = [&](unsigned n) { return bytes[2 * n] | bytes[2 * n + 1] << 8; };
  EXPECT_EQ(word(0), 0x85c0);
  EXPECT_EQ(word(49) & 0x0300, 0x0300);
  EXPECT_EQ(word(63), 0x0407);
  EXPECT_EQ(bytes[27 * 2 + 1], 'Q');
}

TEST_F(AtapiTest, DeviceResetWorksAtAnyTime) {
  send_packet(read_10(0, 100));
  scheduler.run_for(10'000);
  EXPECT_EQ(in(alternate), bsy);
  out(command, 0x08);
  EXPECT_TRUE(wait_not_busy());
  EXPECT_EQ(in(status), 0x00);
  EXPECT_EQ(in(lba_mid), 0x14);
  EXPECT_FALSE(cell.interrupt.asserted());
  EXPECT_EQ(packet_in(read_10(5, 1)), on_disc(5, 1));
}

TEST_F(AtapiTest, Inquiry) {
  const Bytes bytes = packet_in({0x12, 0, 0, 0, 36});
  ASSERT_EQ(bytes.size(), 36U);
  EXPECT_EQ(bytes[0], 0x05);
  EXPECT_EQ(bytes[1], 0x80);
  EXPECT_EQ(bytes[3], 0x21);
  EXPECT_EQ(bytes[4], 31);
  EXPECT_EQ(std::string(bytes.begin() + 8, bytes.begin() + 16), "QUINCE  ");
  EXPECT_EQ(packet_in({0x12, 0, 0, 0, 5}), Bytes(bytes.begin(), bytes.begin() + 5));
  EXPECT_TRUE(packet_in({0x12, 0, 0, 0, 0}).empty());
  EXPECT_EQ(last_status, idle);
  expect_check({0x12, 1, 0x80, 0, 36}, 0x052400);
}

TEST_F(AtapiTest, ReadsByPio) {
  EXPECT_EQ(packet_status({0x00}), idle);
  EXPECT_EQ(packet_in({0x25}), (Bytes{0, 0, 0x03, 0xe7, 0, 0, 0x08, 0}));
  EXPECT_EQ(packet_in(read_10(0, 1)), on_disc(0, 1));
  EXPECT_EQ(packet_in(read_10(990, 10), 2048), on_disc(990, 10));
  EXPECT_EQ(pieces, std::vector<u32>(10, 2048));
  EXPECT_EQ(packet_in({0xa8, 0, 0, 0, 0, 7, 0, 0, 0, 3}), on_disc(7, 3));
  EXPECT_EQ(packet_in({0xbe, 0, 0, 0, 0, 7, 0, 0, 3, 0x10}), on_disc(7, 3));
  EXPECT_EQ(packet_in(read_10(0, 600)), on_disc(0, 600));  // more than is read at once
  EXPECT_TRUE(packet_in(read_10(1, 0)).empty());
  EXPECT_EQ(last_status, idle);
}

TEST_F(AtapiTest, ByteCountLimit) {
  const auto sizes = [this](u32 limit) {
    EXPECT_EQ(packet_in(read_10(3, 2), limit), on_disc(3, 2));
    return pieces;
  };
  EXPECT_EQ(sizes(0x1000), (std::vector<u32>{0x1000}));
  EXPECT_EQ(sizes(3000), (std::vector<u32>{3000, 1096}));
  EXPECT_EQ(sizes(3001), (std::vector<u32>{3000, 1096}));  // odd: one less, but for the last piece
  EXPECT_EQ(sizes(0), (std::vector<u32>{4096}));
  EXPECT_EQ(packet_in(read_10(0, 64), 0xffff), on_disc(0, 64));
  EXPECT_EQ(pieces, (std::vector<u32>{0xfffe, 0xfffe, 4}));
  EXPECT_EQ(packet_in({0x12, 0, 0, 0, 5}, 5).size(), 5U);
  EXPECT_EQ(pieces, (std::vector<u32>{5}));
  send_packet(read_10(0, 1), 1);  // no even piece fits
  EXPECT_EQ(finish(), idle_error);
  EXPECT_EQ(in(error), 0x04);
}

TEST_F(AtapiTest, ReadsByDma) {
  for (const bool dma_first : {false, true}) {
    make_list(true, 0x10000, 600 * 2048);
    dma(0x0c, list);
    if (dma_first) start_dma();
    send_packet(read_10(100, 600), 0xfffe, true);
    if (!dma_first) {
      scheduler.run_for(100'000'000);
      EXPECT_FALSE(cell.interrupt.asserted());
      start_dma();
    }
    EXPECT_EQ(finish(), idle);
    EXPECT_EQ(in(sector_count), 3);
    EXPECT_TRUE(std::ranges::equal(memory_at(0x10000, 600 * 2048), on_disc(100, 600)));
    EXPECT_EQ(stop_dma() & active, 0U);
    std::fill(memory.bytes.begin() + 0x10000, memory.bytes.end(), u8{0});
  }
}

TEST_F(AtapiTest, ShortReplyByDmaLeavesTheRest) {
  make_list(true, 0x10000, 96);
  dma(0x0c, list);
  send_packet({0x12, 0, 0, 0, 96}, 0, true);
  start_dma();
  EXPECT_EQ(finish(), idle);
  EXPECT_NE(stop_dma() & active, 0U);
  EXPECT_EQ(memory.le16(list + 12), 96 - 36);
  EXPECT_EQ(memory.bytes[0x10000], 0x05);
}

TEST_F(AtapiTest, Errors) {
  expect_check(read_10(blocks, 1), 0x052100);
  expect_check(read_10(blocks - 1, 2), 0x052100);
  expect_check(read_10(0xffff'ffff, 1), 0x052100);
  expect_check({0xa8, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, 0x052100);
  expect_check({0xff}, 0x052000);
  expect_check({0x2a}, 0x052000);  // WRITE
  expect_check({0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8}, 0x052400);
  expect_check({0x2b, 0, 0, 0, 0x10, 0}, 0x052100);
  EXPECT_EQ(packet_status({0x2b, 0, 0, 0, 0, 9}), idle);
  disc->bad_from = 20 * 2048;
  EXPECT_EQ(packet_in(read_10(19, 1)), on_disc(19, 1));
  expect_check(read_10(19, 2), 0x031100);
}

TEST_F(AtapiTest, NoMediumAndMediumChange) {
  AtapiCdrom empty(scheduler, nullptr, "CD02");
  cell.attach(0, empty);
  for (const Bytes& packet :
       {Bytes{0x00}, Bytes{0x25}, read_10(0, 1), Bytes{0x43, 0, 0, 0, 0, 0, 0, 0, 12}}) {
    expect_check(packet, no_medium);
  }
  EXPECT_EQ(packet_in({0x12, 0, 0, 0, 36}).size(), 36U);
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}), (Bytes{0, 6, 4, 0x10, 0, 0, 0, 0}));

  empty.insert(block_device(disc));
  EXPECT_EQ(packet_in({0x12, 0, 0, 0, 36}).size(), 36U);  // does not tell
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}), (Bytes{0, 6, 4, 0x10, 2, 2, 0, 0}));
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}), (Bytes{0, 6, 4, 0x10, 0, 2, 0, 0}));
  expect_check({0x00}, medium_changed);
  EXPECT_EQ(packet_status({0x00}), idle);
  EXPECT_EQ(packet_in(read_10(0, 1)), on_disc(0, 1));

  const auto second = random_medium(20 * 2048);
  empty.insert(block_device(second));
  EXPECT_EQ(sense(), medium_changed);  // REQUEST SENSE may come first
  EXPECT_EQ(packet_in({0x25})[3], 19);
  EXPECT_EQ(packet_in(read_10(0, 1)), Bytes(second->bytes.begin(), second->bytes.begin() + 2048));
}

TEST_F(AtapiTest, ChangeInTheMiddleOfARead) {
  send_packet(read_10(0, 500));
  scheduler.run_for(10'000);
  drive.insert(block_device(random_medium(20 * 2048)));
  EXPECT_EQ(finish(), idle_error);
  EXPECT_EQ(sense(), tray_is_open);
  expect_check({0x00}, medium_changed);
  EXPECT_EQ(packet_in({0x25})[3], 19);
}

TEST_F(AtapiTest, Tray) {
  EXPECT_EQ(packet_status({0x1b, 0, 0, 0, 2}), idle);  // eject
  EXPECT_TRUE(drive.tray_open());
  EXPECT_EQ(drive.medium(), nullptr);
  expect_check({0x00}, tray_is_open);
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}), (Bytes{0, 6, 4, 0x10, 3, 1, 0, 0}));
  EXPECT_EQ(packet_status({0x1b, 0, 0, 0, 3}), idle);  // and in again
  expect_check({0x00}, medium_changed);
  EXPECT_EQ(packet_in(read_10(0, 1)), on_disc(0, 1));

  EXPECT_EQ(packet_status({0x1e, 0, 0, 0, 1}), idle);
  EXPECT_TRUE(drive.locked());
  expect_check({0x1b, 0, 0, 0, 2}, 0x055302);
  drive.press_eject();
  EXPECT_FALSE(drive.tray_open());
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8}), (Bytes{0, 6, 4, 0x10, 1, 2, 0, 0}));
  EXPECT_EQ(packet_status({0x1e, 0, 0, 0, 0}), idle);
  drive.press_eject();
  EXPECT_TRUE(drive.tray_open());
  drive.press_eject();
  EXPECT_FALSE(drive.tray_open());
  EXPECT_EQ(packet_status({0x1e, 0, 0, 0, 1}), idle_error);  // medium changed
  EXPECT_EQ(packet_status({0x1e, 0, 0, 0, 1}), idle);
  cell.reset();
  EXPECT_FALSE(drive.locked());
}

// A read that nobody waits for any more does not hold the tray.
TEST_F(AtapiTest, ButtonAfterReadsThatEndEarly) {
  send_packet(read_10(0, 1), 1);  // pieces of one byte: there are none
  EXPECT_EQ(finish(), idle_error);
  drive.press_eject();
  EXPECT_TRUE(drive.tray_open());
  drive.press_eject();
  sense();

  send_packet(read_10(0, 100));
  scheduler.run_for(10'000);
  EXPECT_EQ(in(alternate), bsy);
  out(device, 0xb0);
  out(command, 0x90);  // diagnosis is for both drives, whichever is selected
  drive.press_eject();
  EXPECT_TRUE(drive.tray_open());
}

TEST_F(AtapiTest, Toc) {
  // 1000 blocks: in minutes, seconds and frames 1150 / 75 = 15 s, 25 frames.
  const auto toc = [this](u8 msf, u8 format, u8 start, u8 allocated = 0xff, u8 byte_9 = 0) {
    return packet_in({0x43, msf, format, 0, 0, 0, start, 0, allocated, byte_9});
  };
  const Bytes tracks{0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0x03, 0xe8};
  EXPECT_EQ(toc(0, 0, 0), tracks);
  EXPECT_EQ(toc(0, 0, 1), tracks);
  EXPECT_EQ(toc(0, 0, 0xaa), (Bytes{0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 0x03, 0xe8}));
  EXPECT_EQ(toc(2, 0, 0), (Bytes{0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0, 0, 0x14, 0xaa, 0, 0, 0, 15, 25}));
  EXPECT_EQ(toc(0, 0, 0, 12), Bytes(tracks.begin(), tracks.begin() + 12));
  const Bytes session{0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0};
  EXPECT_EQ(toc(0, 1, 0), session);
  EXPECT_EQ(toc(0, 0, 0, 0xff, 0x40), session);  // the format where old drivers put it
  const Bytes full = toc(2, 2, 0);
  ASSERT_EQ(full.size(), 48U);
  EXPECT_EQ(full[4 + 2 * 11 + 3], 0xa2);
  EXPECT_EQ(Bytes(full.begin() + 34, full.begin() + 37), (Bytes{0, 15, 25}));
  expect_check({0x43, 0, 0, 0, 0, 0, 2, 0, 12}, 0x052400);
  expect_check({0x43, 0, 5, 0, 0, 0, 0, 0, 12}, 0x052400);
}

TEST_F(AtapiTest, Configuration) {
  const Bytes all = packet_in({0x46, 0, 0, 0, 0, 0, 0, 0x04, 0x00});
  ASSERT_GT(all.size(), 8U);
  EXPECT_EQ(all.size(), 4U + (all[2] << 8 | all[3]));
  EXPECT_EQ(all[6] << 8 | all[7], 0x0008);  // a CD
  std::vector<int> codes;
  for (std::size_t at = 8; at < all.size(); at += 4U + all[at + 3])
    codes.push_back(all[at] << 8 | all[at + 1]);
  EXPECT_EQ(codes, (std::vector<int>{0x0000, 0x0001, 0x0003, 0x0010, 0x001e, 0x001f, 0x0100, 0x0105}));
  const Bytes one = packet_in({0x46, 2, 0, 0x1e, 0, 0, 0, 0, 0xff});
  EXPECT_EQ(one, (Bytes{0, 0, 0, 12, 0, 0, 0, 8, 0, 0x1e, 9, 4, 0, 0, 0, 0}));
  EXPECT_EQ(packet_in({0x46, 2, 0x12, 0x34, 0, 0, 0, 0, 0xff}).size(), 8U);
  const Bytes current = packet_in({0x46, 1, 0, 0x1e, 0, 0, 0, 0, 0xff});
  EXPECT_EQ(current.size(), 8U + 8 + 4 + 4);  // no DVD feature
}

TEST_F(AtapiTest, ModeSense) {
  const Bytes ten = packet_in({0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 0xff});
  ASSERT_EQ(ten.size(), 8U + 20);
  EXPECT_EQ(ten[1], 26);
  EXPECT_EQ(ten[8], 0x2a);
  EXPECT_EQ(ten[9], 18);
  EXPECT_EQ(ten[14], 0x29);
  const Bytes six = packet_in({0x1a, 0, 0x2a, 0, 0xff});
  ASSERT_EQ(six.size(), 4U + 20);
  EXPECT_EQ(six[0], 23);
  EXPECT_EQ(Bytes(six.begin() + 4, six.end()), Bytes(ten.begin() + 8, ten.end()));
  EXPECT_EQ(packet_in({0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 0xff}).size(), 8U + 8 + 16 + 20);
  const Bytes changeable = packet_in({0x5a, 0, 0x6a, 0, 0, 0, 0, 0, 0xff});
  EXPECT_EQ(Bytes(changeable.begin() + 10, changeable.end()), Bytes(18));
  expect_check({0x5a, 0, 0xea, 0, 0, 0, 0, 0, 0xff}, 0x052400);
  expect_check({0x5a, 0, 0x05, 0, 0, 0, 0, 0, 0xff}, 0x052400);
  expect_check({0x1a, 0, 0x05, 0, 0xff}, 0x052400);
}

TEST_F(AtapiTest, OtherInformation) {
  const Bytes information = packet_in({0x51, 0, 0, 0, 0, 0, 0, 0, 0xff});
  ASSERT_EQ(information.size(), 34U);
  EXPECT_EQ(information[1], 32);
  EXPECT_EQ(information[2], 0x0e);
  EXPECT_EQ(packet_in({0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8}).size(), 8U);
  EXPECT_EQ(packet_status({0xbb, 0, 0xff, 0xff}), idle);
  expect_check({0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8}, 0x052400);  // not polled
  EXPECT_EQ(packet_in({0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8}), (Bytes{0, 2, 0x80, 0x10}));
}

TEST_F(AtapiTest, RandomPackets) {
  std::mt19937 random(5);
  const u8 codes[] = {0x00, 0x03, 0x12, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x2b,
                      0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe};
  for (int round = 0; round < 3000; ++round) {
    Bytes packet(12);
    for (u8& byte : packet) byte = random() % 2 == 0 ? u8{0} : static_cast<u8>(random());
    if (random() % 8 != 0) packet[0] = codes[random() % std::size(codes)];
    out(features, random() % 8 == 0);
    out(lba_mid, static_cast<u8>(random()));
    out(lba_high, static_cast<u8>(random()));
    out(command, 0xa0);
    wait_not_busy();
    out_data(packet);
    for (int n = 0; n < 20 && wait_not_busy() && (in(alternate)&drq) != 0; ++n) in_data(random() % 40000);
    if (random() % 50 == 0) drive.insert(random() % 2 == 0 ? nullptr : block_device(disc));
    if (random() % 50 == 0) drive.press_eject();
  }
  out(control, srst);
  out(control, 0);
  drive.insert(block_device(disc));
  sense();
  EXPECT_EQ(packet_status({0x00}), idle);
  EXPECT_EQ(packet_in(read_10(1, 1)), on_disc(1, 1));
}

}  // namespace
}  // namespace quince::devices
