// Time as a process sees it: the host's, or a function of the instructions executed.
#pragma once

#include <ctime>
#include <memory>

#include "guest-ppc/address_space.h"

namespace quince::machine::process {

using ppc::u64;

inline constexpr u64 nanoseconds_per_second = 1'000'000'000;

class ProcessClock : public ppc::Clock {
 public:
  // A quarter of a 100 MHz bus clock, as on the machines Quince plays. Programs learn it from /proc/cpuinfo
  // only.
  static constexpr u64 timebase_hz = 25'000'000;

  virtual bool deterministic() const = 0;
  // As clock_gettime and clock_getres of the host: 0 or a negative errno.
  virtual int now(clockid_t id, u64 instructions, timespec* out) const = 0;
  virtual int resolution(clockid_t id, timespec* out) const = 0;
  // CLOCK_MONOTONIC in nanoseconds.
  u64 monotonic(u64 instructions) const;
  // How many instructions pass in that time, at least 1; without end for a clock that does not count them.
  virtual u64 instructions_in(u64 /*ns*/) const { return ~u64{0}; }
  // Deterministic clocks: nothing happens until then, so time jumps.
  virtual void skip_to(u64 /*monotonic_ns*/, u64 /*instructions*/) {}
};

std::unique_ptr<ProcessClock> make_real_clock();
// One instruction takes 5 ns; the process starts on 2001-03-24 00:00:00 UTC.
std::unique_ptr<ProcessClock> make_instruction_clock();

inline u64 to_nanoseconds(const timespec& t) {
  return static_cast<u64>(t.tv_sec) * nanoseconds_per_second + static_cast<u64>(t.tv_nsec);
}
inline timespec to_timespec(u64 ns) {
  return {static_cast<time_t>(ns / nanoseconds_per_second), static_cast<long>(ns % nanoseconds_per_second)};
}

}  // namespace quince::machine::process
