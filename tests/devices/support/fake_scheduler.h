// Guest time that a test moves by hand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "devices/scheduler.h"

namespace quince::devices {

class FakeScheduler final : public Scheduler {
 public:
  explicit FakeScheduler(bool repeatable = true) : repeatable_(repeatable) {}

  u64 now() override { return now_; }
  EventId at(u64 time, std::function<void()> action) override {
    events_.emplace(std::pair(std::max(time, now_), ++last_id_), std::move(action));
    return last_id_;
  }
  void cancel(EventId id) override {
    std::erase_if(events_, [id](const auto& event) { return event.first.second == id; });
  }
  void post(std::function<void()> action) override {
    {
      const std::scoped_lock lock(mutex_);
      posted_.push_back(std::move(action));
    }
    something_posted_.notify_one();
  }
  void rest(u64 time) override { rests.push_back(time); }
  bool deterministic() const override { return repeatable_; }

  // Runs everything that is due within so much time, and what it schedules within it.
  void run_for(u64 nanoseconds) {
    const u64 end = now_ + nanoseconds;
    run_posted();
    while (!events_.empty() && events_.begin()->first.first <= end) {
      now_ = events_.begin()->first.first;
      auto action = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      ++events_run;
      action();
      run_posted();
    }
    now_ = end;
  }
  // Goes on, event by event, and waiting for host threads, until the condition is true. False: it will not
  // become so.
  template <class Condition>
  bool run_until(Condition&& condition, u64 at_most = 10'000'000'000) {
    const u64 end = now_ + at_most;
    while (!condition()) {
      run_posted();
      if (condition()) return true;
      if (!events_.empty() && events_.begin()->first.first <= end) {
        run_for(events_.begin()->first.first - now_);
      } else if (!wait_for_post()) {
        return false;
      }
    }
    return true;
  }
  bool idle() const { return events_.empty(); }

  u64 events_run = 0;
  std::vector<u64> rests;  // what rest() was asked for

 private:
  void run_posted() {
    std::vector<std::function<void()>> actions;
    {
      const std::scoped_lock lock(mutex_);
      actions.swap(posted_);
    }
    for (auto& action : actions) action();
  }
  bool wait_for_post() {
    std::unique_lock lock(mutex_);
    return something_posted_.wait_for(lock, std::chrono::seconds(2), [this] { return !posted_.empty(); });
  }

  const bool repeatable_;
  u64 now_ = 0;
  EventId last_id_ = 0;
  std::map<std::pair<u64, EventId>, std::function<void()>> events_;
  std::mutex mutex_;
  std::condition_variable something_posted_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace quince::devices
