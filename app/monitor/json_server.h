// The monitor for programs: a Unix socket with a JsonSession for each client, one at a time.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "app/monitor/json_session.h"
#include "app/server_socket.h"

namespace quince::app {

class JsonServer {
 public:
  // where: unix:PATH. The monitor outlives it.
  static tl::expected<std::unique_ptr<JsonServer>, std::string> open(const std::string& where,
                                                                     Monitor& monitor,
                                                                     devices::Scheduler& scheduler);
  void send(const Monitor::Json& message);

 private:
  explicit JsonServer(Monitor& monitor);

  JsonSession session_;
  std::unique_ptr<ServerSocket> socket_;
};

}  // namespace quince::app
