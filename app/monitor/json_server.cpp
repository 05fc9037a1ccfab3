#include "app/monitor/json_server.h"

#include <nlohmann/json.hpp>

#include "version.h"

namespace quince::app {

using Json = nlohmann::ordered_json;

namespace {

constexpr int deepest = 4;  // objects and lists in each other; what is deeper is left out

}  // namespace

tl::expected<std::unique_ptr<JsonServer>, std::string> JsonServer::open(const std::string& where,
                                                                        Monitor& monitor,
                                                                        devices::Scheduler& scheduler) {
  std::unique_ptr<JsonServer> made(new JsonServer(monitor));
  JsonServer* server = made.get();
  auto socket = ServerSocket::open(where, scheduler,
                                   {.connected = [server] { server->greet(); },
                                    .received = [server](std::string_view bytes) { server->receive(bytes); },
                                    .disconnected = [] {}});
  if (!socket) return tl::unexpected(socket.error());
  made->socket_ = std::move(*socket);
  return made;
}

// Strings that are no UTF-8 (a file's name, say) are sent with replacement characters.
void JsonServer::send(const Json& message) {
  socket_->send(message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void JsonServer::greet() {
  input_.clear();
  too_long_ = false;
  send({{"quince", QUINCE_VERSION}, {"protocol", Monitor::protocol}});
}

void JsonServer::receive(std::string_view bytes) {
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
      send({{"error", "the line is too long"}});
    } else if (line.find_first_not_of(" \t\r") != std::string::npos) {
      answer(line);
    }
  }
}

// {"command": NAME, "arguments": {...}, "id": number or string}
void JsonServer::answer(const std::string& line) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= deepest; };
  const Json request = Json::parse(line, shallow, false);
  if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
    return send({{"error", "the line is no object with a command"}});
  }
  const auto result =
      monitor_.execute(request["command"].get<std::string>(), request.value("arguments", Json::object()));
  Json reply = result ? Json{{"result", *result}} : Json{{"error", result.error()}};
  if (request.contains("id") && request["id"].is_primitive()) reply["id"] = request["id"];
  send(reply);
}

}  // namespace quince::app
