#include "devices/dbdma.h"

#include <algorithm>
#include <utility>

#include "devices/host_time.h"

namespace quince::devices {

namespace {

enum Register : u32 {
  channel_control = 0x00,
  channel_status = 0x04,
  command_pointer_low = 0x0c,
  interrupt_select = 0x10,
  branch_select = 0x14,
  wait_select = 0x18,
};

// ChannelStatus; ChannelControl has them twice, as a mask above and as values below.
enum Status : u32 {
  run_bit = 0x8000,
  pause_bit = 0x4000,
  flush_bit = 0x2000,
  wake_bit = 0x1000,
  dead_bit = 0x0800,
  active_bit = 0x0400,
  branch_taken_bit = 0x0100,
  device_bits = 0x00ff,
};

enum Opcode : u16 {
  output_more,
  output_last,
  input_more,
  input_last,
  store_quad_opcode,
  load_quad_opcode,
  nop,
  stop,
};

constexpr u32 descriptor_bytes = 16;
// Offsets in a descriptor.
constexpr u32 command_dependent_offset = 8, result_offset = 12;

// The command word.
constexpr unsigned opcode_shift = 12, key_shift = 8, interrupt_shift = 4, branch_shift = 2, wait_shift = 0;
constexpr u16 key_mask = 7, last_stream_key = 3, system_key = 6;
enum Condition : u16 { never, if_true, if_false, always };

// A guest may write rings of commands that never end. So many are carried out at a time; then the processor
// has its turn for a while.
constexpr unsigned commands_per_slice = 256;
constexpr u64 slice_pause_ns = 250'000;
constexpr u64 start_delay_ns = 1'000;  // from a register access to the first effect of the program

constexpr u16 get16(const u8* from) { return static_cast<u16>(from[0] | from[1] << 8); }
constexpr u32 get32(const u8* from) { return get16(from) | u32{get16(from + 2)} << 16; }
constexpr std::array<u8, 4> put32(u32 value) {
  return {static_cast<u8>(value), static_cast<u8>(value >> 8), static_cast<u8>(value >> 16),
          static_cast<u8>(value >> 24)};
}

// Bytes moved by STORE_QUAD and LOAD_QUAD: the highest of the count's low three bits.
constexpr u32 quad_bytes(u16 request_count) { return request_count & 4 ? 4 : request_count & 2 ? 2 : 1; }

}  // namespace

void DbdmaChannel::reset() {
  deactivate();
  status_ = command_pointer_ = interrupt_select_ = branch_select_ = wait_select_ = 0;
  stage_ = Stage::fetch;
}

void DbdmaChannel::service() {
  if (is(active_bit)) schedule(0);
}

void DbdmaChannel::set_device_status(u8 lines, u8 levels) {
  driven_ = lines;
  status_ = (status_ & ~u32{lines}) | (lines & levels);
  service();  // it may be what a command waits for
}

u32 DbdmaChannel::read(u32 offset) const {
  switch (offset) {
    case channel_control:
    case channel_status: return status_;
    case command_pointer_low: return command_pointer_;
    case interrupt_select: return interrupt_select_;
    case branch_select: return branch_select_;
    case wait_select: return wait_select_;
    default: return 0;
  }
}

void DbdmaChannel::write(u32 offset, u32 value) {
  switch (offset) {
    case channel_control: control(value); break;
    case command_pointer_low:
      if (is(active_bit)) break;
      command_pointer_ = value & ~(descriptor_bytes - 1);
      stage_ = Stage::fetch;
      break;
    case interrupt_select: interrupt_select_ = value; break;
    case branch_select: branch_select_ = value; break;
    case wait_select:
      wait_select_ = value;
      service();
      break;
    default: break;
  }
}

void DbdmaChannel::control(u32 value) {
  const u32 before = status_;
  const u32 mask = value >> 16 & (run_bit | pause_bit | flush_bit | wake_bit | (device_bits & ~u32{driven_}));
  status_ = (status_ & ~mask) | (value & mask);

  if (!is(run_bit)) {
    deactivate();
    status_ &= ~u32{dead_bit | wake_bit | flush_bit};
    stage_ = Stage::fetch;
    return;
  }
  if (is(flush_bit)) flush();
  if (is(dead_bit)) return;
  if (is(pause_bit)) {
    deactivate();
    return;
  }
  const bool started = (before & run_bit) == 0, resumed = (before & pause_bit) != 0;
  if (started || resumed || (mask & value & wake_bit) != 0) activate();
  service();  // s bits may have changed
}

void DbdmaChannel::activate() {
  status_ |= active_bit;
  schedule(start_delay_ns);
}

void DbdmaChannel::deactivate() {
  status_ &= ~u32{active_bit};
  scheduler_.cancel(std::exchange(event_, 0));
}

// What has been moved is in memory already; how much it was goes into the descriptor.
void DbdmaChannel::flush() {
  if (is(active_bit) && stage_ == Stage::execute) write_back();
  status_ &= ~u32{flush_bit};
}

void DbdmaChannel::schedule(u64 delay) {
  if (event_ == 0) event_ = scheduler_.after(delay, [this] { run(); });
}

void DbdmaChannel::run() {
  const HostTimer timer(counters_.host_nanoseconds);
  event_ = 0;
  for (unsigned done = 0; is(active_bit); ++done) {
    if (done == commands_per_slice) {
      schedule(slice_pause_ns);
      return;
    }
    if (step() != Outcome::next) return;
  }
}

// One command, or what is left of it.
DbdmaChannel::Outcome DbdmaChannel::step() {
  if (stage_ == Stage::fetch) fetch();
  if (stage_ == Stage::execute) {
    const Outcome outcome = execute();
    if (outcome != Outcome::next) return outcome;
    stage_ = Stage::finish;
  }
  return finish();
}

void DbdmaChannel::fetch() {
  std::array<u8, descriptor_bytes> bytes;
  memory_.read(command_pointer_, bytes);
  current_ = {.request_count = get16(&bytes[0]),
              .command = get16(&bytes[2]),
              .address = get32(&bytes[4]),
              .command_dependent = get32(&bytes[command_dependent_offset])};
  address_ = current_.address;
  remaining_ = current_.request_count;
  status_ &= ~u32{wake_bit};
  stage_ = Stage::execute;
}

DbdmaChannel::Outcome DbdmaChannel::execute() {
  const unsigned key = current_.command >> key_shift & key_mask;
  switch (current_.command >> opcode_shift) {
    case output_more:
    case output_last:
    case input_more:
    case input_last:
      if (key <= last_stream_key && current_.address != 0) return transfer();
      break;
    case store_quad_opcode:
      if (key != system_key) break;
      store_quad();
      return Outcome::next;
    case load_quad_opcode:
      if (key != system_key) break;
      load_quad();
      return Outcome::next;
    case nop: return Outcome::next;
    case stop:
      status_ &= ~u32{active_bit};
      stage_ = Stage::fetch;  // a WAKE reads it again
      return Outcome::stopped;
    default: break;
  }
  die();
  return Outcome::stopped;
}

DbdmaChannel::Outcome DbdmaChannel::transfer() {
  if (remaining_ != 0 && peer_ == nullptr) return Outcome::waits;
  const bool to_memory = current_.command >> opcode_shift >= input_more;
  while (remaining_ != 0) {
    u32 moved = 0;
    if (to_memory) {
      const auto offered = peer_->dma_input();
      moved = static_cast<u32>(std::min<std::size_t>(offered.size(), remaining_));
      if (moved == 0) return Outcome::waits;
      memory_.write(address_, offered.first(moved));
      peer_->dma_input_taken(moved);
    } else {
      const auto offered = peer_->dma_output();
      moved = static_cast<u32>(std::min<std::size_t>(offered.size(), remaining_));
      if (moved == 0) return Outcome::waits;
      memory_.read(address_, offered.first(moved));
      peer_->dma_output_given(moved);
    }
    address_ += moved;
    remaining_ -= moved;
    counters_.bytes += moved;
  }
  return Outcome::next;
}

void DbdmaChannel::store_quad() {
  const u32 bytes = quad_bytes(current_.request_count);
  const std::array<u8, 4> data = put32(current_.command_dependent);
  memory_.write(current_.address & ~(bytes - 1), std::span(data).first(bytes));
}

void DbdmaChannel::load_quad() {
  const u32 bytes = quad_bytes(current_.request_count);
  std::array<u8, 4> data{};
  memory_.read(current_.address & ~(bytes - 1), std::span(data).first(bytes));
  memory_.write(command_pointer_ + command_dependent_offset, data);
}

// Wait, report, interrupt, branch: in this order.
DbdmaChannel::Outcome DbdmaChannel::finish() {
  if (chosen(wait_shift, wait_select_)) return Outcome::waits;
  write_back();
  if (chosen(interrupt_shift, interrupt_select_)) pulse();

  const unsigned opcode = current_.command >> opcode_shift;
  const bool can_branch = opcode != store_quad_opcode && opcode != load_quad_opcode;
  stage_ = Stage::fetch;
  if (can_branch && chosen(branch_shift, branch_select_)) {
    status_ |= branch_taken_bit;
    command_pointer_ = current_.command_dependent & ~(descriptor_bytes - 1);
  } else {
    status_ &= ~u32{branch_taken_bit};
    command_pointer_ += descriptor_bytes;
  }
  return Outcome::next;
}

void DbdmaChannel::write_back() {
  memory_.write(command_pointer_ + result_offset, put32(remaining_ | status_ << 16));
}

void DbdmaChannel::die() {
  status_ = (status_ | dead_bit) & ~u32{active_bit};
  stage_ = Stage::fetch;
  pulse();
}

void DbdmaChannel::pulse() {
  interrupt.set(true);
  interrupt.set(false);
}

bool DbdmaChannel::chosen(unsigned field_shift, u32 select) const {
  const u32 mask = select >> 16 & device_bits;
  const bool condition = (status_ & mask) == (select & mask);
  switch (current_.command >> field_shift & 3) {
    case if_true: return condition;
    case if_false: return !condition;
    case always: return true;
    default: return false;
  }
}

Dbdma::Dbdma(Scheduler& scheduler, DmaMemory& memory)
    : channels_([&]<std::size_t... n>(std::index_sequence<n...>) {
        return std::array<DbdmaChannel, channels>{((void)n, DbdmaChannel(scheduler, memory, counters_))...};
      }(std::make_index_sequence<channels>{})) {
  for (unsigned n = 0; n < channels; ++n) route_[n] = static_cast<u8>(n);
}

void Dbdma::reset() {
  for (auto& channel : channels_) channel.reset();
}

u64 Dbdma::read_le(u32 offset, unsigned bytes) {
  const u32 within = offset & 0xff;
  if (bytes != 4 || offset >= window_bytes || within >= DbdmaChannel::register_bytes) return 0;
  return channel(offset >> 8).read(within);
}

void Dbdma::write_le(u32 offset, unsigned bytes, u64 value) {
  const u32 within = offset & 0xff;
  if (bytes != 4 || offset >= window_bytes || within >= DbdmaChannel::register_bytes) return;
  channel(offset >> 8).write(within, static_cast<u32>(value));
}

}  // namespace quince::devices
