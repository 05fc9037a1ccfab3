// What a program says to the monitor and is answered: one JSON object to a line (docs/monitor.md), whatever
// it is that carries the bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/monitor/monitor.h"

namespace quince::app {

class JsonSession {
 public:
  static constexpr std::size_t longest_line = 1u << 20;  // a client that sends a longer one hears an error

  // The monitor outlives it.
  JsonSession(Monitor& monitor, std::function<void(const Monitor::Json& message)> send)
      : monitor_(monitor), send_(std::move(send)) {}

  void greet();  // a client has come; what the one before had begun to say is forgotten
  void receive(std::string_view bytes);

  // As it is sent. Strings that are no UTF-8 (a file's name, say) have replacement characters.
  static std::string text_of(const Monitor::Json& message);

 private:
  void answer(const std::string& line);

  Monitor& monitor_;
  const std::function<void(const Monitor::Json& message)> send_;
  std::string input_;
  bool too_long_ = false;  // the rest of this line is skipped
};

}  // namespace quince::app
