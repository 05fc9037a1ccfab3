// What is to happen at which guest time, and what host threads have to say.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "devices/scheduler.h"
#include "guest-ppc/cpu.h"
#include "machine/virtual_clock.h"

namespace quince::machine {

class EventScheduler final : public devices::Scheduler {
 public:
  static constexpr u64 never = ~u64{0};

  explicit EventScheduler(VirtualClock& clock) : clock_(clock) {}
  // The processor whose instructions count as time; it is told when an event comes to be the next one.
  void attach(ppc::Cpu& cpu) { cpu_ = &cpu; }

  // --- For devices ---
  u64 now() override { return clock_.nanoseconds(instructions()); }
  devices::EventId at(u64 time, std::function<void()> action) override;
  void cancel(devices::EventId id) override;
  void rest(u64 time) override;
  void post(std::function<void()> action) override;
  bool deterministic() const override { return clock_.kind() == VirtualClock::Kind::instructions; }

  // --- For the run loop ---
  u64 next_event() const { return events_.empty() ? never : events_.begin()->first.first; }
  // Runs what is posted, and the events that are due. An event that schedules another for now does not keep
  // it from returning.
  void run_due();
  // Sleeps until something is posted, but at most for so much host time.
  void wait(std::chrono::nanoseconds at_most);

 private:
  u64 instructions() const { return cpu_ ? cpu_->instructions() : 0; }
  void run_posted();

  VirtualClock& clock_;
  ppc::Cpu* cpu_ = nullptr;
  std::map<std::pair<u64, devices::EventId>, std::function<void()>> events_;
  std::unordered_map<devices::EventId, u64> times_;
  devices::EventId last_id_ = 0;

  std::atomic<bool> posted_{false};
  std::mutex mutex_;
  std::condition_variable something_posted_;
  std::vector<std::function<void()>> queue_;
};

}  // namespace quince::machine
