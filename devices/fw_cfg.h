// The firmware configuration port that OpenBIOS reads on this board: numbered items, selected by a 16-bit key
// and read a byte at a time. Not hardware of the Macintosh; the interface is QEMU's (docs/specs/fw_cfg of
// that project).
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "devices/mmio.h"

namespace quince::devices {

namespace fw_cfg_key {
inline constexpr u16 signature = 0x00, interface_id = 0x01, uuid = 0x02, ram_size = 0x03, no_graphic = 0x04,
                     cpus = 0x05, machine_id = 0x06, kernel_address = 0x07, kernel_size = 0x08,
                     command_line_address = 0x09, initrd_address = 0x0a, initrd_size = 0x0b,
                     boot_device = 0x0c, boot_menu = 0x0e, max_cpus = 0x0f, file_directory = 0x19;
// The namespace of the PowerPC machines.
inline constexpr u16 width = 0x8000, height = 0x8001, depth = 0x8002, timebase_frequency = 0x8003,
                     clock_frequency = 0x8004, is_kvm = 0x8005, nvram_address = 0x8008,
                     bus_frequency = 0x8009, via_config = 0x800b;
}  // namespace fw_cfg_key

class FwCfg final : public MmioDevice {
 public:
  // The board decodes `selector` and `data` at these offsets of one window.
  static constexpr u32 selector = 0, data = 2, window_bytes = 3;

  // Numbers are little-endian whatever the guest.
  void set_u16(u16 key, u16 value) { set_number(key, value, 2); }
  void set_u32(u16 key, u32 value) { set_number(key, value, 4); }
  void set_u64(u16 key, u64 value) { set_number(key, value, 8); }
  void set_bytes(u16 key, std::vector<u8> bytes) { items_[key] = std::move(bytes); }
  // Adds to the directory. At most 55 characters of the name count.
  void add_file(std::string_view name, std::vector<u8> bytes);

  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;

 private:
  void set_number(u16 key, u64 value, unsigned bytes);

  std::map<u16, std::vector<u8>> items_;
  std::vector<u8> directory_ = {0, 0, 0, 0};
  u16 files_ = 0;
  const std::vector<u8>* selected_ = nullptr;
  std::size_t position_ = 0;
};

}  // namespace quince::devices
