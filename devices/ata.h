// The ATA cell of Apple's mac-io chips: one channel of two drives, its registers 16 bytes apart, data by PIO
// or by a DBDMA channel. Facts: Linux, pata_macio.c; measurements.
#pragma once

#include <array>

#include "devices/ata_drive.h"
#include "devices/dbdma.h"
#include "devices/irq_line.h"
#include "devices/mmio.h"

namespace quince::devices {

class MacIoAta final : public MmioDevice, private DbdmaPeer {
 public:
  static constexpr u32 window_bytes = 0x1000;
  static constexpr unsigned drives = 2;

  MacIoAta(Scheduler& scheduler, DbdmaChannel& dma);
  // 0: master, 1: slave. The drive outlives the cell's use of it.
  void attach(unsigned position, AtaDrive& drive);
  void reset();

  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;

  IrqLine interrupt;

 private:
  AtaDrive& selected() const { return *drives_[selected_]; }
  bool empty() const { return drives_[0] == &nothing_[0] && drives_[1] == &nothing_[1]; }
  u8 read_register(u32 number);
  void write_register(u32 number, u8 value);
  void command(u8 code);
  void control(u8 value);
  void update_interrupt();

  std::span<const u8> dma_input() override { return selected().dma_input(); }
  void dma_input_taken(std::size_t bytes) override { selected().dma_input_taken(bytes); }
  std::span<u8> dma_output() override { return selected().dma_output(); }
  void dma_output_given(std::size_t bytes) override { selected().dma_output_given(bytes); }

  DbdmaChannel& dma_;
  std::array<NoDrive, drives> nothing_;
  std::array<AtaDrive*, drives> drives_;
  unsigned selected_ = 0;
  u8 control_ = 0;
  u32 timing_ = 0;  // kept for software; transfers take the time that the drives need
};

}  // namespace quince::devices
