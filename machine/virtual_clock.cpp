#include "machine/virtual_clock.h"

#include <algorithm>
#include <cassert>

namespace quince::machine {

namespace {
constexpr u64 nanoseconds_per_millisecond = 1'000'000;
}

VirtualClock::VirtualClock(Kind kind, u64 timebase_hertz)
    : kind_(kind), timebase_kilohertz_(timebase_hertz / 1000), started_(std::chrono::steady_clock::now()) {
  assert(timebase_hertz % 1000 == 0);
}

u64 VirtualClock::host_time() const {
  const auto passed = held_.value_or(std::chrono::steady_clock::now()) - started_;
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
}

u64 VirtualClock::nanoseconds(u64 instructions) {
  if (kind_ == Kind::instructions) return skipped_ + instructions * nanoseconds_per_instruction;
  const u64 host = host_time();
  const u64 allowed = last_time_ + (instructions - last_instructions_) * real_limit;
  last_time_ = host > allowed + largest_lag ? host : std::max(last_time_, std::min(host, allowed));
  last_instructions_ = instructions;
  return last_time_;
}

u64 VirtualClock::ticks_at(u64 nanoseconds) const {
  const u64 milliseconds = nanoseconds / nanoseconds_per_millisecond;
  const u64 rest = nanoseconds % nanoseconds_per_millisecond;
  return milliseconds * timebase_kilohertz_ + rest * timebase_kilohertz_ / nanoseconds_per_millisecond;
}

u64 VirtualClock::time_of(u64 ticks) const {
  const u64 milliseconds = ticks / timebase_kilohertz_, rest = ticks % timebase_kilohertz_;
  return milliseconds * nanoseconds_per_millisecond +
         (rest * nanoseconds_per_millisecond + timebase_kilohertz_ - 1) / timebase_kilohertz_;
}

void VirtualClock::idle(u64 instructions, u64 until) {
  if (kind_ == Kind::real) {
    last_time_ = std::max(last_time_, host_time());
    last_instructions_ = instructions;
  } else {
    const u64 now = nanoseconds(instructions);
    if (until > now) skipped_ += until - now;
  }
}

void VirtualClock::rested(u64 instructions, u64 until) {
  if (kind_ != Kind::real) return;
  last_time_ = std::max(last_time_, std::min(host_time(), until));
  last_instructions_ = instructions;
}

void VirtualClock::hold() {
  if (!held_) held_ = std::chrono::steady_clock::now();
}

void VirtualClock::go_on() {
  if (!held_) return;
  started_ += std::chrono::steady_clock::now() - *held_;
  held_.reset();
}

u64 VirtualClock::instructions_until(u64 until, u64 instructions) {
  const u64 now = nanoseconds(instructions);
  return until <= now ? 0 : instructions_in(until - now);
}

}  // namespace quince::machine
