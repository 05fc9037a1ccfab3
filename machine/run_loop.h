// Lets the processor execute and time pass until something ends the machine.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

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

  // --- For who watches the machine: on the processor's thread too ---
  // The machine stands still: neither instructions nor time, but posted actions go on.
  void pause();
  // From where it stands, past a breakpoint or watchpoint that it stands at.
  void resume();
  // Resumes for so many instructions and no interrupts, unless something stops it before.
  void step(u64 instructions = 1);
  bool paused() const { return paused_; }
  // Called when the machine has come to stand after pause() or step() (nothing) or at a point of Cpu::debug,
  // and when it goes on.
  struct Observer {
    std::function<void(const std::optional<ppc::GuestException>& at)> paused;
    std::function<void()> resumed = [] {};
  };
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }

 private:
  static constexpr u64 shortest_slice = 200, usual_slice = 20'000, longest_slice = 160'000;  // instructions

  bool idle();  // false: nothing can ever happen
  u64 slice();
  void judge_slice(u64 instructions, u64 now);
  bool timed_out() const { return deadline_ && std::chrono::steady_clock::now() >= *deadline_; }
  Error stuck(const std::string& why) const;

  Core& core_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::optional<int> exit_status_;
  bool restart_ = false;

  void stand_still(const std::optional<ppc::GuestException>& at);
  void execute();
  void execute_one();

  std::vector<Observer> observers_;
  bool pause_wanted_ = false, paused_ = false;
  u64 steps_ = 0;                                  // left to make
  bool at_point_ = false, at_watchpoint_ = false;  // the guest was stopped at the instruction at state.pc
  u64 slice_ = 0;                                  // the last one's limit, in instructions
  u64 slice_begun_ = 0, slice_time_ = 0;           // at its beginning: instructions, and the time
  u64 most_of_slice_ = usual_slice;
  ppc::DebugPoints known_;  // what the engine has been told
};

}  // namespace quince::machine
