#include "app/monitor/json_session.h"

#include <nlohmann/json.hpp>

#include "version.h"

namespace quince::app {

using Json = Monitor::Json;

namespace {

constexpr int deepest = 4;  // objects and lists in each other; what is deeper is left out

}  // namespace

std::string JsonSession::text_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void JsonSession::greet() {
  input_.clear();
  too_long_ = false;
  send_({{"quince", QUINCE_VERSION}, {"protocol", Monitor::protocol}});
}

void JsonSession::receive(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n') {
      if (input_.size() < longest_line)
        input_.push_back(c);
      else
        too_long_ = true;
      continue;
    }
    const std::string line = std::exchange(input_, {});
    if (std::exchange(too_long_, false)) {
      send_({{"error", "the line is too long"}});
    } else if (line.find_first_not_of(" \t\r") != std::string::npos) {
      answer(line);
    }
  }
}

// {"command": NAME, "arguments": {...}, "id": number or string}
void JsonSession::answer(const std::string& line) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= deepest; };
  const Json request = Json::parse(line, shallow, false);
  if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
    return send_({{"error", "the line is no object with a command"}});
  }
  const auto result =
      monitor_.execute(request["command"].get<std::string>(), request.value("arguments", Json::object()));
  Json reply = result ? Json{{"result", *result}} : Json{{"error", result.error()}};
  if (request.contains("id") && request["id"].is_primitive()) reply["id"] = request["id"];
  send_(reply);
}

}  // namespace quince::app
