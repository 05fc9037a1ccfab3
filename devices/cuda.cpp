#include "devices/cuda.h"

#include <algorithm>

namespace quince::devices {

namespace {

// Port B lines, active low.
constexpr u8 pb_treq = 0x08, pb_tack = 0x10, pb_tip = 0x20;

constexpr u64 microsecond = 1000, millisecond = 1'000'000, second = 1'000'000'000;
// From an edge of the handshake to the shift register's interrupt. Software counts on some delay: an
// interrupt within the register write that causes it gets lost.
constexpr u64 shift_delay = 30 * microsecond;

constexpr std::size_t longest_packet = 260;
constexpr std::size_t waiting_limit = 16;
constexpr u8 default_autopoll_period = 11;
constexpr unsigned full_packet_every = 4;  // one-second packets

namespace packet_type {
constexpr u8 adb = 0, pseudo = 1, error = 2, tick = 3;
}
namespace error_code {
constexpr u8 bad_packet_type = 1, unknown_command = 2, wrong_size = 3, bad_parameter = 4;
}
namespace adb_flag {
constexpr u8 none = 0, no_device = 2, autopolled = 0x40;
}

// Command numbers of pseudo packets.
namespace command {
constexpr u8 warm_start = 0x00, autopoll = 0x01, read_6805_memory = 0x02, get_time = 0x03,
             read_parameter_ram = 0x07, write_6805_memory = 0x08, set_time = 0x09, power_down = 0x0a,
             set_power_up_time = 0x0b, write_parameter_ram = 0x0c, monostable_reset = 0x0d, send_dfac = 0x0e,
             restart = 0x11, set_ipl_level = 0x12, file_server_flag = 0x13, set_autopoll_rate = 0x14,
             get_autopoll_rate = 0x16, set_device_list = 0x19, get_device_list = 0x1a, one_second_mode = 0x1b,
             set_power_messages = 0x21, wake_up = 0x23, timer_tickle = 0x24;
}

// The 6805's memory: parameter RAM, and the end of its ROM with the firmware's version.
constexpr u16 ram_in_6805 = 0x100, ram_in_6805_end = 0x200, rom_version_start = 0xf00;

u16 half(std::span<const u8> bytes) { return static_cast<u16>(bytes[0] << 8 | bytes[1]); }

void append_word(std::vector<u8>& bytes, u32 value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<u8>(value >> shift));
}

}  // namespace

Cuda::Cuda(Scheduler& scheduler, Via& via, AdbBus& adb, u32 seconds_since_1904)
    : scheduler_(scheduler), via_(via), adb_(adb), clock_offset_(seconds_since_1904) {
  via_.on_port_b_write = [this](u8 orb) { port_b_written(orb); };
  adb_.on_service_request = [this] { schedule_autopoll(); };
  reset();
}

void Cuda::reset() {
  for (EventId* event : {&shift_event_, &autopoll_event_, &one_second_event_}) {
    scheduler_.cancel(*event);
    *event = 0;
  }
  tip_ = tack_ = true;
  transfer_ = Transfer::none;
  incoming_.clear();
  outgoing_ = {};
  waiting_.clear();
  autopoll_on_ = false;
  autopoll_period_ = default_autopoll_period;
  device_mask_ = 0xffff;
  one_second_mode_ = OneSecondMode::off;
  request(true);
}

// --- The handshake ---

void Cuda::request(bool asserted) {
  treq_ = asserted;
  via_.drive_port_b(pb_treq, asserted ? 0 : pb_treq);
}

// One timer for everything that ends in an interrupt: a later cause replaces an earlier one.
void Cuda::schedule_shift_interrupt() {
  scheduler_.cancel(shift_event_);
  shift_event_ = scheduler_.after(shift_delay, [this] {
    shift_event_ = 0;
    via_.shift_complete();
    offer_waiting_packet();
  });
}

