#include "devices/ata_drive.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace quince::devices {

namespace {

// No command ends, well or badly, before the instruction that wrote the command register has.
constexpr u64 start_of_command_ns = 2'000;
// From one PIO data request to the next: drives have 400 ns to say that they are busy. Open Firmware looks
// two microseconds after a block, and waits a millisecond if the next one is not there.
constexpr u64 between_blocks_ns = 400;
constexpr u64 end_of_data_ns = 2'000;  // from the last byte to what follows

using FieldOfTaskFile = AtaField TaskFile::*;

FieldOfTaskFile field(AtaRegister number) {
  switch (number) {
    case AtaRegister::error: return &TaskFile::features;  // shares its address
    case AtaRegister::sector_count: return &TaskFile::sector_count;
    case AtaRegister::lba_low: return &TaskFile::lba_low;
    case AtaRegister::lba_mid: return &TaskFile::lba_mid;
    case AtaRegister::lba_high: return &TaskFile::lba_high;
    default: return nullptr;
  }
}

}  // namespace

AtaDrive::~AtaDrive() { scheduler_.cancel(event_); }

u8 AtaDrive::read(AtaRegister number, bool previous) const {
  if (number == AtaRegister::error) return error_;
  if (number == AtaRegister::device) return task_file_.device;
  const FieldOfTaskFile found = field(number);
  if (found == nullptr) return 0;
  return previous ? (task_file_.*found).previous : (task_file_.*found).current;
}

void AtaDrive::write(AtaRegister number, u8 value) {
  if (number == AtaRegister::device) task_file_.device = value;
  if (const FieldOfTaskFile found = field(number); found != nullptr) (task_file_.*found).write(value);
}

u64 AtaDrive::lba_48() const {
  u64 lba = 0;
  for (const AtaField& part : {task_file_.lba_high, task_file_.lba_mid, task_file_.lba_low})
    lba = lba << 8 | part.previous;
  for (const AtaField& part : {task_file_.lba_high, task_file_.lba_mid, task_file_.lba_low})
    lba = lba << 8 | part.current;
  return lba;
}

void AtaDrive::command(u8 code) {
  if (!accepts(code)) return;
  give_up();
  set_interrupt(false);
  error_ = 0;
  if (on_command) on_command(code, task_file_);
  after(start_of_command_ns, [this, code] { execute(code); });
}

void AtaDrive::power_on() {
  restore_defaults();
  reset();
}

void AtaDrive::reset() {
  set_interrupt(false);
  task_file_ = {};
  diagnose();
}

void AtaDrive::diagnose() {
  give_up();
  forget_command();
  error_ = ata_error::diagnostics_passed;
  set_signature();
  status_ = status_after_reset();
}

void AtaDrive::give_up() {
  io_.cancel();
  scheduler_.cancel(std::exchange(event_, 0));
  then_ = nullptr;
  direction_ = Direction::none;
  position_ = block_end_ = 0;
}

void AtaDrive::set_interrupt(bool pending) {
  if (std::exchange(interrupt_pending_, pending) != pending && on_interrupt_changed) on_interrupt_changed();
}

// --- Ends ---

void AtaDrive::complete_silently(u8 status) {
  error_ = 0;
  status_ = status;
}

void AtaDrive::complete() {
  complete_silently();
  set_interrupt(true);
}

void AtaDrive::fail(u8 error) {
  error_ = error;
  status_ = idle | ata_status::error;
  set_interrupt(true);
}

// --- Data phases ---

void AtaDrive::after(u64 nanoseconds, Then then) {
  assert(event_ == 0);
  status_ = ata_status::busy;
  then_ = std::move(then);
  event_ = scheduler_.after(nanoseconds, [this] {
    event_ = 0;
    std::exchange(then_, nullptr)();
  });
}

void AtaDrive::send(std::vector<u8> data, Phase phase, Then then) {
  buffer_ = std::move(data);
  begin(Direction::to_host, phase, std::move(then));
}

void AtaDrive::receive(std::size_t bytes, Phase phase, Then then) {
  buffer_.resize(bytes);
  begin(Direction::from_host, phase, std::move(then));
}

void AtaDrive::begin(Direction direction, Phase phase, Then then) {
  assert(!buffer_.empty() && (phase.dma || phase.block != 0));
  direction_ = direction;
  phase_ = phase;
  then_ = std::move(then);
  position_ = block_end_ = 0;
  request_block();
}

void AtaDrive::request_block() {
  const std::size_t left = buffer_.size() - position_;
  const std::size_t bytes = phase_.dma ? left : std::min<std::size_t>(left, phase_.block);
  block_end_ = position_ + bytes;
  status_ = idle | ata_status::data_request;
  if (phase_.dma) {
    if (on_dma_ready) on_dma_ready();
    return;
  }
  block_ready(static_cast<u32>(bytes));
  if (position_ != 0 || phase_.interrupt_at_first) set_interrupt(true);
}

void AtaDrive::read_data(std::span<u8> to) {
  std::ranges::fill(to, u8{0});
  if (!in(Direction::to_host, false)) return;
  const std::size_t bytes = std::min(to.size(), block_end_ - position_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(position_), bytes, to.begin());
  moved(bytes);
}

void AtaDrive::write_data(std::span<const u8> from) {
  if (!in(Direction::from_host, false)) return;
  const std::size_t bytes = std::min(from.size(), block_end_ - position_);
  std::copy_n(from.begin(), bytes, buffer_.begin() + static_cast<std::ptrdiff_t>(position_));
  moved(bytes);
}

std::span<const u8> AtaDrive::dma_input() const {
  return in(Direction::to_host, true) ? std::span(buffer_).subspan(position_) : std::span<const u8>();
}

std::span<u8> AtaDrive::dma_output() {
  return in(Direction::from_host, true) ? std::span(buffer_).subspan(position_) : std::span<u8>();
}

void AtaDrive::dma_input_taken(std::size_t bytes) { moved(bytes); }
void AtaDrive::dma_output_given(std::size_t bytes) { moved(bytes); }

void AtaDrive::moved(std::size_t bytes) {
  position_ += bytes;
  if (position_ < block_end_) return;
  status_ = ata_status::busy;
  if (position_ == buffer_.size()) {
    end_of_data();
  } else {
    event_ = scheduler_.after(between_blocks_ns, [this] {
      event_ = 0;
      request_block();
    });
  }
}

void AtaDrive::end_of_data() {
  direction_ = Direction::none;
  Then then = std::exchange(then_, nullptr);
  if (phase_.dma || phase_.pause_at_end) {
    after(end_of_data_ns, std::move(then));
  } else {
    then();
  }
}

// --- No drive ---

NoDrive::NoDrive(Scheduler& scheduler) : AtaDrive(scheduler) { reset(); }

void NoDrive::set_signature() {
  error_ = 0;
  task_file_.sector_count.set(1);
  task_file_.lba_low.set(1);
  task_file_.lba_mid.set(0xff);
  task_file_.lba_high.set(0xff);
}

}  // namespace quince::devices
