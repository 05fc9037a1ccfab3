// The interrupt controller of Heathrow, the mac-io chip of the Beige G3: 64 sources in two groups of 32, one
// output to the processor. Facts: Linux, arch/powerpc/platforms/powermac/pic.c; DingusPPC, heathrow.md;
// measurements.
#pragma once

#include <array>
#include <functional>

#include "devices/irq_line.h"
#include "devices/mmio.h"

namespace quince::devices {

class HeathrowPic final : public LittleEndianDevice {
 public:
  static constexpr unsigned sources = 64;
  static constexpr u32 window_offset = 0x10, window_bytes = 0x20;  // within mac-io

  // n < sources. The line must be set to 1 and back by its device: events are edges.
  void set_source(unsigned n, bool asserted);
  IrqLine output;
  std::function<void(unsigned n, bool asserted)> on_source_changed;  // for who watches it
  void reset();

 protected:
  u64 read_le(u32 offset, unsigned bytes) override;
  void write_le(u32 offset, unsigned bytes, u64 value) override;

 private:
  struct Group {
    u32 event = 0;  // latched rising edges
    u32 mask = 0;   // 1: enabled
    u32 level = 0;  // the lines as they are
    u32 level_triggered = 0;
    u32 pending() const { return (event | (level & level_triggered)) & mask; }
  };
  void update();

  // The register file starts with the high group.
  std::array<Group, 2> groups_ = initial();
  static std::array<Group, 2> initial();
};

}  // namespace quince::devices
