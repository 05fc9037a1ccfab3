// SIGINT, SIGTERM and SIGHUP as events of the machine, so that it ends in good order: terminal restored,
// disks flushed.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "devices/scheduler.h"

namespace quince::machine {

class Termination {
 public:
  // Create it before any other thread. on_signal is called on the processor's thread, with the number.
  Termination(devices::Scheduler& scheduler, std::function<void(int)> on_signal);
  ~Termination();
  Termination(const Termination&) = delete;
  Termination& operator=(const Termination&) = delete;

 private:
  sigset_t previous_;
  int signals_, stop_;
  std::thread thread_;
};

}  // namespace quince::machine
