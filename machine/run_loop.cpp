#include "machine/run_loop.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace quince::machine {

namespace {

// How long at most until the time limit is looked at, while nothing happens.
constexpr std::chrono::milliseconds standing_still{100};

std::string hexadecimal(u32 value) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "0x%08" PRIx32, value);
  return text.data();
}

}  // namespace

RunLoop::RunLoop(Core& core, double timeout_seconds) : core_(core) {
  if (timeout_seconds <= 0) return;
  const std::chrono::duration<double> timeout(timeout_seconds);
  deadline_ =
      std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(timeout);
}

void RunLoop::stop(int exit_status) {
  if (!exit_status_) exit_status_ = exit_status;
  core_.cpu.request_attention();
}

void RunLoop::request_restart() {
  restart_ = true;
  core_.cpu.request_attention();
}

Error RunLoop::stuck(const std::string& why) const {
  return {status::stuck, "the guest has stopped: " + why + " at " + hexadecimal(core_.cpu.state.pc) +
                             " (its software or the image is at fault)"};
}

// --- Standing still ---

void RunLoop::pause() {
  if (paused_) return;
  pause_wanted_ = true;
  core_.cpu.request_attention();
}

void RunLoop::stand_still(const std::optional<ppc::GuestException>& at) {
  pause_wanted_ = false;
  paused_ = true;
  steps_ = 0;
  at_point_ = at.has_value();
  at_watchpoint_ = at && at->srr1 == ppc::debugger_cause::watchpoint;
  core_.clock.hold();
  for (const Observer& observer : observers_) observer.paused(at);
}

void RunLoop::resume() {
  pause_wanted_ = false;  // who says so may be quicker than the machine that begins paused
  if (!paused_) return;
  paused_ = false;
  core_.clock.go_on();
  for (const Observer& observer : observers_) observer.resumed();
}

void RunLoop::step(u64 instructions) {
  if (!paused_ || instructions == 0) return;
  steps_ = instructions;
  resume();
}

// One instruction, past what the guest was stopped for.
void RunLoop::execute_one() {
  ppc::Cpu& cpu = core_.cpu;
  if (cpu.napping()) cpu.take_interrupt();  // what ended the nap
  cpu.debug.watching = !at_watchpoint_;
  const ppc::Stop stop = core_.engine->step();
  cpu.debug.watching = true;
  at_point_ = at_watchpoint_ = false;
  if (stop.exception) return stand_still(stop.what);
  if (steps_ == 0 || --steps_ > 0) {
    if (steps_ > 0 && cpu.debug.stops_at(cpu.state.pc)) {
      stand_still(ppc::GuestException{ppc::Vector::debugger});
    }
    return;
  }
  stand_still(std::nullopt);
}

void RunLoop::execute() {
  ppc::Cpu& cpu = core_.cpu;
  if (!(cpu.debug == known_)) {
    if (cpu.debug.breakpoints != known_.breakpoints) core_.engine->flush();
    if (cpu.debug.watchpoints != known_.watchpoints) cpu.watchpoints_changed();
    known_ = cpu.debug;
  }
  if (steps_ > 0 || at_point_) return execute_one();
  cpu.limit = cpu.retired + slice();
  const ppc::Stop stop = core_.engine->run();
  if (stop.exception && stop.what.vector == ppc::Vector::debugger) stand_still(stop.what);
}

tl::expected<int, Error> RunLoop::run() {
  ppc::Cpu& cpu = core_.cpu;
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);  // not the usual 50 us: guests wait that long for one byte from CUDA
  for (;;) {
    core_.scheduler.run_due();
    if (exit_status_) return *exit_status_;
    if (std::exchange(restart_, false) && on_restart) on_restart();
    if (cpu.checkstop) return tl::unexpected(stuck("checkstop"));
    if (timed_out()) return status::timeout;
    if (pause_wanted_) {
      stand_still(std::nullopt);
      continue;  // those who have been told may want something
    }
    if (paused_) {
      core_.scheduler.wait(standing_still);
      continue;
    }
    if (cpu.napping() && !cpu.interrupt_waiting()) {
      if (!idle()) return tl::unexpected(stuck("it sleeps with interrupts disabled"));
      continue;
    }
    execute();
  }
}

// Instructions until something has to be looked at.
u64 RunLoop::slice() {
  ppc::Cpu& cpu = core_.cpu;
  const u64 instructions = cpu.instructions();
  const u64 now = core_.clock.nanoseconds(instructions);
  judge_slice(instructions, now);
  u64 next = core_.scheduler.next_event();
  // A passage of the decrementer that is past waits for the guest to enable interrupts, and the engine sees
  // to that.
  const u64 decrementer = core_.clock.time_of(cpu.decrementer_deadline());
  if (decrementer > now) next = std::min(next, decrementer);
  const u64 wanted = VirtualClock::instructions_in(next - std::min(now, next));
  // Under the instruction clock events come exactly when they are due.
  const u64 least = core_.clock.kind() == VirtualClock::Kind::real ? shortest_slice : 1;
  return slice_ = std::clamp(wanted, least, most_of_slice_);
}

// Slices become longer while the guest computes. Where it talks to devices its instructions take longer than
// the clock expects, and it would see late what has become due meanwhile.
void RunLoop::judge_slice(u64 instructions, u64 now) {
  const u64 executed = instructions - slice_begun_,
            expected = executed * VirtualClock::nanoseconds_per_instruction;
  const bool computes = executed >= slice_ && now - slice_time_ <= expected;
  most_of_slice_ = computes ? std::min(2 * most_of_slice_, longest_slice) : usual_slice;
  slice_begun_ = instructions;
  slice_time_ = now;
}

bool RunLoop::idle() {
  ppc::Cpu& cpu = core_.cpu;
  if (!(cpu.state.msr & ppc::msr::ee)) return false;
  const u64 next = std::min(core_.scheduler.next_event(), core_.clock.time_of(cpu.decrementer_deadline()));
  core_.clock.idle(cpu.instructions(), next);
  if (core_.clock.kind() == VirtualClock::Kind::instructions) return true;
  const u64 now = core_.clock.nanoseconds(cpu.instructions());
  if (next <= now) return true;
  auto host_time = std::chrono::nanoseconds(next - now);
  if (deadline_) host_time = std::min(host_time, *deadline_ - std::chrono::steady_clock::now());
  core_.scheduler.wait(host_time);
  core_.clock.idle(cpu.instructions(), next);
  return true;
}

}  // namespace quince::machine
