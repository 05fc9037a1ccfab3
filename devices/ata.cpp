#include "devices/ata.h"

namespace quince::devices {

namespace {

// Register numbers: offset / 16.
constexpr u32 register_shift = 4;
constexpr u32 status_command = 7, first_control = 0x08, second_control = 0x16;
constexpr u32 timing_offset = 0x200;

enum DeviceControl : u8 { interrupts_off = 0x02, software_reset = 0x04, high_order_byte = 0x80 };

constexpr unsigned device_select_bit = 4;
constexpr u8 execute_device_diagnostic = 0x90;

constexpr bool is_control(u32 number) { return number == first_control || number == second_control; }

}  // namespace

MacIoAta::MacIoAta(Scheduler& scheduler, DbdmaChannel& dma)
    : dma_(dma), nothing_{NoDrive(scheduler), NoDrive(scheduler)}, drives_{&nothing_[0], &nothing_[1]} {
  dma.connect(*this);
}

void MacIoAta::attach(unsigned position, AtaDrive& drive) {
  drives_[position] = &drive;
  drive.on_interrupt_changed = [this] { update_interrupt(); };
  drive.on_dma_ready = [this] { dma_.service(); };
}

void MacIoAta::reset() {
  for (AtaDrive* drive : drives_) drive->power_on();
  selected_ = 0;
  control_ = 0;
  timing_ = 0;
  update_interrupt();
}

u64 MacIoAta::read(u32 offset, unsigned bytes) {
  if (offset == timing_offset && bytes == 4) return reverse_bytes(timing_, bytes);
  const u32 number = offset >> register_shift;
  if (empty() || offset % (1U << register_shift) != 0) return 0;
  if (number != 0) return bytes == 1 ? read_register(number) : 0;

  std::array<u8, 8> data;
  selected().read_data(std::span(data).first(bytes));
  u64 value = 0;
  for (unsigned n = 0; n < bytes; ++n) value = value << 8 | data[n];
  return value;
}

void MacIoAta::write(u32 offset, unsigned bytes, u64 value) {
  if (offset == timing_offset && bytes == 4) timing_ = static_cast<u32>(reverse_bytes(value, bytes));
  const u32 number = offset >> register_shift;
  if (empty() || offset % (1U << register_shift) != 0) return;
  if (number != 0) {
    if (bytes == 1) write_register(number, static_cast<u8>(value));
    return;
  }
  std::array<u8, 8> data;
  for (unsigned n = 0; n < bytes; ++n) data[n] = static_cast<u8>(value >> 8 * (bytes - 1 - n));
  selected().write_data(std::span(data).first(bytes));
}

u8 MacIoAta::read_register(u32 number) {
  if (is_control(number)) return selected().status();
  if (number > status_command) return 0;
  if (number < status_command)
    return selected().read(AtaRegister{static_cast<u8>(number)}, control_ & high_order_byte);
  selected().acknowledge_interrupt();
  return selected().status();
}

// Both drives hear every write; only commands are for one of them.
void MacIoAta::write_register(u32 number, u8 value) {
  if (is_control(number)) return control(value);
  if (number > status_command) return;
  control_ &= static_cast<u8>(~high_order_byte);
  if (number == status_command) return command(value);

  const AtaRegister which{static_cast<u8>(number)};
  for (AtaDrive* drive : drives_) drive->write(which, value);
  if (which == AtaRegister::device) {
    selected_ = value >> device_select_bit & 1;
    update_interrupt();
    dma_.service();  // the drive selected now may be the one that has data
  }
}

void MacIoAta::command(u8 code) {
  if (code == execute_device_diagnostic) drives_[selected_ ^ 1]->diagnose();
  selected().command(code);
}

void MacIoAta::control(u8 value) {
  const u8 before = control_;
  control_ = value;
  if (((value | before) & software_reset) != 0) {  // at its beginning and at its end
    for (AtaDrive* drive : drives_) drive->reset();
    selected_ = 0;
  }
  update_interrupt();
}

void MacIoAta::update_interrupt() {
  interrupt.set(selected().interrupt_pending() && (control_ & interrupts_off) == 0);
}

}  // namespace quince::devices
