#include "machine/termination.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace quince::machine {

Termination::Termination(devices::Scheduler& scheduler, std::function<void(int)> on_signal) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  pthread_sigmask(SIG_BLOCK, &wanted, &previous_);
  signals_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this, &scheduler, action = std::move(on_signal)] {
    std::array<pollfd, 2> descriptors{pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    while (poll(descriptors.data(), descriptors.size(), -1) < 0 || descriptors[1].revents == 0) {
      signalfd_siginfo info{};
      if (read(signals_, &info, sizeof info) != sizeof info) continue;
      scheduler.post([action, number = static_cast<int>(info.ssi_signo)] { action(number); });
    }
  });
}

Termination::~Termination() {
  const std::uint64_t one = 1;
  if (write(stop_, &one, sizeof one) == sizeof one)
    thread_.join();
  else
    thread_.detach();
  close(signals_);
  close(stop_);
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace quince::machine
