#include "machine/process/process_clock.h"

#include <cerrno>

namespace quince::machine::process {

namespace {

class RealClock final : public ProcessClock {
 public:
  u64 ticks(u64 instructions) override {
    constexpr u64 ns_per_tick = nanoseconds_per_second / timebase_hz;
    static_assert(ns_per_tick * timebase_hz == nanoseconds_per_second);
    return monotonic(instructions) / ns_per_tick;
  }
  bool deterministic() const override { return false; }
  int now(clockid_t id, u64, timespec* out) const override {
    return clock_gettime(id, out) == 0 ? 0 : -errno;
  }
  int resolution(clockid_t id, timespec* out) const override {
    return clock_getres(id, out) == 0 ? 0 : -errno;
  }
};

class InstructionClock final : public ProcessClock {
 public:
  u64 ticks(u64 instructions) override {
    return nanoseconds(instructions) / (nanoseconds_per_second / timebase_hz);
  }
  bool deterministic() const override { return true; }
  int now(clockid_t id, u64 instructions, timespec* out) const override {
    switch (id) {
      case CLOCK_REALTIME:
      case CLOCK_REALTIME_COARSE:
      case CLOCK_TAI: *out = to_timespec(start_of_time + nanoseconds(instructions)); return 0;
      case CLOCK_MONOTONIC:
      case CLOCK_MONOTONIC_RAW:
      case CLOCK_MONOTONIC_COARSE:
      case CLOCK_BOOTTIME: *out = to_timespec(nanoseconds(instructions)); return 0;
      case CLOCK_PROCESS_CPUTIME_ID:
      case CLOCK_THREAD_CPUTIME_ID: *out = to_timespec(instructions * ns_per_instruction); return 0;
      default: return -EINVAL;
    }
  }
  int resolution(clockid_t id, timespec* out) const override {
    timespec unused;
    *out = {0, 1};
    return now(id, 0, &unused);
  }
  u64 instructions_in(u64 ns) const override { return ns / ns_per_instruction + 1; }
  void skip_to(u64 monotonic_ns, u64 instructions) override {
    const u64 current = nanoseconds(instructions);
    if (monotonic_ns > current) skipped_ += monotonic_ns - current;
  }

 private:
  static constexpr u64 ns_per_instruction = 5;
  static constexpr u64 start_of_time = 985'392'000 * nanoseconds_per_second;
  u64 nanoseconds(u64 instructions) const { return instructions * ns_per_instruction + skipped_; }
  u64 skipped_ = 0;
};

}  // namespace

u64 ProcessClock::monotonic(u64 instructions) const {
  timespec t{};
  now(CLOCK_MONOTONIC, instructions, &t);
  return to_nanoseconds(t);
}

std::unique_ptr<ProcessClock> make_real_clock() { return std::make_unique<RealClock>(); }
std::unique_ptr<ProcessClock> make_instruction_clock() { return std::make_unique<InstructionClock>(); }

}  // namespace quince::machine::process