void Cuda::port_b_written(u8 orb) {
  const bool tip = !(orb & pb_tip), tack = !(orb & pb_tack);
  const bool tip_before = std::exchange(tip_, tip), tack_before = std::exchange(tack_, tack);
  if (tip && !tip_before) {
    begin_transfer();
  } else if (tip && tack != tack_before) {
    next_byte();
  } else if (!tip && tip_before) {
    end_transfer();
  } else if (!tip && tack != tack_before) {
    synchronise(tack);
  }
}

void Cuda::begin_transfer() {
  if (via_.shifting_out()) {
    // The host's packet has precedence; what it has not fetched is offered again, if it was not an answer.
    if (outgoing_.asynchronous) waiting_.push_front(std::move(outgoing_));
    outgoing_ = {};
    request(false);
    transfer_ = Transfer::from_host;
    incoming_ = {via_.shift_register};
  } else {
    transfer_ = Transfer::to_host;
    outgoing_position_ = 0;
    supply_byte();
  }
  schedule_shift_interrupt();
}

void Cuda::next_byte() {
  if (transfer_ == Transfer::from_host) {
    if (incoming_.size() < longest_packet) incoming_.push_back(via_.shift_register);
  } else {
    supply_byte();
  }
  schedule_shift_interrupt();
}

void Cuda::supply_byte() {
  u8 byte = 0;
  if (outgoing_position_ < outgoing_.bytes.size()) {
    byte = outgoing_.bytes[outgoing_position_++];
  } else if (outgoing_.tail == Tail::parameter_ram) {
    byte = parameter_ram[outgoing_.tail_position++];
  }
  via_.shift_register = byte;
  if (outgoing_position_ == outgoing_.bytes.size() && outgoing_.tail == Tail::none) request(false);
}

void Cuda::end_transfer() {
  if (transfer_ == Transfer::from_host) {
    outgoing_ = answer_to(incoming_);
    if (on_packet) on_packet(incoming_, outgoing_.bytes);
  } else {
    outgoing_ = {};
    if (!waiting_.empty()) {
      outgoing_ = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  transfer_ = Transfer::none;
  request(!outgoing_.empty());
  schedule_shift_interrupt();
}

void Cuda::synchronise(bool acknowledge_asserted) {
  outgoing_ = {};
  request(acknowledge_asserted);
  schedule_shift_interrupt();
}

bool Cuda::idle() const {
  return !tip_ && transfer_ == Transfer::none && outgoing_.empty() && shift_event_ == 0 && !treq_;
}

void Cuda::offer_waiting_packet() {
  if (!idle() || waiting_.empty()) return;
  outgoing_ = std::move(waiting_.front());
  waiting_.pop_front();
  request(true);
  schedule_shift_interrupt();
}

// --- Packets ---

Cuda::Packet Cuda::error(u8 code, Bytes packet) {
  return {.bytes = {packet_type::error, code, packet[0], packet.size() > 1 ? packet[1] : u8{0}}};
}

Cuda::Packet Cuda::answer_to(Bytes packet) {
  if (packet[0] != packet_type::adb && packet[0] != packet_type::pseudo) {
    return error(error_code::bad_packet_type, packet);
  }
  if (packet.size() < 2) return error(error_code::wrong_size, packet);
  return packet[0] == packet_type::adb ? adb_command(packet) : pseudo_command(packet);
}

Cuda::Packet Cuda::adb_command(Bytes packet) {
  const u8 adb_command = packet[1];
  const auto data = adb_.command(adb_command, packet.subspan(2));
  Packet answer{.bytes = {packet_type::adb, data ? adb_flag::none : adb_flag::no_device, adb_command}};
  if (data) answer.bytes.insert(answer.bytes.end(), data->begin(), data->end());
  return answer;
}

std::span<const Cuda::Command> Cuda::commands() {
  static constexpr Command table[] = {
      {command::warm_start, 0, &Cuda::warm_start},
      {command::autopoll, 1, &Cuda::set_autopoll},
      {command::read_6805_memory, 2, &Cuda::read_6805_memory},
      {command::get_time, 0, &Cuda::get_time},
      {command::read_parameter_ram, 2, &Cuda::read_parameter_ram},
      {command::write_6805_memory, 2, &Cuda::write_6805_memory},
      {command::set_time, 4, &Cuda::set_time},
      {command::power_down, 0, &Cuda::power_down},
      {command::set_power_up_time, 4, &Cuda::accept},
      {command::write_parameter_ram, 2, &Cuda::write_parameter_ram},
      {command::monostable_reset, 0, &Cuda::accept},
      {command::send_dfac, 0, &Cuda::accept},
      {command::restart, 0, &Cuda::restart},
      {command::set_ipl_level, 0, &Cuda::accept},
      {command::file_server_flag, 1, &Cuda::accept},
      {command::set_autopoll_rate, 1, &Cuda::set_autopoll_rate},
      {command::get_autopoll_rate, 0, &Cuda::get_autopoll_rate},
      {command::set_device_list, 2, &Cuda::set_device_list},
      {command::get_device_list, 0, &Cuda::get_device_list},
      {command::one_second_mode, 1, &Cuda::set_one_second_mode},
      {command::set_power_messages, 1, &Cuda::accept},
      {command::wake_up, 1, &Cuda::accept},
      {command::timer_tickle, 1, &Cuda::accept},
  };
  return table;
}

// Commands give the data of their answer, or an error packet.
Cuda::Packet Cuda::pseudo_command(Bytes packet) {
  const auto table = commands();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Command& command) { return command.number == packet[1]; });
  if (found == table.end()) return error(error_code::unknown_command, packet);
  const Bytes arguments = packet.subspan(2);
  if (arguments.size() < found->arguments) return error(error_code::wrong_size, packet);
  Packet answer = (this->*found->execute)(arguments);
  if (!answer.empty() && answer.bytes[0] == packet_type::error) return error(answer.bytes[1], packet);
  const u8 header[] = {packet_type::pseudo, 0, packet[1]};
  answer.bytes.insert(answer.bytes.begin(), std::begin(header), std::end(header));
  return answer;
}

