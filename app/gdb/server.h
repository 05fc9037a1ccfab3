// GDB's way to a machine: `target remote HOST:PORT`. The machine stands still while GDB is connected, but
// when GDB lets it go on; it goes on when GDB leaves.
#pragma once

#include <memory>
#include <optional>

#include "app/gdb/session.h"
#include "app/server_socket.h"
#include "machine/machine.h"

namespace quince::app::gdb {

class Server {
 public:
  using Command = std::function<std::string(const std::string& text)>;
  // where: as for ServerSocket. command: what `monitor TEXT` does.
  static tl::expected<std::unique_ptr<Server>, std::string> open(const std::string& where,
                                                                 machine::FrontPanel& panel, Command command);

 private:
  Server(machine::FrontPanel& panel, Command command);

  machine::Debugger debugger_;
  machine::FrontPanel& panel_;
  Command command_;
  std::optional<Session> session_;
  std::unique_ptr<ServerSocket> socket_;
};

}  // namespace quince::app::gdb
