// What device models cost the host.
#pragma once

#include <ctime>

#include "devices/types.h"

namespace quince::devices {

// Processor time that the calling thread has used. A system call: not for every register access.
inline u64 thread_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<u64>(time.tv_sec) * 1'000'000'000 + static_cast<u64>(time.tv_nsec);
}

// Adds the processor time of its life to a total.
class HostTimer {
 public:
  explicit HostTimer(u64& total) : total_(total), start_(thread_nanoseconds()) {}
  ~HostTimer() { total_ += thread_nanoseconds() - start_; }
  HostTimer(const HostTimer&) = delete;
  HostTimer& operator=(const HostTimer&) = delete;

 private:
  u64& total_;
  u64 start_;
};

}  // namespace quince::devices
