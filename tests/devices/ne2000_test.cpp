// The network card as Linux drives it (drivers/net/ethernet/8390: ne2k-pci.c, lib8390.c).
#include "devices/ne2000.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "tests/devices/support/pci_card.h"

namespace quince::devices {
namespace {

using Bytes = std::vector<u8>;

class Wire final : public NetBackend {
 public:
  void send(std::span<const u8> frame) override { sent.emplace_back(frame.begin(), frame.end()); }
  std::vector<Bytes> sent;
};

constexpr MacAddress own{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
constexpr MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

Bytes frame_to(const MacAddress& to, std::size_t size, u8 first = 1) {
  Bytes frame(size);
  std::iota(frame.begin(), frame.end(), first);
  std::copy_n(to.begin(), std::min(size, to.size()), frame.begin());
  return frame;
}

class Ne2000Test : public ::testing::Test {
 protected:
  static constexpr u8 stop = 1, start = 2, transmit = 4, remote_read = 8, remote_write = 0x10, no_dma = 0x20;
  static constexpr u8 page_1 = 0x40, page_2 = 0x80, page_3 = 0xc0;
  static constexpr u8 isr_received = 1, isr_transmitted = 2, isr_overflow = 0x10, isr_done = 0x40,
                      isr_reset = 0x80;
  static constexpr u8 transmit_page = 0x40, ring_start = 0x4c, ring_stop = 0x80;
  enum : u32 {
    cmd,
    pstart,
    pstop,
    bnry,
    tpsr,
    tbcr0,
    tbcr1,
    isr,
    rsar0,
    rsar1,
    rbcr0,
    rbcr1,
    rcr,
    tcr,
    dcr,
    imr
  };
  static constexpr u32 data = 0x10, reset_port = 0x1f;

  u8 in(u32 port) { return card.in8(card.base[0] + port); }
  void out(u32 port, int value) { card.out8(card.base[0] + port, static_cast<u8>(value)); }
  u16 in_data() { return card.in16(card.base[0] + data); }

  void set_remote(u8 direction, u32 address, u32 count) {
    out(rbcr0, static_cast<int>(count & 0xff));
    out(rbcr1, static_cast<int>(count >> 8));
    out(rsar0, static_cast<int>(address & 0xff));
    out(rsar1, static_cast<int>(address >> 8));
    out(cmd, direction | start);
  }
  Bytes read_memory(u32 address, u32 count) {
    set_remote(remote_read, address, count);
    Bytes bytes;
    for (u32 n = 0; n < count / 2; ++n) {
      const u16 word = in_data();
      bytes.push_back(static_cast<u8>(word));
      bytes.push_back(static_cast<u8>(word >> 8));
    }
    if (count % 2) bytes.push_back(in(data));
    EXPECT_TRUE(in(isr)&isr_done);
    out(isr, isr_done);
    return bytes;
  }
  void write_memory(u32 address, Bytes bytes) {
    if (bytes.size() % 2) bytes.push_back(0);
    set_remote(remote_write, address, static_cast<u32>(bytes.size()));
    for (std::size_t n = 0; n < bytes.size(); n += 2) {
      card.out16(card.base[0] + data, static_cast<u16>(bytes[n] | bytes[n + 1] << 8));
    }
    EXPECT_TRUE(in(isr)&isr_done);
    out(isr, isr_done);
  }
  // NS8390_init(dev, 1)
  void open(u8 stop_page = ring_stop) {
    out(cmd, no_dma | stop);
    out(dcr, 0x49);
    out(rbcr0, 0);
    out(rbcr1, 0);
    out(rcr, 0x20);
    out(tcr, 0x02);
    out(tpsr, transmit_page);
    out(pstart, ring_start);
    out(bnry, stop_page - 1);
    out(pstop, stop_page);
    out(isr, 0xff);
    out(imr, 0);
    out(cmd, no_dma | page_1 | stop);
    for (u32 n = 0; n < own.size(); ++n) out(1 + n, own[n]);
    out(7, ring_start);
    out(cmd, no_dma | start);
    out(isr, 0xff);
    out(imr, 0x3f);
    out(tcr, 0);
    out(rcr, 0x04);
  }
  u8 current_page() {
    out(cmd, no_dma | page_1 | start);
    const u8 page = in(7);
    out(cmd, no_dma | start);
    return page;
  }
  void arrive(const Bytes& frame) { wire.on_receive(frame); }
  // ei_receive: the next frame of the ring, with its header checked; empty if there is none.
  Bytes take(u8 first_page = ring_start, u8 stop_page = ring_stop) {
    u8 page = static_cast<u8>(in(bnry) + 1);
    if (page >= stop_page) page = first_page;
    if (page == current_page()) return {};
    const Bytes header = read_memory(page * 256u, 4);
    const u32 length = header[2] + header[3] * 256u - 4;
    Bytes frame = read_memory(page * 256u + 4, length);
    EXPECT_EQ(header[0] & 1, 1);
    out(bnry, header[1] == first_page ? stop_page - 1 : header[1] - 1);
    return frame;
  }

  Wire wire;
  Ne2000 nic{wire, own};
  PciCard card{nic};
};

TEST_F(Ne2000Test, WhatFirmwareFindsInConfigurationSpace) {
  EXPECT_EQ(nic.config_read(0, 4), 0x8029'10ecu);
  EXPECT_EQ(nic.config_read(0xa, 2), 0x0200u);
  EXPECT_EQ(nic.config_read(0x3d, 1), 1u);
  nic.config_write(0x10, 4, ~0u);
  EXPECT_EQ(nic.config_read(0x10, 4), 0xffff'ff01u);
}

// ne2k_pci_init_one
TEST_F(Ne2000Test, LinuxProbe) {
  EXPECT_NE(in(cmd), 0xff);
  out(cmd, no_dma | page_1 | stop);
  const u8 before = in(0xd);
  out(0xd, 0xff);
  out(cmd, no_dma);
  in(0xd);
  EXPECT_EQ(in(0xd), 0) << "a tally counter, cleared by reading";
  out(0xd, before);
  out(reset_port, in(reset_port));
  EXPECT_TRUE(in(isr)&isr_reset);
  out(isr, 0xff);
  out(cmd, no_dma | stop);
  out(dcr, 0x49);
  out(imr, 0);
  out(isr, 0xff);
  out(rcr, 0x20);
  out(tcr, 0x02);
  set_remote(remote_read, 0, 32);
  Bytes prom(32);
  for (u8& byte : prom) byte = in(data);  // byte reads of a word-wide port
  EXPECT_TRUE(std::equal(own.begin(), own.end(), prom.begin()));
  EXPECT_EQ(prom[14], 0x57);
  EXPECT_EQ(prom[15], 0x57);
  out(cmd, no_dma);
  EXPECT_EQ(in(0xa), 0x50);
  EXPECT_EQ(in(0xb), 0x43);
}

TEST_F(Ne2000Test, PromHasEveryByteTwice) {
  open();
  const Bytes prom = read_memory(0, 32);
  for (u32 n = 0; n < 16; ++n) EXPECT_EQ(prom[2 * n], prom[2 * n + 1]);
  EXPECT_EQ(prom[10], own[5]);
  write_memory(0, {1, 2, 3, 4});
  EXPECT_EQ(read_memory(0, 32), prom) << "it cannot be written";
}

TEST_F(Ne2000Test, PacketMemory) {
  open();
  const Bytes text = frame_to(own, 1000);
  write_memory(0x4000, text);
  EXPECT_EQ(read_memory(0x4000, 1000), text);
  EXPECT_EQ(read_memory(0x3ffe, 4), (Bytes{0xff, 0xff, text[0], text[1]}));
  write_memory(0xbffe, {1, 2, 3, 4});
  EXPECT_EQ(read_memory(0xbffe, 4), (Bytes{1, 2, 0xff, 0xff}));
}

TEST_F(Ne2000Test, PortsOfEveryWidth) {
  open();
  write_memory(0x5000, {1, 2, 3, 4, 5, 6, 7, 8});
  set_remote(remote_read, 0x5000, 8);
  EXPECT_EQ(card.in32(card.base[0] + data), 0x0403'0201u);
  EXPECT_FALSE(in(isr)&isr_done);
  EXPECT_EQ(in(data), 5) << "moves a word";
  EXPECT_EQ(in_data(), 0x0807);
  EXPECT_TRUE(in(isr)&isr_done);
  out(isr, isr_done);
  out(dcr, 0x48);  // byte-wide
  set_remote(remote_read, 0x5000, 2);
  EXPECT_EQ(in(data), 1);
  EXPECT_EQ(in(data), 2);
  EXPECT_TRUE(in(isr)&isr_done);
  out(isr, isr_done);
  set_remote(remote_write, 0x5000, 4);
  card.out32(card.base[0] + data, 0x0a0b'0c0d);
  EXPECT_TRUE(in(isr)&isr_done);
  out(dcr, 0x49);
  EXPECT_EQ(read_memory(0x5000, 4), (Bytes{0x0d, 0x0c, 0x0b, 0x0a}));
}

TEST_F(Ne2000Test, WritingStopsWithTheCount) {
  open();
  write_memory(0x5000, {1, 2, 3, 4});
  set_remote(remote_write, 0x5000, 2);
  card.out32(card.base[0] + data, 0x0908'0706);
  card.out16(card.base[0] + data, 0x5555);
  EXPECT_EQ(read_memory(0x5000, 4), (Bytes{6, 7, 3, 4}));
}

TEST_F(Ne2000Test, RemoteTransferOfNothingIsDoneAtOnce) {
  open();
  EXPECT_FALSE(in(isr)&isr_done);
  set_remote(remote_read, 0x4000, 0);
  EXPECT_TRUE(in(isr)&isr_done);
}

TEST_F(Ne2000Test, RemoteReadWrapsWithTheRing) {
  open();
  write_memory(ring_start * 256u, {9, 8});
  write_memory(ring_stop * 256u - 2, {1, 2});
  EXPECT_EQ(read_memory(ring_stop * 256u - 2, 4), (Bytes{1, 2, 9, 8}));
}

// ne2k_pci_block_output, NS8390_trigger_send, ei_tx_intr
TEST_F(Ne2000Test, Sending) {
  open();
  const Bytes frame = frame_to(broadcast, 61);
  write_memory(transmit_page * 256u, frame);
  EXPECT_FALSE(nic.interrupt.asserted());
  out(tpsr, transmit_page);
  out(tbcr0, 61);
  out(tbcr1, 0);
  out(cmd, no_dma | transmit | start);
  ASSERT_EQ(wire.sent.size(), 1u);
  EXPECT_EQ(wire.sent[0], frame);
  EXPECT_EQ(in(cmd)&transmit, 0);
  EXPECT_EQ(in(isr), isr_transmitted);
  EXPECT_EQ(in(tpsr)&1, 1) << "transmit status";
  EXPECT_TRUE(nic.interrupt.asserted());
  out(isr, isr_transmitted);
  EXPECT_FALSE(nic.interrupt.asserted());
}

TEST_F(Ne2000Test, NothingGoesOutFromBeyondTheMemoryOrInLoopback) {
  open();
  const struct {
    u8 page, loopback;
    u32 count;
    bool sent;
  } cases[] = {{0x40, 0, 60, true},   {0x40, 2, 60, false},   {0x40, 0, 0, false},     {0x00, 0, 60, false},
               {0xbf, 0, 256, true},  {0xbf, 0, 257, false},  {0xc0, 0, 60, false},    {0xff, 0, 60, false},
               {0x40, 0, 1518, true}, {0x40, 0, 1519, false}, {0x40, 0, 0xffff, false}};
  for (const auto& test : cases) {
    wire.sent.clear();
    out(tcr, test.loopback);
    out(tpsr, test.page);
    out(tbcr0, static_cast<int>(test.count & 0xff));
    out(tbcr1, static_cast<int>(test.count >> 8));
    out(cmd, no_dma | transmit | start);
    EXPECT_EQ(wire.sent.size(), test.sent ? 1u : 0u) << std::hex << int{test.page} << ' ' << test.count;
    EXPECT_TRUE(in(isr)&isr_transmitted);
    out(isr, 0xff);
  }
}

TEST_F(Ne2000Test, Receiving) {
  open();
  arrive(frame_to(own, 100));
  EXPECT_EQ(in(isr), isr_received);
  EXPECT_TRUE(nic.interrupt.asserted());
  EXPECT_EQ(current_page(), ring_start + 1);
  EXPECT_EQ(read_memory(ring_start * 256u, 4), (Bytes{0x01, ring_start + 1, 104, 0}));
  EXPECT_EQ(take(), frame_to(own, 100));
  EXPECT_EQ(take(), Bytes{});
  out(isr, isr_received);
  EXPECT_FALSE(nic.interrupt.asserted());
}

TEST_F(Ne2000Test, ShortFramesArePadded) {
  open();
  arrive(frame_to(own, 42));
  Bytes padded = frame_to(own, 42);
  padded.resize(60);
  EXPECT_EQ(take(), padded);
}

// A frame ends where its checksum would: with header and checksum 256 bytes fill one page, 257 need two.
TEST_F(Ne2000Test, PagesOfAFrame) {
  open();
  arrive(frame_to(own, 248));
  EXPECT_EQ(current_page(), ring_start + 1);
  arrive(frame_to(own, 249));
  EXPECT_EQ(current_page(), ring_start + 3);
  arrive(frame_to(own, 1514));
  EXPECT_EQ(current_page(), ring_start + 9);
}

TEST_F(Ne2000Test, FramesWrapAroundTheRing) {
  open();
  for (u8 n = 0; n < 200; ++n) {
    const std::size_t size = 60 + (n * 97u) % 1455;
    arrive(frame_to(own, size, n));
    ASSERT_EQ(take(), frame_to(own, size, n)) << int{n};
  }
}

TEST_F(Ne2000Test, Overflow) {
  open(ring_start + 9);
  const u8 last = ring_start + 9;
  arrive(frame_to(own, 1514, 1));  // six pages of nine; the boundary page and the one before stay free
  EXPECT_EQ(in(isr), isr_received);
  arrive(frame_to(own, 300, 2));
  EXPECT_EQ(in(isr), isr_received | isr_overflow);
  EXPECT_EQ(in(0xf), 1) << "frames missed";
  EXPECT_EQ(in(0xf), 0);
  out(isr, 0xff);
  arrive(frame_to(own, 200, 3));
  EXPECT_EQ(in(isr), isr_received) << "a small one fits";
  EXPECT_EQ(take(ring_start, last), frame_to(own, 1514, 1));
  EXPECT_EQ(take(ring_start, last), frame_to(own, 200, 3));
  EXPECT_EQ(take(ring_start, last), Bytes{});
}

// Of 01:00:5e:00:00:01: the upper six bits of its CRC, as Linux's ether_crc() computes it.
constexpr int hash_of_all_systems = 31;

struct FilterCase {
  u8 config;
  MacAddress to;
  bool taken;
};

TEST_F(Ne2000Test, AddressFilter) {
  constexpr MacAddress other{0x52, 0x54, 0, 0x12, 0x34, 0x57}, group{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
  const FilterCase cases[] = {{0, own, true},    {0, broadcast, false}, {4, broadcast, true},
                              {0, other, false}, {0x10, other, true},   {0, group, false},
                              {8, group, true},  {8, own, true},        {8 | 0x20, group, false}};
  open();
  out(cmd, no_dma | page_1 | start);
  std::vector<int> accepting;  // filter bits that let the group through
  for (int bit = 0; bit < 64; ++bit) {
    for (u32 n = 0; n < 8; ++n) out(8 + n, n == static_cast<u32>(bit / 8) ? 1 << bit % 8 : 0);
    out(cmd, no_dma | start);
    out(rcr, 8);
    const u8 before = current_page();
    arrive(frame_to(group, 60));
    if (current_page() != before) accepting.push_back(bit);
    out(cmd, no_dma | page_1 | start);
  }
  EXPECT_EQ(accepting, std::vector{hash_of_all_systems});
  for (u32 n = 0; n < 8; ++n) out(8 + n, 0xff);
  out(cmd, no_dma | start);
  for (const FilterCase& test : cases) {
    while (!take().empty()) {
    }
    out(rcr, test.config);
    const u8 before = current_page();
    arrive(frame_to(test.to, 60));
    EXPECT_EQ(current_page() != before, test.taken) << int{test.config} << ' ' << int{test.to[0]};
  }
}

TEST_F(Ne2000Test, GroupFramesSayThatTheyAre) {
  open();
  arrive(frame_to(broadcast, 60));
  EXPECT_EQ(read_memory(ring_start * 256u, 1)[0], 0x21);
  EXPECT_EQ(in(0xc), 0x21);
}

TEST_F(Ne2000Test, AStoppedCardHearsNothing) {
  arrive(frame_to(broadcast, 60));
  open();
  out(cmd, no_dma | stop);
  EXPECT_TRUE(in(isr)&isr_reset);
  arrive(frame_to(own, 60));
  out(cmd, no_dma | start);
  EXPECT_FALSE(in(isr)&isr_reset);
  EXPECT_EQ(take(), Bytes{});
}

TEST_F(Ne2000Test, OtherPages) {
  open();
  out(cmd, no_dma | page_2 | start);
  EXPECT_EQ(in(1), ring_start);
  EXPECT_EQ(in(2), ring_stop);
  EXPECT_EQ(in(0xf), 0x3f);
  out(cmd, no_dma | page_3 | start);
  EXPECT_EQ(in(3), 0);
  EXPECT_EQ(in(6), 0x40);
  EXPECT_EQ(in(0x20), 0xff) << "beyond the ports";
  EXPECT_EQ(card.in16(card.base[0]), 0xffff) << "registers are bytes";
}

TEST_F(Ne2000Test, ResetForgetsEverything) {
  open();
  arrive(frame_to(own, 60));
  ASSERT_TRUE(nic.interrupt.asserted());
  nic.reset();
  EXPECT_FALSE(nic.interrupt.asserted());
  EXPECT_TRUE(nic.windows().empty());
}

// Whatever is programmed, memory beyond the card's is not touched: the sanitizers watch.
TEST_F(Ne2000Test, HostileProgramming) {
  std::mt19937 random(3);
  std::size_t bytes_sent = 0;
  for (int n = 0; n < 300'000; ++n) {
    const u32 port = random() % 4 ? random() % 16 : random() % 0x24;
    switch (random() % 6) {
      case 0: in(port); break;
      case 1: card.in32(card.base[0] + port); break;
      case 2: card.out32(card.base[0] + port, static_cast<u32>(random())); break;
      case 3: arrive(frame_to(random() % 2 ? own : broadcast, random() % 1700)); break;
      default: out(port, static_cast<int>(random() & 0xff)); break;
    }
    for (const Bytes& frame : wire.sent) {
      ASSERT_LE(frame.size(), 1518u);
      bytes_sent += frame.size();
    }
    wire.sent.clear();
  }
  EXPECT_GT(bytes_sent, 0u);
  open();
  arrive(frame_to(own, 100));
  EXPECT_EQ(take(), frame_to(own, 100));
}

}  // namespace
}  // namespace quince::devices
