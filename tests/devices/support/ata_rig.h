// An ATA channel on a bench: cell, DBDMA channel, memory and time, driven by registers as operating systems
// do.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "devices/ata.h"
#include "tests/devices/support/fake_memory.h"
#include "tests/devices/support/fake_scheduler.h"
#include "tests/devices/support/memory_storage.h"

namespace quince::devices {

class AtaRig : public testing::Test {
 protected:
  // Offsets in the cell.
  static constexpr u32 data = 0x00, error = 0x10, features = 0x10, sector_count = 0x20, lba_low = 0x30,
                       lba_mid = 0x40, lba_high = 0x50, device = 0x60, status = 0x70, command = 0x70,
                       alternate = 0x160;
  static constexpr u32 control = 0x160;
  static constexpr u8 bsy = 0x80, drdy = 0x40, drq = 0x08, err = 0x01;
  static constexpr u8 idle = 0x50, idle_drq = 0x58, idle_error = 0x51;
  static constexpr u8 nien = 0x02, srst = 0x04;
  static constexpr u32 list = 0x1000;

  AtaRig() {
    cell.interrupt.connect([this](bool asserted) { interrupts += asserted; });
  }

  u8 in(u32 offset) { return static_cast<u8>(cell.read(offset, 1)); }
  void out(u32 offset, u8 value) { cell.write(offset, 1, value); }
  std::vector<u8> in_data(std::size_t bytes) {
    std::vector<u8> result;
    while (result.size() < bytes) {
      const u64 value = cell.read(data, 2);
      result.push_back(static_cast<u8>(value >> 8));
      result.push_back(static_cast<u8>(value));
    }
    result.resize(bytes);
    return result;
  }
  void out_data(std::span<const u8> bytes) {
    for (std::size_t n = 0; n < bytes.size(); n += 2)
      cell.write(data, 2, static_cast<u64>(bytes[n] << 8 | bytes[n + 1]));
  }
  // Polls as drivers without interrupts do.
  bool wait_not_busy() {
    return scheduler.run_until([this] { return (in(alternate)&bsy) == 0; });
  }
  bool wait_interrupt() {
    return scheduler.run_until([this] { return cell.interrupt.asserted(); });
  }
  // Reads the status register, which also acknowledges.
  u8 finish() {
    EXPECT_TRUE(wait_interrupt());
    const u8 found = in(status);
    EXPECT_FALSE(cell.interrupt.asserted());
    return found;
  }

  u32 dma(u32 offset) { return static_cast<u32>(reverse_bytes(dbdma.read(0xb00 + offset, 4), 4)); }
  void dma(u32 offset, u32 value) { dbdma.write(0xb00 + offset, 4, reverse_bytes(value, 4)); }
  static constexpr u32 run = 0x8000, active = 0x0400;
  // The list that Linux's pata_macio makes.
  void make_list(bool to_memory, u32 address, u32 bytes, u32 segment = 0xff00) {
    u32 at = list;
    while (bytes != 0) {
      const u32 part = std::min(bytes, segment);
      const u32 opcode = (to_memory ? 2 : 0) + (part == bytes ? 1 : 0);
      put_descriptor(memory, at, opcode << 12, part, address);
      address += part, bytes -= part, at += 16;
    }
    put_descriptor(memory, at, 0x7000, 0, 0);
  }
  void start_dma() {
    dma(0x00, run << 16 | run);
    dma(0x00);
  }
  // As pata_macio ends a command; what it found in the status.
  u32 stop_dma() {
    const u32 found = dma(0x04);
    if ((found & active) != 0) dma(0x00, 0x2000'2000);
    EXPECT_EQ(dma(0x04) & 0x2000, 0U);
    dma(0x00, 0x9800'0000);
    EXPECT_EQ(dma(0x04) & run, 0U);
    return found;
  }
  std::span<const u8> memory_at(u32 address, std::size_t bytes) const {
    return std::span(memory.bytes).subspan(address, bytes);
  }

  FakeScheduler scheduler{true};
  FakeMemory memory{4 << 20};
  Dbdma dbdma{scheduler, memory};
  MacIoAta cell{scheduler, dbdma.channel(0xb)};
  int interrupts = 0;
};

}  // namespace quince::devices
