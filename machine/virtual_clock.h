// Guest time: one count of nanoseconds since power-on that timebase, decrementer, VIA and every device share.
#pragma once

#include <chrono>
#include <optional>

#include "guest-ppc/address_space.h"

namespace quince::machine {

using ppc::u64;

class VirtualClock final : public ppc::Clock {
 public:
  enum class Kind {
    // Follows the host's clock. While the processor executes, it never advances more than real_limit per
    // instruction:
    // when the host takes the processor away for some milliseconds, a guest that is measuring one timer
    // against
    // another does not see them pass between two of its instructions. It catches up within microseconds.
    real,
    // A function of the number of executed instructions and of what idling has skipped: runs are repeatable.
    instructions,
  };
  static constexpr u64 nanoseconds_per_instruction = 4;
  static constexpr u64 real_limit = 400;             // nanoseconds
  static constexpr u64 largest_lag = 1'000'000'000;  // beyond it (the host slept) time jumps

  VirtualClock(Kind kind, u64 timebase_hertz);

  Kind kind() const { return kind_; }
  // instructions: executed so far, never less than in an earlier call.
  u64 nanoseconds(u64 instructions);
  u64 ticks(u64 instructions) override { return ticks_at(nanoseconds(instructions)); }

  u64 instructions_before(u64 ticks, u64 now) override {
    return now + instructions_until(time_of(ticks), now);
  }

  u64 ticks_at(u64 nanoseconds) const;
  u64 time_of(u64 ticks) const;  // the first nanosecond at which ticks_at() gives it

  // The processor stands still: real time passes without instructions, other time jumps to `until`.
  void idle(u64 instructions, u64 until);
  // The processor has executed nothing for a while: real time passes, but not beyond `until`, for the guest
  // is measuring it.
  void rested(u64 instructions, u64 until);
  // Between hold() and go_on() no time passes for the guest, however long the host takes.
  void hold();
  void go_on();
  // How many instructions may execute before `until`: exact, or a guess that rather falls short.
  u64 instructions_until(u64 until, u64 instructions);
  // What computing takes at least, rounded up.
  static constexpr u64 instructions_in(u64 nanoseconds) {
    return nanoseconds / nanoseconds_per_instruction + (nanoseconds % nanoseconds_per_instruction != 0);
  }

 private:
  u64 host_time() const;

  Kind kind_;
  u64 timebase_kilohertz_;
  std::chrono::steady_clock::time_point started_;
  std::optional<std::chrono::steady_clock::time_point> held_;
  u64 skipped_ = 0;                            // instructions: time without them
  u64 last_time_ = 0, last_instructions_ = 0;  // real: the answer given last
};

}  // namespace quince::machine
