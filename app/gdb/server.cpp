#include "app/gdb/server.h"

namespace quince::app::gdb {

Server::Server(machine::FrontPanel& panel, Command command)
    : debugger_(panel.core), panel_(panel), command_(std::move(command)) {
  panel.loop.observe({.paused = [this](const std::optional<ppc::GuestException>& at) {
    if (session_) session_->paused(at);
  }});
}

tl::expected<std::unique_ptr<Server>, std::string> Server::open(const std::string& where,
                                                                machine::FrontPanel& panel, Command command) {
  std::unique_ptr<Server> made(new Server(panel, std::move(command)));
  Server* server = made.get();
  ServerSocket::Client client;
  client.connected = [server] {
    server->session_.emplace(
        server->debugger_, server->panel_.loop,
        Session::Host{.send = [server](std::string_view bytes) { server->socket_->send(bytes); },
                      .quit = server->panel_.quit,
                      .command = server->command_});
  };
  client.received = [server](std::string_view bytes) {
    if (server->session_) server->session_->receive(bytes);
  };
  client.disconnected = [server] { server->session_.reset(); };
  auto socket = ServerSocket::open(where, panel.scheduler, std::move(client));
  if (!socket) return tl::unexpected(socket.error());
  made->socket_ = std::move(*socket);
  return made;
}

}  // namespace quince::app::gdb
