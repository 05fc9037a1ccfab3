// The 6522 versatile interface adapter as mac-io contains it: two timers, a shift register, port B to the
// microcontroller CUDA. Facts: the 6522's data sheet; Linux, via-cuda.c; measurements.
#pragma once

#include <functional>

#include "devices/irq_line.h"
#include "devices/mmio.h"
#include "devices/scheduler.h"

namespace quince::devices {

class Via final : public MmioDevice {
 public:
  static constexpr u32 window_bytes = 0x2000;

  explicit Via(Scheduler& scheduler) : scheduler_(scheduler) {}

  u64 read(u32 offset, unsigned bytes) override;
  void write(u32 offset, unsigned bytes, u64 value) override;
  void reset();

  IrqLine interrupt;

  // --- Port B and the shift register, as the chip on the other side has them ---

  // The guest wrote the output register: its new value.
  std::function<void(u8 orb)> on_port_b_write;
  // Lines that the other side drives; the rest read as the guest wrote them. DDRB is not looked at: OpenBIOS
  // never writes it and counts on the handshake lines being driven.
  void drive_port_b(u8 lines, u8 levels) { driven_ = lines, levels_ = levels; }
  bool shifting_out() const;
  u8 shift_register = 0;
  void shift_complete();  // eight bits have gone in or out: the SR flag rises

 private:
  // A 16-bit down counter. Its state is worked out from the time when somebody looks.
  struct Timer {
    u16 latch = 0xffff;
    u16 count = 0xffff;     // what the present run started from
    u64 started = 0;        // VIA clock at which it did
    bool signalled = true;  // this run's passage below zero has been noticed
    u16 counter(u64 clock) const { return static_cast<u16>(count - (clock - started)); }
    u64 expiry() const { return started + count + 1; }
  };

  u64 clock() const;
  bool continuous() const;
  void start(Timer& timer, u8 flag);
  void catch_up();  // timers to the present
  u64 next_flag(u8 of) const;
  void note_poll(u8 flags);
  void update();  // the interrupt line, and the event at which it changes next
  void set_flags(u8 flags) { ifr_ |= flags; }
  void clear_flags(u8 flags) { ifr_ &= static_cast<u8>(~flags); }
  u8 read_register(u32 number);
  void write_register(u32 number, u8 value);

  Scheduler& scheduler_;
  u8 orb_ = 0, ora_ = 0, ddrb_ = 0, ddra_ = 0, acr_ = 0, pcr_ = 0, ifr_ = 0, ier_ = 0;
  u8 driven_ = 0, levels_ = 0;
  u8 t2_latch_low_ = 0xff;
  Timer t1_, t2_;
  EventId timer_event_ = 0;
  u32 polls_ = 0;  // of IFR, one after the other with the same result
  u8 polled_flags_ = 0;
};

}  // namespace quince::devices
