// Lets the processor execute and time pass until something ends the machine.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "machine/core.h"
#include "machine/error.h"

namespace quince::machine {

class RunLoop {
 public:
  // timeout_seconds: of host time; 0: none.
  RunLoop(Core& core, double timeout_seconds);

  // The exit status, or the state that the guest can't leave.
  tl::expected<int, Error> run();

  // --- From devices and posted actions, on the processor's thread; they take effect at the next checkpoint
  // ---
  void stop(int exit_status);
  void request_restart();
  // What a restart does; the processor's own reset is among it.
  std::function<void()> on_restart;

 private:
  static constexpr u64 shortest_slice = 200, longest_slice = 20'000;  // instructions

  bool idle();  // false: nothing can ever happen
  u64 slice();
  bool timed_out() const { return deadline_ && std::chrono::steady_clock::now() >= *deadline_; }
  Error stuck(const std::string& why) const;

  Core& core_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::optional<int> exit_status_;
  bool restart_ = false;
};

}  // namespace quince::machine
