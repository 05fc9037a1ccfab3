// The display adapter of the board: the "standard VGA" of QEMU and Bochs, PCI 1234:1111. A linear frame
// buffer whose geometry is set through the Bochs dispi registers, and as much of a VGA as drivers expect
// beside it: the palette, and registers that keep what is written. The VGA's own text and planar modes are
// not shown. Facts: QEMU's docs/specs/standard-vga; Linux, bochs.c and video/vga.h; measurements.
#pragma once

#include <array>
#include <bitset>
#include <memory>

#include "devices/display.h"
#include "devices/edid.h"
#include "devices/pci.h"
#include "devices/scheduler.h"

namespace quince::devices {

class Vga final : public PciDevice, public Display {
 public:
  static constexpr u32 memory_bytes = 16 << 20, register_bytes = 0x1000;
  static constexpr u32 most_columns = 16000, most_lines = 12000;

  // The scheduler says when the beam is where.
  explicit Vga(Scheduler& scheduler);

  Frame frame() const override;
  Changes take_changes() override;
  // Asks the processor to call memory() of this window again before it stores to the page at this offset:
  // how stores are noticed without a tax on them. Without it all is well, but for changes.
  std::function<void(const MmioDevice& window, u32 offset)> watch_page;
  std::span<u8> memory() { return {memory_.get(), memory_bytes}; }
  // Registers as at power-on: no picture. What is in the frame buffer stays.
  void reset() override;

 private:
  class FrameBuffer final : public MmioDevice {
   public:
    explicit FrameBuffer(Vga& vga) : vga_(vga) {}
    u64 read(u32 offset, unsigned bytes) override;
    void write(u32 offset, unsigned bytes, u64 value) override;
    u8* memory(u32 offset, bool write) override {
      if (write) vga_.drawn(offset);
      return &vga_.memory_[offset];
    }

   private:
    Vga& vga_;
  };
  // Base address register 2.
  class RegisterWindow final : public LittleEndianDevice {
   public:
    explicit RegisterWindow(Vga& vga) : vga_(vga) {}

   protected:
    u64 read_le(u32 offset, unsigned bytes) override;
    void write_le(u32 offset, unsigned bytes, u64 value) override;

   private:
    Vga& vga_;
  };
  // The ports of a VGA, from `first` on.
  class VgaPorts final : public LittleEndianDevice {
   public:
    VgaPorts(Vga& vga, u32 first) : vga_(vga), first_(first) {}

   protected:
    u64 read_le(u32 offset, unsigned bytes) override { return vga_.read_ports(first_ + offset, bytes); }
    void write_le(u32 offset, unsigned bytes, u64 value) override {
      vga_.write_ports(first_ + offset, bytes, value);
    }

   private:
    Vga& vga_;
    u32 first_;
  };
  // Index and data of the dispi registers.
  class DispiPorts final : public LittleEndianDevice {
   public:
    explicit DispiPorts(Vga& vga) : vga_(vga) {}

   protected:
    u64 read_le(u32 offset, unsigned bytes) override;
    void write_le(u32 offset, unsigned bytes, u64 value) override;

   private:
    Vga& vga_;
  };
  struct Unmap {
    void operator()(u8* memory) const;
  };

  enum Dispi : u16 {
    id,
    x_resolution,
    y_resolution,
    bits_per_pixel,
    enable,
    bank,
    virtual_width,
    virtual_height,
    x_offset,
    y_offset,
    memory_in_64k,
    dispi_registers
  };
  bool enabled() const;
  u32 bytes_per_pixel() const { return (dispi_[bits_per_pixel] + 7u) / 8; }
  u32 stride() const { return dispi_[virtual_width] * bytes_per_pixel(); }
  u16 read_dispi(u32 index) const;
  void write_dispi(u32 index, u16 value);
  void set_enable(u16 value);
  void settle_geometry();
  void clear_picture();

  u64 read_ports(u32 port, unsigned bytes);
  void write_ports(u32 port, unsigned bytes, u64 value);
  u8 read_port(u32 port);
  void write_port(u32 port, u8 value);
  void write_attribute(u8 value);
  void write_crtc(u8 value);
  u8 read_palette();
  void write_palette(u8 value);
  u8 input_status() const;

  static constexpr u32 watched_bytes = 4096;  // pages of the processor
  void drawn(u32 offset);
  void changed();

  u32 colour(u8 index) const;

  Scheduler& scheduler_;
  std::unique_ptr<u8[], Unmap> memory_;
  FrameBuffer frame_buffer_{*this};
  RegisterWindow register_window_{*this};
  VgaPorts monochrome_ports_{*this, 0x3b4}, monochrome_status_port_{*this, 0x3ba},
      common_ports_{*this, 0x3c0}, colour_ports_{*this, 0x3d4}, colour_status_port_{*this, 0x3da};
  DispiPorts dispi_ports_{*this};
  const Edid edid_ = make_edid();

  std::array<u16, dispi_registers> dispi_{};
  u16 dispi_index_ = 0;
  bool big_endian_ = true;

  u8 miscellaneous_ = 0, feature_ = 0;
  u8 sequencer_index_ = 0, graphics_index_ = 0, crtc_index_ = 0, attribute_index_ = 0;
  bool attribute_data_next_ = false;  // the one port takes index and data in turn
  std::array<u8, 8> sequencer_{};
  std::array<u8, 16> graphics_{};
  std::array<u8, 32> crtc_{}, attribute_{};

  struct Dac {
    std::array<std::array<u8, 3>, 256> colours{};  // as written: 6 or 8 bits a component
    u8 mask = 0xff;
    u8 read_index = 0, write_index = 0, component = 0;
    bool reading = false;
  } dac_;

  std::bitset<memory_bytes / watched_bytes>
      drawn_;              // pages that may have been stored to since they were taken
  Frame taken_;            // its shape
  bool announced_ = true;  // on_change has been called, or nobody has taken anything yet
};

}  // namespace quince::devices
