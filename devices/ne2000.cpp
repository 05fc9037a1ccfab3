#include "devices/ne2000.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace quince::devices {

namespace {

constexpr PciDevice::Identity identity{
    .vendor = 0x10ec, .device = 0x8029, .class_code = 0x02'00'00, .interrupt_pin = 1};

// --- Ports ---

constexpr u32 registers = 0x10, data_port = 0x10, reset_port = 0x18, ports_end = 0x20;

// --- Registers; the page is in the command register ---

constexpr u32 command_register = 0;
namespace page_0 {
enum Read : u32 {
  local_address_low = 1,
  local_address_high = 2,
  boundary_read = 3,
  transmit_status_read = 4,
  interrupt_status_read = 7,
  remote_address_low = 8,
  remote_address_high = 9,
  chip_id_low = 0xa,
  chip_id_high = 0xb,
  receive_status_read = 0xc,
  missed_frames = 0xf
};
enum Write : u32 {
  page_start = 1,
  page_stop = 2,
  boundary = 3,
  transmit_page = 4,
  transmit_count_low = 5,
  transmit_count_high = 6,
  interrupt_status = 7,
  remote_start_low = 8,
  remote_start_high = 9,
  remote_count_low = 0xa,
  remote_count_high = 0xb,
  receive_config = 0xc,
  transmit_config = 0xd,
  data_config = 0xe,
  interrupt_mask = 0xf
};
}  // namespace page_0
namespace page_1 {
constexpr u32 address_first = 1, current_page = 7, multicast_first = 8;
}
namespace page_2 {
constexpr u32 page_start = 1, page_stop = 2, transmit_page = 4, receive_config = 0xc, transmit_config = 0xd,
              data_config = 0xe, interrupt_mask = 0xf;
}
namespace page_3 {  // Realtek's own
constexpr u32 config_2 = 5, config_3 = 6;
constexpr u8 full_duplex = 0x40;
}  // namespace page_3

// --- Bits ---

namespace command {
constexpr u8 stop = 1, start = 2, transmit = 4, remote_read = 8, remote_write = 0x10, abort_remote = 0x20;
constexpr unsigned page_shift = 6;
}  // namespace command
namespace interrupts {
constexpr u8 received = 1, transmitted = 2, overflow = 0x10, remote_done = 0x40, reset = 0x80;
constexpr u8 enabled = 0x7f;  // those that can interrupt, and that the guest clears
}  // namespace interrupts
constexpr u8 transmitted_intact = 1, received_intact = 1, received_group = 0x20;
constexpr u8 accept_broadcast = 4, accept_multicast = 8, promiscuous = 0x10, monitor = 0x20;
constexpr u8 loopback = 6;   // of the transmit configuration: any of these is one
constexpr u8 word_wide = 1;  // of the data configuration
constexpr u8 id_low = 0x50, id_high = 0x43;
constexpr u8 word_card_mark = 0x57;  // what an NE2000 has at the end of its station PROM

constexpr u32 least_frame = 60, most_frame = 1518, header_bytes = 4, checksum_bytes = 4;

// The upper six bits of the CRC-32 of an address, not reflected at its end, choose one of 64 filter bits.
u32 hash_of(std::span<const u8> address) {
  u32 crc = ~0u;
  for (u8 byte : address) {
    for (int bit = 0; bit < 8; ++bit, byte >>= 1) {
      const bool feedback = ((crc >> 31) ^ (byte & 1u)) != 0;
      crc = crc << 1 ^ (feedback ? 0x04c1'1db7u : 0);
    }
  }
  return crc >> 26;
}

bool is_group(std::span<const u8> frame) { return (frame[0] & 1) != 0; }

u8 low(u16 value) { return static_cast<u8>(value); }
u8 high(u16 value) { return static_cast<u8>(value >> 8); }
void set_low(u16& value, u8 byte) { value = static_cast<u16>((value & 0xff00) | byte); }
void set_high(u16& value, u8 byte) { value = static_cast<u16>((value & 0xff) | byte << 8); }

}  // namespace

Ne2000::Ne2000(NetBackend& network, const MacAddress& address) : PciDevice(identity), network_(network) {
  add_bar(0, PciSpace::io, window_bytes, *this);
  // A word-wide card has each byte of its PROM at two addresses.
  std::array<u8, 16> prom{};
  std::copy(address.begin(), address.end(), prom.begin());
  prom[14] = prom[15] = word_card_mark;
  for (std::size_t n = 0; n < station_prom_.size(); ++n) station_prom_[n] = prom[n / 2];
  network_.on_receive = [this](std::span<const u8> frame) { receive(frame); };
  Ne2000::reset();
}

void Ne2000::reset() {
  packets_ = {};
  command_ = command::stop | command::abort_remote;
  interrupt_status_ = interrupts::reset;
  interrupt_mask_ = 0;
  data_config_ = receive_config_ = transmit_config_ = 0;
  page_start_ = page_stop_ = boundary_ = current_ = 0;
  transmit_page_ = transmit_status_ = receive_status_ = missed_ = 0;
  transmit_count_ = remote_address_ = remote_count_ = 0;
  physical_address_ = {};
  multicast_ = {};
  PciDevice::reset();
}

void Ne2000::interrupt_for(u8 status) {
  interrupt_status_ |= status;
  update_interrupt();
}

void Ne2000::update_interrupt() {
  interrupt.set((interrupt_status_ & interrupt_mask_ & interrupts::enabled) != 0);
}

// --- Registers ---

u64 Ne2000::read_le(u32 offset, unsigned bytes) {
  if (offset >= data_port && offset < reset_port) return read_data(bytes);
  if (bytes != 1 || offset >= ports_end) return ~u64{0} >> (64 - 8 * bytes);
  if (offset < registers) return read_register(offset);
  interrupt_for(interrupts::reset);  // the reset port: reading stops the controller
  command_ = command::stop | command::abort_remote;
  return 0;
}

void Ne2000::write_le(u32 offset, unsigned bytes, u64 value) {
  if (offset >= data_port && offset < reset_port) return write_data(bytes, value);
  if (bytes == 1 && offset < registers) write_register(offset, static_cast<u8>(value));
}

u8 Ne2000::read_register(u32 number) {
  if (number == command_register) return command_;
  switch (command_ >> command::page_shift) {
    case 0: return read_page_0(number);
    case 1:
      if (number == page_1::current_page) return current_;
      if (number >= page_1::multicast_first) return multicast_[number - page_1::multicast_first];
      return physical_address_[number - page_1::address_first];
    case 2: return read_page_2(number);
    default: return number == page_3::config_2 || number == page_3::config_3 ? page_3::full_duplex : 0;
  }
}

u8 Ne2000::read_page_0(u32 number) {
  switch (static_cast<page_0::Read>(number)) {
    case page_0::local_address_low:
    case page_0::local_address_high: return 0;  // no transfer is ever seen under way
    case page_0::boundary_read: return boundary_;
    case page_0::transmit_status_read: return transmit_status_;
    case page_0::interrupt_status_read: return interrupt_status_;
    case page_0::remote_address_low: return low(remote_address_);
    case page_0::remote_address_high: return high(remote_address_);
    case page_0::chip_id_low: return id_low;
    case page_0::chip_id_high: return id_high;
    case page_0::receive_status_read: return receive_status_;
    case page_0::missed_frames: return std::exchange(missed_, u8{0});
    default: return 0;
  }
}

u8 Ne2000::read_page_2(u32 number) const {
  switch (number) {
    case page_2::page_start: return page_start_;
    case page_2::page_stop: return page_stop_;
    case page_2::transmit_page: return transmit_page_;
    case page_2::receive_config: return receive_config_;
    case page_2::transmit_config: return transmit_config_;
    case page_2::data_config: return data_config_;
    case page_2::interrupt_mask: return interrupt_mask_;
    default: return 0;
  }
}

void Ne2000::write_register(u32 number, u8 value) {
  if (number == command_register) return write_command(value);
  const u32 page = command_ >> command::page_shift;
  if (page == 0) return write_page_0(number, value);
  if (page != 1) return;  // diagnosis, and configuration that does not matter here
  if (number == page_1::current_page)
    current_ = value;
  else if (number >= page_1::multicast_first)
    multicast_[number - page_1::multicast_first] = value;
  else
    physical_address_[number - page_1::address_first] = value;
}

void Ne2000::write_page_0(u32 number, u8 value) {
  switch (static_cast<page_0::Write>(number)) {
    case page_0::page_start: page_start_ = value; break;
    case page_0::page_stop: page_stop_ = value; break;
    case page_0::boundary: boundary_ = value; break;
    case page_0::transmit_page: transmit_page_ = value; break;
    case page_0::transmit_count_low: set_low(transmit_count_, value); break;
    case page_0::transmit_count_high: set_high(transmit_count_, value); break;
    case page_0::interrupt_status:  // ones clear
      interrupt_status_ &= static_cast<u8>(~(value & interrupts::enabled));
      update_interrupt();
      break;
    case page_0::remote_start_low: set_low(remote_address_, value); break;
    case page_0::remote_start_high: set_high(remote_address_, value); break;
    case page_0::remote_count_low: set_low(remote_count_, value); break;
    case page_0::remote_count_high: set_high(remote_count_, value); break;
    case page_0::receive_config: receive_config_ = value; break;
    case page_0::transmit_config: transmit_config_ = value; break;
    case page_0::data_config: data_config_ = value; break;
    case page_0::interrupt_mask:
      interrupt_mask_ = value;
      update_interrupt();
      break;
  }
}

void Ne2000::write_command(u8 value) {
  command_ = value;
  if (value & command::stop) {
    interrupt_for(interrupts::reset);
    return;
  }
  interrupt_status_ &= static_cast<u8>(~interrupts::reset);
  const bool remote =
      !(value & command::abort_remote) && (value & (command::remote_read | command::remote_write));
  if (remote && remote_count_ == 0) interrupt_for(interrupts::remote_done);
  if (value & command::transmit) transmit();
}

// --- The data port: remote DMA, in the words of the data sheet ---

// A word-wide card moves two bytes even if asked for one.
unsigned Ne2000::port_width(unsigned bytes) const {
  return data_config_ & word_wide ? std::max(bytes, 2u) : bytes == 4 ? 4u : 1u;
}

u64 Ne2000::read_data(unsigned bytes) {
  u64 value = 0;
  for (unsigned n = 0; n < port_width(bytes); ++n) {
    value |= u64{read_memory(remote_address_)} << 8 * n;
    advance();
  }
  return value & (~u64{0} >> (64 - 8 * bytes));
}

void Ne2000::write_data(unsigned bytes, u64 value) {
  for (unsigned n = 0; n < port_width(bytes) && remote_count_ != 0; ++n) {
    write_memory(remote_address_, static_cast<u8>(value >> 8 * n));
    advance();
  }
}

void Ne2000::advance() {
  ++remote_address_;
  if (remote_address_ == page_stop_ * page_bytes)
    remote_address_ = static_cast<u16>(page_start_ * page_bytes);
  if (remote_count_ != 0 && --remote_count_ == 0) interrupt_for(interrupts::remote_done);
}

u8 Ne2000::read_memory(u32 address) const {
  if (address < station_prom_.size()) return station_prom_[address];
  if (address >= packet_memory && address < packet_memory_end) return packets_[address - packet_memory];
  return 0xff;
}

void Ne2000::write_memory(u32 address, u8 value) {
  if (address >= packet_memory && address < packet_memory_end) packets_[address - packet_memory] = value;
}

// --- The wire ---

// Takes no time. What is longer than a frame, or not in the card's memory, does not go out.
void Ne2000::transmit() {
  const u32 first = transmit_page_ * page_bytes;
  const bool whole =
      first >= packet_memory && first + transmit_count_ <= packet_memory_end && transmit_count_ <= most_frame;
  if (whole && transmit_count_ != 0 && !(transmit_config_ & loopback)) {
    // A copy: the answer may come back at once, and into this memory.
    const std::vector<u8> frame(&packets_[first - packet_memory],
                                &packets_[first - packet_memory] + transmit_count_);
    network_.send(frame);
  }
  transmit_status_ = transmitted_intact;
  command_ &= static_cast<u8>(~command::transmit);
  interrupt_for(interrupts::transmitted);
}

bool Ne2000::accepts(std::span<const u8> frame) const {
  if (receive_config_ & promiscuous) return true;
  const auto address = frame.first(physical_address_.size());
  if (!is_group(frame)) return std::equal(address.begin(), address.end(), physical_address_.begin());
  const bool broadcast = std::all_of(address.begin(), address.end(), [](u8 byte) { return byte == 0xff; });
  if (broadcast) return (receive_config_ & accept_broadcast) != 0;
  const u32 hash = hash_of(address);
  return (receive_config_ & accept_multicast) && (multicast_[hash / 8] >> hash % 8 & 1) != 0;
}

// The guest can point the ring anywhere.
bool Ne2000::ring_usable() const {
  const auto in_ring = [this](u8 page) { return page >= page_start_ && page < page_stop_; };
  return page_start_ * page_bytes >= packet_memory && page_stop_ * page_bytes <= packet_memory_end &&
         in_ring(current_) && in_ring(boundary_);
}

u32 Ne2000::free_pages() const {
  const u32 pages = page_stop_ - page_start_;
  return boundary_ > current_ ? boundary_ - current_ : pages - (current_ - boundary_);
}

void Ne2000::receive(std::span<const u8> frame) {
  if (!(command_ & command::start) || (command_ & command::stop)) return;
  if (frame.size() < 14 || frame.size() > most_frame || !accepts(frame)) return;
  if ((receive_config_ & monitor) || !ring_usable()) {
    missed_ = static_cast<u8>(std::min(missed_ + 1, 0xff));
    return;
  }
  // Current must not catch up with boundary: equal means empty.
  const u32 bytes =
      header_bytes + std::max<u32>(static_cast<u32>(frame.size()), least_frame) + checksum_bytes;
  if ((bytes + page_bytes - 1) / page_bytes >= free_pages()) {
    missed_ = static_cast<u8>(std::min(missed_ + 1, 0xff));
    interrupt_for(interrupts::overflow);
    return;
  }
  store(frame);
  interrupt_for(interrupts::received);
}

// Header, frame, padding; the place of the checksum is left as it was.
void Ne2000::store(std::span<const u8> frame) {
  const u32 length = std::max(static_cast<u32>(frame.size()), least_frame) + checksum_bytes;
  const u32 start = page_start_ * page_bytes, stop = page_stop_ * page_bytes;
  u32 next = current_ + (header_bytes + length + page_bytes - 1) / page_bytes;
  if (next >= page_stop_) next -= page_stop_ - page_start_;
  receive_status_ = received_intact | (is_group(frame) ? received_group : 0);

  u32 at = current_ * page_bytes;
  const auto put = [&](u32 byte) {
    write_memory(at, static_cast<u8>(byte));
    if (++at == stop) at = start;
  };
  for (const u32 byte : {u32{receive_status_}, next, length & 0xff, length >> 8}) put(byte);
  for (const u8 byte : frame) put(byte);
  for (u32 n = static_cast<u32>(frame.size()); n < least_frame; ++n) put(0);
  current_ = static_cast<u8>(next);
}

}  // namespace quince::devices
