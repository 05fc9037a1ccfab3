// The monitor for programs: a Unix socket, one JSON object to a line (docs/monitor.md).
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "app/monitor/monitor.h"
#include "app/server_socket.h"

namespace quince::app {

class JsonServer {
 public:
  static constexpr std::size_t longest_line = 1u << 20;  // a client that sends a longer one hears an error

  // where: unix:PATH. The monitor outlives it.
  static tl::expected<std::unique_ptr<JsonServer>, std::string> open(const std::string& where,
                                                                     Monitor& monitor,
                                                                     devices::Scheduler& scheduler);
  void send(const nlohmann::ordered_json& message);

 private:
  explicit JsonServer(Monitor& monitor) : monitor_(monitor) {}
  void greet();
  void receive(std::string_view bytes);
  void answer(const std::string& line);

  Monitor& monitor_;
  std::string input_;
  bool too_long_ = false;  // the rest of this line is skipped
  std::unique_ptr<ServerSocket> socket_;
};

}  // namespace quince::app
