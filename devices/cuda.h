// CUDA, the microcontroller behind the VIA: Apple Desktop Bus, clock, parameter RAM, power. It exchanges
// packets with the host a byte at a time through the VIA's shift register, with three handshake lines on port
// B. Facts: Linux, via-cuda.c; DingusPPC, viacuda.md; measurements.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "devices/adb.h"
#include "devices/scheduler.h"
#include "devices/via.h"

namespace quince::devices {

class Cuda {
 public:
  // seconds_since_1904: the clock at power-on; CUDA's epoch is 1904-01-01.
  Cuda(Scheduler& scheduler, Via& via, AdbBus& adb, u32 seconds_since_1904);
  void reset();  // power-on; the clock and parameter RAM go on

  // What the guest asked for. Called from within a register write: the machine acts later.
  std::function<void()> on_power_off, on_restart;
  // For who watches it: a packet of the guest's, and what is answered.
  std::function<void(std::span<const u8> packet, std::span<const u8> answer)> on_packet;

  static constexpr u32 unix_epoch = 2'082'844'800;  // 1970-01-01 as seconds since 1904
  std::array<u8, 256> parameter_ram{};

 private:
  using Bytes = std::span<const u8>;
  enum class Tail : u8 { none, zeros, parameter_ram };
  struct Packet {
    std::vector<u8> bytes;
    Tail tail = Tail::none;  // what follows for as long as the host goes on reading
    u8 tail_position = 0;
    bool asynchronous = false;  // nobody asked: may be sent again later
    bool empty() const { return bytes.empty(); }
  };
  struct Command {
    u8 number;
    u8 arguments;  // bytes, at least
    Packet (Cuda::*execute)(Bytes arguments);
  };
  enum class Transfer : u8 { none, from_host, to_host };
  enum class OneSecondMode : u8 { off, full_packets, headers, ticks };

  // --- The handshake ---
  void port_b_written(u8 orb);
  void begin_transfer();
  void next_byte();
  void end_transfer();
  void synchronise(bool acknowledge_asserted);
  void supply_byte();
  void request(bool asserted);  // TREQ
  void schedule_shift_interrupt();
  bool idle() const;
  void offer_waiting_packet();  // if idle

  // --- Packets ---
  Packet answer_to(Bytes packet);
  Packet adb_command(Bytes packet);
  Packet pseudo_command(Bytes packet);
  static Packet error(u8 code, Bytes packet);
  static std::span<const Command> commands();

  Packet accept(Bytes) { return {}; }
  Packet warm_start(Bytes);
  Packet set_autopoll(Bytes);
  Packet read_6805_memory(Bytes);
  Packet get_time(Bytes);
  Packet read_parameter_ram(Bytes);
  Packet write_6805_memory(Bytes);
  Packet set_time(Bytes);
  Packet power_down(Bytes);
  Packet write_parameter_ram(Bytes);
  Packet restart(Bytes);
  Packet set_autopoll_rate(Bytes);
  Packet get_autopoll_rate(Bytes);
  Packet set_device_list(Bytes);
  Packet get_device_list(Bytes);
  Packet set_one_second_mode(Bytes);

  // --- What CUDA does by itself ---
  void schedule_autopoll();
  void autopoll();
  void schedule_one_second();
  void one_second();
  u32 seconds();

  Scheduler& scheduler_;
  Via& via_;
  AdbBus& adb_;
  u32 clock_offset_;

  bool tip_ = true, tack_ = true;  // asserted, as last seen: at power-on everything looks asserted
  bool treq_ = true;
  Transfer transfer_ = Transfer::none;
  std::vector<u8> incoming_;
  Packet outgoing_;  // offered or being read
  std::size_t outgoing_position_ = 0;
  std::deque<Packet> waiting_;  // asynchronous ones
  EventId shift_event_ = 0;

  bool autopoll_on_ = false;
  u8 autopoll_period_ = 0;  // milliseconds
  u16 device_mask_ = 0xffff;
  EventId autopoll_event_ = 0;
  OneSecondMode one_second_mode_ = OneSecondMode::off;
  unsigned ticks_until_full_ = 0;  // 0: the next one-second packet is a full one
  EventId one_second_event_ = 0;
};

}  // namespace quince::devices
