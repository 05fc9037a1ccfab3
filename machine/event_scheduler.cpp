#include "machine/event_scheduler.h"

#include <algorithm>

namespace quince::machine {

devices::EventId EventScheduler::at(u64 time, std::function<void()> action) {
  const devices::EventId id = ++last_id_;
  if (cpu_ && time < next_event()) cpu_->request_attention();
  events_.emplace(std::pair{time, id}, std::move(action));
  times_.emplace(id, time);
  return id;
}

void EventScheduler::cancel(devices::EventId id) {
  const auto found = times_.find(id);
  if (found == times_.end()) return;
  events_.erase({found->second, id});
  times_.erase(found);
}

// In pieces, and ending early enough that the host may be late: the guest measures this.
void EventScheduler::rest(u64 time) {
  constexpr u64 margin = 200'000, shortest = 100'000, longest = 1'000'000;  // nanoseconds
  if (deterministic() || !cpu_) return;
  u64 until = std::min(time, next_event());
  if (cpu_->state.msr & ppc::msr::ee) until = std::min(until, clock_.time_of(cpu_->decrementer_deadline()));
  const u64 present = now();
  if (until < present + shortest + margin) return;
  until = std::min(until - margin, present + longest);
  wait(std::chrono::nanoseconds(until - present));
  clock_.rested(instructions(), until);
}

void EventScheduler::post(std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(action));
    posted_.store(true, std::memory_order_release);
  }
  something_posted_.notify_one();
}

void EventScheduler::run_posted() {
  if (!posted_.load(std::memory_order_acquire)) return;
  std::vector<std::function<void()>> actions;
  {
    const std::lock_guard lock(mutex_);
    actions.swap(queue_);
    posted_.store(false, std::memory_order_relaxed);
  }
  for (const auto& action : actions) action();
}

void EventScheduler::run_due() {
  run_posted();
  if (events_.empty()) return;
  const u64 present = now();
  const devices::EventId newest = last_id_;
  while (!events_.empty()) {
    const auto first = events_.begin();
    const auto [time, id] = first->first;
    if (time > present || id > newest) return;
    const auto action = std::move(first->second);
    times_.erase(id);
    events_.erase(first);
    action();
  }
}

void EventScheduler::wait(std::chrono::nanoseconds at_most) {
  std::unique_lock lock(mutex_);
  something_posted_.wait_for(lock, at_most, [this] { return !queue_.empty(); });
}

}  // namespace quince::machine
