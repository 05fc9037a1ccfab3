// Where the time of a run goes, exactly: counted on request only (--profile), because it slows down what it
// looks at.
#pragma once

#include <algorithm>
#include <array>

#include "translator/statistics.h"

namespace quince::translator {

// Of making a translation; link: entering it in the tables, and making jumps direct.
enum class Stage : u32 { decode, lift, passes, emit, link };
inline constexpr std::size_t stages = 5;

// Ticks of a TickClock, and counts.
struct Profile {
  std::array<u64, stages> stage_ticks{};
  u64 generated_ticks = 0;    // in generated code, with what it calls
  u64 helper_ticks = 0;       // in what it calls
  u64 interpreter_ticks = 0;  // in code that has not run often, and in instructions whose access faulted
  u64 listener_ticks = 0;     // in what only this profile, or another tool, asked for
  u64 helper_calls = 0;
  u64 interpreted = 0;        // instructions
  u64 host_instructions = 0;  // of translations, where somebody counts them

  u64& ticks(Stage stage) { return stage_ticks[static_cast<std::size_t>(stage)]; }
  void move(Stage from, Stage to, u64 most) {
    const u64 moved = std::min(most, ticks(from));
    ticks(from) -= moved;
    ticks(to) += moved;
  }
};

// The stages of one translation, one after the other.
class Laps {
 public:
  explicit Laps(Profile* profile) : profile_(profile), started_(profile ? TickClock::now() : 0) {}
  void end(Stage stage) {
    if (!profile_) return;
    const u64 now = TickClock::now();
    profile_->ticks(stage) += now - started_;
    started_ = now;
  }

 private:
  Profile* const profile_;
  u64 started_;
};

// Adds the time of its life to a sum; null: does nothing.
class Stopwatch {
 public:
  explicit Stopwatch(u64* sum) : sum_(sum), started_(sum ? TickClock::now() : 0) {}
  ~Stopwatch() {
    if (sum_) *sum_ += TickClock::now() - started_;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  u64* const sum_;
  const u64 started_;
};

// For the life of a function that generated code calls.
class HelperWatch {
 public:
  explicit HelperWatch(ppc::Cpu& cpu) : HelperWatch(area_of(cpu).profile) {}

 private:
  explicit HelperWatch(Profile* profile) : watch_(profile ? &profile->helper_ticks : nullptr) {
    if (profile) ++profile->helper_calls;
  }
  const Stopwatch watch_;
};

}  // namespace quince::translator