Cuda::Packet Cuda::warm_start(Bytes) {
  autopoll_on_ = false;
  one_second_mode_ = OneSecondMode::off;
  return {};
}

Cuda::Packet Cuda::set_autopoll(Bytes arguments) {
  autopoll_on_ = arguments[0] != 0;
  schedule_autopoll();
  return {};
}

Cuda::Packet Cuda::read_6805_memory(Bytes arguments) {
  const u16 address = half(arguments);
  if (address >= ram_in_6805 && address < ram_in_6805_end) {
    return {.bytes = {}, .tail = Tail::parameter_ram, .tail_position = static_cast<u8>(address)};
  }
  if (address >= rom_version_start) {
    return {.bytes = {0, 0x00, 0x19, 0x00, 0x02, 0x00, 0x29}, .tail = Tail::zeros};  // version 2.41
  }
  return {.bytes = {}, .tail = Tail::zeros};
}

Cuda::Packet Cuda::read_parameter_ram(Bytes arguments) {
  const u16 address = half(arguments);
  if (address >= parameter_ram.size()) return {.bytes = {packet_type::error, error_code::bad_parameter}};
  return {.bytes = {}, .tail = Tail::parameter_ram, .tail_position = static_cast<u8>(address)};
}

Cuda::Packet Cuda::write_6805_memory(Bytes arguments) {
  u16 address = half(arguments);
  for (const u8 byte : arguments.subspan(2)) {
    if (address >= ram_in_6805 && address < ram_in_6805_end) parameter_ram[address - ram_in_6805] = byte;
    ++address;
  }
  return {};
}

Cuda::Packet Cuda::write_parameter_ram(Bytes arguments) {
  const u16 address = half(arguments);
  if (address >= parameter_ram.size()) return {.bytes = {packet_type::error, error_code::bad_parameter}};
  u8 at = static_cast<u8>(address);
  for (const u8 byte : arguments.subspan(2)) parameter_ram[at++] = byte;
  return {};
}

