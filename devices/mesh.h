// MESH, the Macintosh Enhanced SCSI Hardware, with nothing connected to it: it arbitrates, and every
// selection times out. Facts: Linux, drivers/scsi/mesh.h.
#pragma once

#include <array>

#include "devices/irq_line.h"
#include "devices/mmio.h"

namespace quince::devices {

class Mesh final : public MmioDevice {
 public:
  static constexpr u32 window_bytes = 0x1000;

  Mesh() { reset(); }
  void reset();
  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;

  IrqLine interrupt;

 private:
  // Bytes, 16 addresses apart.
  enum Register : u32 {
    count_low,
    count_high,
    fifo,
    sequence,
    bus_status_0,
    bus_status_1,
    fifo_count,
    exception,
    error,
    interrupt_mask,
    interrupt_flags,
    source_id,
    destination_id,
    sync_parameters,
    mesh_id,
    selection_timeout,
    registers
  };
  void execute(u8 command);
  void finish(u8 flags);
  void update();

  std::array<u8, registers> values_{};
};

}  // namespace quince::devices
