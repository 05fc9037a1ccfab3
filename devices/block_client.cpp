#include "devices/block_client.h"

#include <cassert>
#include <utility>

namespace quince::devices {

// What the device's thread and the processor's share. It outlives the client if the client gives up.
struct BlockClient::Ticket {
  BlockClient* owner;  // null: gave up; the processor's thread only
  std::mutex mutex;
  std::condition_variable finished_now;
  bool finished = false;
  bool notify = false;  // the device's thread shall post when it has finished
  BlockRequest request;
};

void BlockClient::start(BlockDevice& device, BlockRequest request, u64 nanoseconds, Done done) {
  assert(!ticket_);
  ticket_ = std::make_shared<Ticket>();
  ticket_->owner = this;
  done_ = std::move(done);
  event_ = scheduler_.after(nanoseconds, [this] { due(); });
  device.submit(std::move(request), [ticket = ticket_, &scheduler = scheduler_](BlockRequest result) {
    const std::scoped_lock lock(ticket->mutex);
    ticket->request = std::move(result);
    ticket->finished = true;
    ticket->finished_now.notify_one();
    if (!ticket->notify) return;
    scheduler.post([ticket] {  // under the lock: after cancel() nothing is posted
      if (ticket->owner) ticket->owner->complete();
    });
  });
}

void BlockClient::due() {
  event_ = 0;
  {
    std::unique_lock lock(ticket_->mutex);
    if (scheduler_.deterministic()) {
      ticket_->finished_now.wait(lock, [this] { return ticket_->finished; });
    } else if (!ticket_->finished) {
      ticket_->notify = true;
      return;
    }
  }
  complete();
}

void BlockClient::complete() {
  BlockRequest result = std::move(std::exchange(ticket_, nullptr)->request);
  std::exchange(done_, nullptr)(std::move(result));
}

void BlockClient::cancel() {
  scheduler_.cancel(std::exchange(event_, 0));
  if (!ticket_) return;
  {
    const std::scoped_lock lock(ticket_->mutex);
    ticket_->notify = false;
  }
  ticket_->owner = nullptr;
  ticket_ = nullptr;
  done_ = nullptr;
}

}  // namespace quince::devices
