// PCI: a device's configuration space and address windows, and the bus that finds them (PCI Local Bus
// Specification 2.1, chapter 6). All numbers in this header are little-endian ones: byte 0 is the lowest.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "devices/irq_line.h"
#include "devices/mmio.h"

namespace quince::devices {

namespace pci_register {
inline constexpr u32 vendor_id = 0x00, device_id = 0x02, command = 0x04, status = 0x06, revision_id = 0x08,
                     class_code = 0x09, cache_line_size = 0x0c, latency_timer = 0x0d, header_type = 0x0e,
                     base_address = 0x10, subsystem_vendor_id = 0x2c, subsystem_id = 0x2e,
                     expansion_rom = 0x30, interrupt_line = 0x3c, interrupt_pin = 0x3d, end = 0x100;
}
namespace pci_command {
inline constexpr u16 io_space = 1, memory_space = 2, bus_master = 4, parity_response = 0x40, serr = 0x100;
}

enum class PciSpace : u8 { memory, io };

// A range of addresses that a device answers now.
struct PciWindow {
  PciSpace space;
  u32 base;
  u32 size;
  MmioDevice* target;
};

// One function of one device. A model derives from it, says what it is and which windows it has, and owns the
// targets.
class PciDevice {
 public:
  struct Identity {
    u16 vendor, device;
    u32 class_code;  // base class << 16 | sub-class << 8 | programming interface
    u8 revision = 0;
    u8 interrupt_pin = 0;                               // 0: none, 1: INTA
    u16 subsystem_vendor = 0x1af4, subsystem = 0x1100;  // as the peers of this board have them
  };
  static constexpr unsigned bars = 6;

  virtual ~PciDevice() = default;
  PciDevice(const PciDevice&) = delete;
  PciDevice& operator=(const PciDevice&) = delete;

  // offset + bytes <= 256; bytes: 1, 2 or 4. Bits that no register implements read 0 and ignore writes.
  u32 config_read(u32 offset, unsigned bytes) const;
  void config_write(u32 offset, unsigned bytes, u32 value);

  // What the device decodes at present: BARs that have an address, and fixed ranges, if the command register
  // enables their space. `base` is what the register holds: a guest can put it anywhere, even across the end
  // of the space.
  std::vector<PciWindow> windows() const;
  // Called whenever windows() may have changed.
  void on_windows_changed(std::function<void()> listener) { listener_ = std::move(listener); }
  bool may_master_bus() const;

  // Power-on state: configuration registers as declared. Models with state of their own override it, and call
  // this.
  virtual void reset();

  IrqLine interrupt;  // INTA

 protected:
  explicit PciDevice(const Identity& identity);

  // size: a power of two, at least 16 (memory) or 4 (I/O). The target outlives the device.
  void add_bar(unsigned index, PciSpace space, u32 size, MmioDevice& target, bool prefetchable = false);
  void add_expansion_rom(u32 size, MmioDevice& target);
  // A range that is decoded without a BAR, such as the legacy ports of a VGA.
  void add_fixed_window(PciSpace space, u32 base, u32 size, MmioDevice& target);
  // Declares a register beyond the standard ones: its value after reset and the bits that software can
  // change.
  void add_register(u32 offset, unsigned bytes, u32 reset_value, u32 writable);

 private:
  struct Bar {
    u32 offset;  // in configuration space
    PciSpace space;
    u32 size;
    MmioDevice* target;
    u32 enable_mask;  // bits of the register itself that must be set
  };
  u16 command() const { return static_cast<u16>(config_read(pci_register::command, 2)); }

  std::array<u8, pci_register::end> config_{}, at_reset_{}, writable_{};
  std::vector<Bar> bars_;
  std::vector<PciWindow> fixed_;
  std::function<void()> listener_;
};

// One bus segment: 32 device numbers, function 0 of each.
class PciBus {
 public:
  static constexpr unsigned slots = 32;

  void add(unsigned slot, PciDevice& device);  // the slot is free; the device outlives the bus
  PciDevice* device(unsigned slot) const { return slot < slots ? devices_[slot] : nullptr; }
  void on_windows_changed(std::function<void()> listener) { listener_ = std::move(listener); }

  // Every window that some device decodes. If two overlap the first one found answers.
  std::vector<PciWindow> windows() const;

 private:
  std::array<PciDevice*, slots> devices_{};
  std::function<void()> listener_;
};

}  // namespace quince::devices
