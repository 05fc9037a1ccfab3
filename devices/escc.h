// The ESCC, Zilog's Z85C30 in Apple's cell: two serial channels (SCC/ESCC User's Manual, Zilog UM010903).
// Baud rates and line formats are accepted and have no effect: bytes pass at once.
#pragma once

#include <array>

#include "devices/character.h"
#include "devices/irq_line.h"
#include "devices/mmio.h"

namespace quince::devices {

class Escc {
 public:
  enum Port : unsigned { port_a, port_b };

  Escc(CharacterBackend& a, CharacterBackend& b);
  void reset();  // as by the RESET pin
  IrqLine& interrupt(Port port) { return channels_[port].interrupt; }

  // The same registers twice: the spacing of the Power Macintosh, and that of older ones.
  static constexpr u32 window_bytes = 0x1000;
  MmioDevice& window() { return window_; }
  MmioDevice& legacy_window() { return legacy_window_; }

 private:
  enum class ReceiveInterrupt : u8 { never, first, all, special };
  struct Channel {
    CharacterBackend* host = nullptr;
    std::array<u8, 16> wr{};
    u8 pointer = 0;
    u8 received = 0;
    bool receive_full = false;
    bool first_armed = true;        // in mode `first`: the next character interrupts
    bool transmit_pending = false;  // TxIP
    IrqLine interrupt;

    bool receiver_on() const;
    bool transmitter_on() const;
    bool transmit_interrupt() const;
    bool receive_interrupt() const;
  };
  class Window final : public MmioDevice {
   public:
    Window(Escc& chip, bool legacy) : chip_(chip), legacy_(legacy) {}
    u64 read(u32 offset, unsigned bytes) override;
    void write(u32 offset, unsigned bytes, u64 value) override;

   private:
    Escc& chip_;
    bool legacy_;
  };

  u8 read_control(Port port);
  void write_control(Port port, u8 value);
  u8 read_data(Port port);
  void write_data(Port port, u8 value);
  void command(Channel& channel, u8 value);  // WR0
  void master_control(u8 value);             // WR9
  void reset_channel(Channel& channel);
  void fetch(Channel& channel);             // the next character from the host, if the receiver has room
  u8 status(const Channel& channel) const;  // RR0
  u8 pending() const;                       // RR3
  u8 modified_vector() const;               // RR2 of channel B
  void update();

  std::array<Channel, 2> channels_;
  Window window_{*this, false}, legacy_window_{*this, true};
};

}  // namespace quince::devices
