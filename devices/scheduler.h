// Guest time, and things to be done at a point of it. One scheduler serves the whole board: timers, transfers
// in progress, retraces. The board decides whether its time follows the host's clock or the instruction
// count.
#pragma once

#include <functional>

#include "devices/types.h"

namespace quince::devices {

using EventId = u64;  // never 0

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Nanoseconds of guest time since power-on.
  virtual u64 now() = 0;
  // Calls `action` on the processor's thread once now() >= `time`. Events at the same time run in the order
  // in which they were scheduled. A time in the past means as soon as possible, but not before this call
  // returns.
  virtual EventId at(u64 time, std::function<void()> action) = 0;
  EventId after(u64 nanoseconds, std::function<void()> action) {
    return at(now() + nanoseconds, std::move(action));
  }
  virtual void cancel(EventId id) = 0;  // no effect if it already ran, or for 0

  // The guest does nothing but ask whether it is `time` yet, at which a flag of the device rises: the board
  // may let the host's processor rest till shortly before.
  virtual void rest(u64 /*time*/) {}

  // From any thread: have `action` called on the processor's thread soon. How host I/O reports completion. At
  // what guest time it runs depends on the host.
  virtual void post(std::function<void()> action) = 0;
  // Guest time is a function of the instructions executed, and runs must be repeatable: host I/O may not show
  // through post(). Instead schedule the completion with at(), and let that event wait for the host if it
  // must.
  virtual bool deterministic() const { return false; }
};

}  // namespace quince::devices
