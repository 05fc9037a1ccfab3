#include "app/monitor/json_server.h"

namespace quince::app {

JsonServer::JsonServer(Monitor& monitor)
    : session_(monitor, [this](const Monitor::Json& message) { send(message); }) {}

tl::expected<std::unique_ptr<JsonServer>, std::string> JsonServer::open(const std::string& where,
                                                                        Monitor& monitor,
                                                                        devices::Scheduler& scheduler) {
  std::unique_ptr<JsonServer> made(new JsonServer(monitor));
  JsonSession* session = &made->session_;
  auto socket =
      ServerSocket::open(where, scheduler,
                         {.connected = [session] { session->greet(); },
                          .received = [session](std::string_view bytes) { session->receive(bytes); },
                          .disconnected = [] {}});
  if (!socket) return tl::unexpected(socket.error());
  made->socket_ = std::move(*socket);
  return made;
}

void JsonServer::send(const Monitor::Json& message) { socket_->send(JsonSession::text_of(message)); }

}  // namespace quince::app