u32 Cuda::seconds() { return clock_offset_ + static_cast<u32>(scheduler_.now() / second); }

Cuda::Packet Cuda::get_time(Bytes) {
  Packet answer;
  append_word(answer.bytes, seconds());
  return answer;
}

Cuda::Packet Cuda::set_time(Bytes arguments) {
  const u32 now = u32{half(arguments)} << 16 | half(arguments.subspan(2));
  clock_offset_ += now - seconds();
  return {};
}

Cuda::Packet Cuda::power_down(Bytes) {
  if (on_power_off) on_power_off();
  return {};
}

Cuda::Packet Cuda::restart(Bytes) {
  if (on_restart) on_restart();
  return {};
}

Cuda::Packet Cuda::set_autopoll_rate(Bytes arguments) {
  if (arguments[0] == 0) return {.bytes = {packet_type::error, error_code::bad_parameter}};
  autopoll_period_ = arguments[0];
  return {};
}

Cuda::Packet Cuda::get_autopoll_rate(Bytes) { return {.bytes = {autopoll_period_}}; }

Cuda::Packet Cuda::set_device_list(Bytes arguments) {
  device_mask_ = half(arguments);
  schedule_autopoll();
  return {};
}

Cuda::Packet Cuda::get_device_list(Bytes) {
  return {.bytes = {static_cast<u8>(device_mask_ >> 8), static_cast<u8>(device_mask_)}};
}

// --- What CUDA does by itself ---

void Cuda::schedule_autopoll() {
  if (!autopoll_on_ || autopoll_event_ != 0 || !adb_.wants_service(device_mask_)) return;
  autopoll_event_ = scheduler_.after(autopoll_period_ * millisecond, [this] {
    autopoll_event_ = 0;
    autopoll();
  });
}

// A busy handshake is left alone until the next period.
void Cuda::autopoll() {
  if (autopoll_on_ && idle() && waiting_.empty()) {
    if (const auto polled = adb_.poll(device_mask_)) {
      Packet packet{.bytes = {packet_type::adb, adb_flag::autopolled, polled->command}, .asynchronous = true};
      packet.bytes.insert(packet.bytes.end(), polled->data.begin(), polled->data.end());
      waiting_.push_back(std::move(packet));
      offer_waiting_packet();
    }
  }
  schedule_autopoll();
}

Cuda::Packet Cuda::set_one_second_mode(Bytes arguments) {
  if (arguments[0] > static_cast<u8>(OneSecondMode::ticks)) {
    return {.bytes = {packet_type::error, error_code::bad_parameter}};
  }
  one_second_mode_ = static_cast<OneSecondMode>(arguments[0]);
  ticks_until_full_ = 0;
  schedule_one_second();
  return {};
}

void Cuda::schedule_one_second() {
  if (one_second_mode_ == OneSecondMode::off || one_second_event_ != 0) return;
  const u64 next = (scheduler_.now() / second + 1) * second;
  one_second_event_ = scheduler_.at(next, [this] {
    one_second_event_ = 0;
    one_second();
    schedule_one_second();
  });
}

void Cuda::one_second() {
  if (one_second_mode_ == OneSecondMode::off) return;
  if (waiting_.size() >= waiting_limit) {
    ticks_until_full_ = 0;  // this one is missed: the next must tell the time
    return;
  }
  Packet packet{.bytes = {packet_type::pseudo, 0, command::get_time}, .asynchronous = true};
  if (one_second_mode_ == OneSecondMode::full_packets || ticks_until_full_ == 0) {
    append_word(packet.bytes, seconds());
    ticks_until_full_ = full_packet_every;
  } else if (one_second_mode_ == OneSecondMode::ticks) {
    packet.bytes = {packet_type::tick};
  }
  --ticks_until_full_;
  waiting_.push_back(std::move(packet));
  offer_waiting_packet();
}

}  // namespace quince::devices
