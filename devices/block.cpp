#include "devices/block.h"

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "devices/host_time.h"

namespace quince::devices {

namespace {

const char* verb(BlockRequest::Kind kind) {
  switch (kind) {
    case BlockRequest::Kind::read: return "cannot be read";
    case BlockRequest::Kind::write: return "cannot be written";
    case BlockRequest::Kind::flush: return "cannot be flushed";
  }
  return "";
}

}  // namespace

void BlockDevice::to_standard_error(const std::string& line) {
  std::fprintf(stderr, "quince: %s\n", line.c_str());
}

BlockDevice::BlockDevice(std::string name, std::unique_ptr<BlockStorage> storage, Report report)
    : name_(std::move(name)),
      storage_(std::move(storage)),
      report_(std::move(report)),
      bytes_(storage_->bytes()),
      read_only_(storage_->read_only()),
      thread_([this] { work(); }) {}

BlockDevice::~BlockDevice() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

void BlockDevice::submit(BlockRequest request, Done done) {
  assert(request.offset <= bytes_ && request.data.size() <= bytes_ - request.offset);
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back({std::move(request), std::move(done)});
  }
  wakeup_.notify_one();
}

BlockDevice::Counters BlockDevice::counters() const {
  const std::scoped_lock lock(mutex_);
  return counters_;
}

void BlockDevice::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wakeup_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    carry_out(job.request);
    job.done(std::move(job.request));
  }
}

void BlockDevice::carry_out(BlockRequest& request) {
  const u64 start = thread_nanoseconds();
  request.error = perform(request);
  if (request.error != 0 && !std::exchange(reported_, true)) {
    report_(name_ + ": " + verb(request.kind) + ": " + std::strerror(request.error) +
            " (the guest is told of an I/O error)");
  }
  const std::scoped_lock lock(mutex_);
  counters_.host_nanoseconds += thread_nanoseconds() - start;
  if (request.error != 0) return;
  if (request.kind == BlockRequest::Kind::read) counters_.bytes_read += request.data.size();
  if (request.kind == BlockRequest::Kind::write) counters_.bytes_written += request.data.size();
  if (request.kind == BlockRequest::Kind::flush || request.durable) ++counters_.flushes;
}

int BlockDevice::perform(BlockRequest& request) {
  if (request.kind == BlockRequest::Kind::read) return storage_->read(request.offset, request.data);
  if (request.kind == BlockRequest::Kind::flush) return read_only_ ? 0 : storage_->flush();
  if (read_only_) return EROFS;
  if (const int error = storage_->write(request.offset, request.data); error != 0) return error;
  return request.durable ? storage_->flush() : 0;
}

}  // namespace quince::devices
