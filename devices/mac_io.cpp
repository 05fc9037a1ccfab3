#include "devices/mac_io.h"

namespace quince::devices {

namespace {

constexpr PciDevice::Identity identity{.vendor = 0x106b, .device = 0x0010, .class_code = 0xff0000};

// Registers of the chip itself, little-endian words.
constexpr u32 control_base = 0x34, control_bytes = 0x0c;
enum Register : u32 { media_bay_id = 0x0, feature_control_register = 0x4, auxiliary_control_register = 0x8 };

}  // namespace

MacIo::MacIo() : PciDevice(identity) {
  add_bar(0, PciSpace::memory, window_bytes, *this);
  attach(HeathrowPic::window_offset, HeathrowPic::window_bytes, interrupts);
  attach(control_base, control_bytes, control_);
}

void MacIo::reset() {
  PciDevice::reset();
  interrupts.reset();
  control_.feature_control = control_.auxiliary_control = 0;
}

u64 MacIo::ControlRegisters::read_le(u32 offset, unsigned bytes) {
  if (bytes != 4) return 0;
  switch (offset) {
    case feature_control_register: return feature_control;
    case auxiliary_control_register: return auxiliary_control;
    default: return 0;
  }
}

// The features are always on: what software writes is kept, so that its read-modify-write sequences work.
void MacIo::ControlRegisters::write_le(u32 offset, unsigned bytes, u64 value) {
  if (bytes != 4) return;
  if (offset == feature_control_register) feature_control = static_cast<u32>(value);
  if (offset == auxiliary_control_register) auxiliary_control = static_cast<u32>(value);
}

}  // namespace quince::devices
