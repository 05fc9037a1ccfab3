// A device model's way to a block device: requests go to its thread, completions come back at a point of
// guest time.
#pragma once

#include <functional>
#include <memory>

#include "devices/block.h"
#include "devices/scheduler.h"

namespace quince::devices {

class BlockClient {
 public:
  using Done = std::function<void(BlockRequest)>;

  explicit BlockClient(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~BlockClient() { cancel(); }
  BlockClient(const BlockClient&) = delete;
  BlockClient& operator=(const BlockClient&) = delete;

  // One request at a time. done is called on the processor's thread, not before `nanoseconds` of guest time
  // have passed; if guest time must be repeatable, exactly then, however long the host takes.
  void start(BlockDevice& device, BlockRequest request, u64 nanoseconds, Done done);
  // done will not be called. A write that was started is carried out nevertheless.
  void cancel();

 private:
  struct Ticket;
  void due();
  void complete();

  Scheduler& scheduler_;
  EventId event_ = 0;
  std::shared_ptr<Ticket> ticket_;
  Done done_;
};

}  // namespace quince::devices
