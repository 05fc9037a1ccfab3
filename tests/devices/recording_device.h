// A device that remembers its last access and answers with a number that tells where it was asked.
#pragma once

#include "devices/mmio.h"

namespace quince::devices {

class RecordingDevice final : public MmioDevice {
 public:
  explicit RecordingDevice(u8 name) : name_(name) {}
  u32 offset = ~0u;
  unsigned bytes = 0;
  u64 value = 0;

  u64 read(u32 at, unsigned count) override {
    offset = at, bytes = count;
    return u64{name_} << 8 * (count - 1);
  }
  void write(u32 at, unsigned count, u64 written) override { offset = at, bytes = count, value = written; }

 private:
  u8 name_;
};

}  // namespace quince::devices
