// A socket that one client at a time may connect to, for programs that control a machine. It is served by a
// thread of its own, which only posts to the processor's thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <tl/expected.hpp>

#include "devices/scheduler.h"

namespace quince::app {

class ServerSocket {
 public:
  // All called on the processor's thread.
  struct Client {
    std::function<void()> connected;
    std::function<void(std::string_view bytes)> received;
    std::function<void()> disconnected;
  };
  // where: unix:PATH (a socket that nobody listens at any more is replaced), or HOST:PORT, where HOST may be
  // empty: this computer only. The error says why it can't be had.
  static tl::expected<std::unique_ptr<ServerSocket>, std::string> open(const std::string& where,
                                                                       devices::Scheduler& scheduler,
                                                                       Client client);
  ~ServerSocket();
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;

  // To the client, if there is one. One that does not read for a second is disconnected.
  void send(std::string_view bytes);

 private:
  ServerSocket(int listener, std::string path, devices::Scheduler& scheduler, Client client);
  void serve();
  bool wait_for(int descriptor) const;  // false: the machine is going away
  bool ends_within(int milliseconds) const;
  void serve_client(int descriptor);
  void set_connection(int descriptor);

  const int listener_;
  const std::string path_;  // of a Unix socket, to be removed
  int wake_[2];             // a pipe that is closed to end the thread
  devices::Scheduler& scheduler_;
  const Client client_;
  std::mutex mutex_;  // guards connection_, so that nothing is sent to a descriptor that is closed
  int connection_ = -1;
  static constexpr int most_unread = 64;  // pieces of up to 4 KiB
  std::atomic<int> unread_{0};
  std::thread thread_;
};

}  // namespace quince::app
