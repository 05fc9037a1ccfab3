#include "devices/via.h"

#include <algorithm>

namespace quince::devices {

namespace {

enum Register : u32 {
  orb,
  ora,
  ddrb,
  ddra,
  t1c_l,
  t1c_h,
  t1l_l,
  t1l_h,
  t2c_l,
  t2c_h,
  sr,
  acr,
  pcr,
  ifr,
  ier,
  ora_no_handshake
};
constexpr u32 register_number(u32 offset) { return offset >> 9 & 0xf; }

namespace flag {  // of IFR and IER
constexpr u8 ca2 = 0x01, ca1 = 0x02, sr = 0x04, cb2 = 0x08, cb1 = 0x10, t2 = 0x20, t1 = 0x40, any = 0x80,
             all = 0x7f;
}
constexpr u8 acr_shift_out = 0x10, acr_t1_continuous = 0x40;

// The VIA counts at 4.7 MHz / 6 = 47/60 per microsecond.
constexpr u64 clock_numerator = 47, clock_denominator = 60'000;
constexpr u64 clock_at(u64 nanoseconds) { return nanoseconds * clock_numerator / clock_denominator; }
constexpr u64 time_of(u64 clock) {
  return (clock * clock_denominator + clock_numerator - 1) / clock_numerator;
}

constexpr u64 never = ~u64{0};

constexpr u16 with_low(u16 value, u8 low) { return static_cast<u16>((value & 0xff00) | low); }
constexpr u16 with_high(u16 value, u8 high) { return static_cast<u16>((value & 0x00ff) | high << 8); }

}  // namespace

void Via::reset() {
  orb_ = ora_ = ddrb_ = ddra_ = acr_ = pcr_ = ifr_ = ier_ = shift_register = 0;
  t2_latch_low_ = 0xff;
  t1_ = t2_ = Timer{.started = clock()};
  update();
}

u64 Via::clock() const { return clock_at(scheduler_.now()); }
bool Via::continuous() const { return (acr_ & acr_t1_continuous) != 0; }
bool Via::shifting_out() const { return (acr_ & acr_shift_out) != 0; }

void Via::shift_complete() {
  set_flags(flag::sr);
  update();
}

// --- Timers ---

void Via::start(Timer& timer, u8 flag) {
  timer.started = clock();
  timer.signalled = false;
  clear_flags(flag);
}

void Via::catch_up() {
  const u64 now = clock();
  for (auto [timer, its_flag] : {std::pair{&t1_, flag::t1}, std::pair{&t2_, flag::t2}}) {
    if (timer->signalled || now < timer->expiry()) continue;
    set_flags(its_flag);
    timer->signalled = true;
  }
  // In continuous mode the counter is loaded again two clocks after it has reached zero.
  const u64 reload = t1_.started + t1_.count + 2;
  if (!continuous() || now < reload) return;
  const u64 period = u64{t1_.latch} + 2, whole_periods = (now - reload) / period;
  t1_.started = reload + whole_periods * period;
  t1_.count = t1_.latch;
  t1_.signalled = now >= t1_.expiry();
  if (whole_periods > 0 || t1_.signalled) set_flags(flag::t1);
}

// The VIA clock at which a timer of these sets its flag.
u64 Via::next_flag(u8 of) const {
  u64 next = never;
  if ((of & flag::t1) && !(ifr_ & flag::t1)) {
    if (!t1_.signalled)
      next = t1_.expiry();
    else if (continuous())
      next = t1_.started + t1_.count + 2 + t1_.latch + 1;
  }
  if ((of & flag::t2) && !t2_.signalled) next = std::min(next, t2_.expiry());
  return next;
}

// Software that measures its own clock with a timer polls the flags some 100,000 times.
void Via::note_poll(u8 flags) {
  constexpr u32 patience = 500;  // polls
  polls_ = flags == polled_flags_ ? polls_ + 1 : 0;
  polled_flags_ = flags;
  if (polls_ < patience) return;
  polls_ = 0;
  const u64 next = next_flag(flag::all);
  if (next != never) scheduler_.rest(time_of(next));
}

void Via::update() {
  interrupt.set((ifr_ & ier_ & flag::all) != 0);
  const u64 next = next_flag(ier_);
  scheduler_.cancel(timer_event_);
  timer_event_ = 0;
  if (next == never) return;
  timer_event_ = scheduler_.at(time_of(next), [this] {
    timer_event_ = 0;
    catch_up();
    update();
  });
}

// --- Registers ---

u64 Via::read(u32 offset, unsigned bytes) {
  return bytes == 1 && offset < window_bytes ? read_register(register_number(offset)) : 0;
}

void Via::write(u32 offset, unsigned bytes, u64 value) {
  if (bytes == 1 && offset < window_bytes) write_register(register_number(offset), static_cast<u8>(value));
}

u8 Via::read_register(u32 number) {
  catch_up();
  u8 cleared = 0, value = 0;
  switch (static_cast<Register>(number)) {
    case orb:
      value = static_cast<u8>((orb_ & ~driven_) | (levels_ & driven_)), cleared = flag::cb1 | flag::cb2;
      break;
    case ora: value = ora_, cleared = flag::ca1 | flag::ca2; break;
    case ora_no_handshake: value = ora_; break;
    case ddrb: value = ddrb_; break;
    case ddra: value = ddra_; break;
    case t1c_l: value = static_cast<u8>(t1_.counter(clock())), cleared = flag::t1; break;
    case t1c_h: value = static_cast<u8>(t1_.counter(clock()) >> 8); break;
    case t1l_l: value = static_cast<u8>(t1_.latch); break;
    case t1l_h: value = static_cast<u8>(t1_.latch >> 8); break;
    case t2c_l: value = static_cast<u8>(t2_.counter(clock())), cleared = flag::t2; break;
    case t2c_h: value = static_cast<u8>(t2_.counter(clock()) >> 8); break;
    case sr: value = shift_register, cleared = flag::sr; break;
    case acr: value = acr_; break;
    case pcr: value = pcr_; break;
    case ifr: value = static_cast<u8>(ifr_ | (ifr_ & ier_ ? flag::any : 0)); break;
    case ier: value = ier_ | flag::any; break;
  }
  if (number == ifr) {
    note_poll(value);
  } else {
    polls_ = 0;
  }
  if (ifr_ & cleared) {
    clear_flags(cleared);
    update();
  }
  return value;
}

void Via::write_register(u32 number, u8 value) {
  catch_up();
  polls_ = 0;
  switch (static_cast<Register>(number)) {
    case orb:
      orb_ = value;
      clear_flags(flag::cb1 | flag::cb2);
      if (on_port_b_write) on_port_b_write(value);
      break;
    case ora: ora_ = value, clear_flags(flag::ca1 | flag::ca2); break;
    case ora_no_handshake: ora_ = value; break;
    case ddrb: ddrb_ = value; break;
    case ddra: ddra_ = value; break;
    case t1c_l:
    case t1l_l: t1_.latch = with_low(t1_.latch, value); break;
    case t1c_h:
      t1_.latch = t1_.count = with_high(t1_.latch, value);
      start(t1_, flag::t1);
      break;
    case t1l_h: t1_.latch = with_high(t1_.latch, value), clear_flags(flag::t1); break;
    case t2c_l: t2_latch_low_ = value; break;
    case t2c_h:
      t2_.count = static_cast<u16>(value << 8 | t2_latch_low_);
      start(t2_, flag::t2);
      break;
    case sr: shift_register = value, clear_flags(flag::sr); break;
    case acr: acr_ = value; break;
    case pcr: pcr_ = value; break;
    case ifr: clear_flags(value & flag::all); break;
    case ier: ier_ = static_cast<u8>(value & flag::any ? ier_ | (value & flag::all) : ier_ & ~value); break;
  }
  update();
}

}  // namespace quince::devices
