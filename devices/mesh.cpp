#include "devices/mesh.h"

namespace quince::devices {

namespace {

constexpr u8 command_bits = 0x0f;  // of the sequence register; the rest modifies
enum Command : u8 {
  none,
  arbitrate,
  select,
  command_phase,
  status_phase,
  data_out,
  data_in,
  message_out,
  message_in,
  bus_free,
  enable_parity,
  disable_parity,
  enable_reselection,
  disable_reselection,
  reset_chip,
  flush_fifo
};

constexpr u8 command_done = 1, exception_flag = 2;  // interrupt flags
constexpr u8 selection_timed_out = 1, phase_mismatch = 2;
constexpr u8 heathrow_mesh_id = 4;

}  // namespace

void Mesh::reset() {
  values_ = {};
  values_[mesh_id] = heathrow_mesh_id;
  update();
}

void Mesh::update() { interrupt.set((values_[interrupt_flags] & values_[interrupt_mask]) != 0); }

void Mesh::finish(u8 flags) {
  values_[interrupt_flags] |= flags;
  update();
}

void Mesh::execute(u8 command) {
  switch (static_cast<Command>(command & command_bits)) {
    case none: break;
    case select:
      values_[exception] |= selection_timed_out;
      finish(command_done | exception_flag);
      break;
    case command_phase:
    case status_phase:
    case data_out:
    case data_in:
    case message_out:
    case message_in:  // nobody is connected
      values_[exception] |= phase_mismatch;
      finish(command_done | exception_flag);
      break;
    case reset_chip:
      reset();
      finish(command_done);
      break;
    case arbitrate:
    case bus_free:
    case enable_parity:
    case disable_parity:
    case enable_reselection:
    case disable_reselection:
    case flush_fifo: finish(command_done); break;
  }
}

u64 Mesh::read(u32 offset, unsigned bytes) {
  const u32 number = offset >> 4;
  return bytes == 1 && number < registers ? values_[number] : 0;
}

void Mesh::write(u32 offset, unsigned bytes, u64 wide_value) {
  const u32 number = offset >> 4;
  if (bytes != 1 || number >= registers) return;
  const u8 value = static_cast<u8>(wide_value);
  switch (static_cast<Register>(number)) {
    case sequence:
      values_[sequence] = value;
      execute(value);
      break;
    case interrupt_flags:  // writing ones clears; the causes go with their flag
      values_[interrupt_flags] &= static_cast<u8>(~value);
      if (value & exception_flag) values_[exception] = 0;
      update();
      break;
    case interrupt_mask:
      values_[interrupt_mask] = value;
      update();
      break;
    case count_low:
    case count_high:
    case source_id:
    case destination_id:
    case sync_parameters:
    case selection_timeout: values_[number] = value; break;
    default: break;  // read-only, or leads to a bus where nobody listens
  }
}

}  // namespace quince::devices
