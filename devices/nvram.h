// The NVRAM behind mac-io: 8 KiB of battery-backed memory, one byte in every 16 addresses. Open Firmware
// keeps its variables there, in partitions as the CHRP binding lays them out (PowerPC Microprocessor CHRP
// System Architecture, section 8.5).
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "devices/mmio.h"

namespace quince::devices {

class Nvram final : public MmioDevice {
 public:
  static constexpr u32 size = 8192, stride = 16, window_bytes = size * stride;
  using Contents = std::array<u8, size>;

  Contents contents{};
  // Called after the guest has changed a byte.
  std::function<void(u32 index, u8 value)> on_change;

  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;
};

// A fresh NVRAM: a system partition with these Open Firmware variables ("name=value"), free space, and an
// empty partition as Mac OS X makes it. Variables that do not fit are left out.
Nvram::Contents fresh_nvram(const std::vector<std::string>& variables);

// Gives an Open Firmware variable a value, in the first system partition. Nothing happens if there is none,
// or no room.
void set_nvram_variable(Nvram::Contents& contents, std::string_view name, std::string_view value);

}  // namespace quince::devices
