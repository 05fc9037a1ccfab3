#include "devices/escc.h"

#include <optional>

namespace quince::devices {

namespace {

// WR0
constexpr u8 pointer_bits = 0x07, command_bits = 0x38;
constexpr u8 point_high = 0x08, next_character_interrupts = 0x20, reset_transmit_pending = 0x28;
// WR1
constexpr u8 transmit_interrupt_enable = 0x02;
constexpr unsigned receive_mode_shift = 3;
// WR3, WR5
constexpr u8 receiver_enable = 0x01, transmitter_enable = 0x08;
// WR9; the registers WR2 and WR9 are common to both channels
constexpr u8 reset_command_bits = 0xc0, reset_b = 0x40, reset_a = 0x80, hardware_reset = 0xc0;
constexpr u8 master_interrupt_enable = 0x08, status_high = 0x10;
constexpr unsigned wr_vector = 2, wr_master = 9;
// WR15 after reset
constexpr u8 external_enables_at_reset = 0xf8;

// RR0
constexpr u8 receive_available = 0x01, transmit_empty = 0x04, transmit_underrun = 0x40;
// RR1: everything has been sent; the residue code of an asynchronous line
constexpr u8 all_sent = 0x07;
// RR3: channel A's half is three bits further up
constexpr u8 transmit_ip = 0x02, receive_ip = 0x04;
constexpr unsigned channel_a_shift = 3;

struct Place {
  Escc::Port port;
  bool data;
};

// Enhancement and recovery registers are at other places; nothing needs them.
std::optional<Place> place(u32 offset, bool legacy) {
  switch (legacy ? offset << 4 : offset) {
    case 0x00: return Place{Escc::port_b, false};
    case 0x20: return Place{Escc::port_a, false};
    case 0x10:
      if (!legacy) return Place{Escc::port_b, true};
      break;
    case 0x30:
      if (!legacy) return Place{Escc::port_a, true};
      break;
    case 0x40:
      if (legacy) return Place{Escc::port_b, true};
      break;
    case 0x60:
      if (legacy) return Place{Escc::port_a, true};
      break;
    default: break;
  }
  return std::nullopt;
}

}  // namespace

bool Escc::Channel::receiver_on() const { return (wr[3] & receiver_enable) != 0; }
bool Escc::Channel::transmitter_on() const { return (wr[5] & transmitter_enable) != 0; }
bool Escc::Channel::transmit_interrupt() const {
  return transmit_pending && (wr[1] & transmit_interrupt_enable) != 0;
}
bool Escc::Channel::receive_interrupt() const {
  switch (static_cast<ReceiveInterrupt>(wr[1] >> receive_mode_shift & 3)) {
    case ReceiveInterrupt::first: return receive_full && first_armed;
    case ReceiveInterrupt::all: return receive_full;
    default: return false;
  }
}

Escc::Escc(CharacterBackend& a, CharacterBackend& b) {
  channels_[port_a].host = &a;
  channels_[port_b].host = &b;
  for (Channel& channel : channels_) {
    channel.host->on_input = [this, &channel] {
      fetch(channel);
      update();
    };
  }
  reset();
}

void Escc::reset() {
  for (Channel& channel : channels_) {
    channel.wr = {};
    reset_channel(channel);
  }
  update();
}

void Escc::reset_channel(Channel& channel) {
  const u8 vector = channel.wr[wr_vector], master = channel.wr[wr_master];
  channel.wr = {};
  channel.wr[wr_vector] = vector;
  channel.wr[wr_master] = master;
  channel.wr[15] = external_enables_at_reset;
  channel.pointer = 0;
  channel.receive_full = channel.transmit_pending = false;
  channel.first_armed = true;
}

void Escc::fetch(Channel& channel) {
  if (!channel.receiver_on() || channel.receive_full) return;
  if (const auto byte = channel.host->read()) {
    channel.received = *byte;
    channel.receive_full = true;
  }
}

u8 Escc::status(const Channel& channel) const {
  return static_cast<u8>(transmit_empty | transmit_underrun | (channel.receive_full ? receive_available : 0));
}

u8 Escc::pending() const {
  const auto of = [](const Channel& channel) {
    return (channel.receive_interrupt() ? receive_ip : 0) | (channel.transmit_interrupt() ? transmit_ip : 0);
  };
  return static_cast<u8>(of(channels_[port_a]) << channel_a_shift | of(channels_[port_b]));
}

// The vector tells the highest pending source in bits 1 to 3, or in 4 to 6 backwards.
u8 Escc::modified_vector() const {
  constexpr u8 a_receive = 6, a_transmit = 4, b_receive = 2, b_transmit = 0, nothing = 3;
  u8 source = nothing;
  if (channels_[port_a].receive_interrupt())
    source = a_receive;
  else if (channels_[port_a].transmit_interrupt())
    source = a_transmit;
  else if (channels_[port_b].receive_interrupt())
    source = b_receive;
  else if (channels_[port_b].transmit_interrupt())
    source = b_transmit;
  const u8 vector = channels_[port_a].wr[wr_vector];
  if (!(channels_[port_a].wr[wr_master] & status_high))
    return static_cast<u8>((vector & ~0x0e) | source << 1);
  const u8 backwards = static_cast<u8>((source & 1) << 2 | (source & 2) | source >> 2);
  return static_cast<u8>((vector & ~0x70) | backwards << 4);
}

void Escc::update() {
  const bool enabled = (channels_[port_a].wr[wr_master] & master_interrupt_enable) != 0;
  for (Channel& channel : channels_) {
    channel.interrupt.set(enabled && (channel.transmit_interrupt() || channel.receive_interrupt()));
  }
}

// --- Control ---

u8 Escc::read_control(Port port) {
  Channel& channel = channels_[port];
  const u8 number = std::exchange(channel.pointer, u8{0});
  switch (number) {
    case 0:
    case 4: return status(channel);
    case 1:
    case 5: return all_sent;
    case 2:
    case 6: return port == port_b ? modified_vector() : channel.wr[wr_vector];
    case 3:
    case 7: return port == port_a ? pending() : 0;
    case 8: return read_data(port);
    case 12: return channel.wr[12];
    case 13:
    case 9: return channel.wr[13];
    case 15:
    case 11: return channel.wr[15];
    default: return 0;
  }
}

void Escc::write_control(Port port, u8 value) {
  Channel& channel = channels_[port];
  const u8 number = std::exchange(channel.pointer, u8{0});
  switch (number) {
    case 0: command(channel, value); break;
    case wr_vector: channels_[port_a].wr[wr_vector] = channels_[port_b].wr[wr_vector] = value; break;
    case 8: write_data(port, value); break;
    case wr_master: master_control(value); break;
    default: channel.wr[number] = value; break;
  }
  fetch(channel);  // the receiver may just have been switched on
  update();
}

void Escc::command(Channel& channel, u8 value) {
  channel.pointer = value & pointer_bits;
  switch (value & command_bits) {
    case point_high: channel.pointer |= 8; break;
    case next_character_interrupts: channel.first_armed = true; break;
    case reset_transmit_pending: channel.transmit_pending = false; break;
    default: break;
  }
}

void Escc::master_control(u8 value) {
  for (Channel& channel : channels_) channel.wr[wr_master] = static_cast<u8>(value & ~reset_command_bits);
  switch (value & reset_command_bits) {
    case reset_a: reset_channel(channels_[port_a]); break;
    case reset_b: reset_channel(channels_[port_b]); break;
    case hardware_reset: reset(); break;
    default: break;
  }
}

// --- Data ---

u8 Escc::read_data(Port port) {
  Channel& channel = channels_[port];
  const u8 value = channel.received;
  if (channel.receive_full) {
    channel.receive_full = channel.first_armed = false;
    fetch(channel);
    update();
  }
  return value;
}

// The byte leaves at once, and the buffer is empty again: that is what sets TxIP.
void Escc::write_data(Port port, u8 value) {
  Channel& channel = channels_[port];
  if (!channel.transmitter_on()) return;
  channel.host->write(value);
  channel.transmit_pending = true;
  update();
}

u64 Escc::Window::read(u32 offset, unsigned bytes) {
  const auto where = place(offset, legacy_);
  if (bytes != 1 || !where) return 0;
  return where->data ? chip_.read_data(where->port) : chip_.read_control(where->port);
}

void Escc::Window::write(u32 offset, unsigned bytes, u64 value) {
  const auto where = place(offset, legacy_);
  if (bytes != 1 || !where) return;
  if (where->data)
    chip_.write_data(where->port, static_cast<u8>(value));
  else
    chip_.write_control(where->port, static_cast<u8>(value));
}

}  // namespace quince::devices
