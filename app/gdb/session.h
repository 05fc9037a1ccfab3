// GDB's side of a machine: what each packet of the remote serial protocol (GDB manual, appendix E) does. One
// session for each connection. All on the processor's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/gdb/packet.h"
#include "app/gdb/target.h"
#include "machine/run_loop.h"

namespace quince::app::gdb {

class Session {
 public:
  struct Host {
    std::function<void(std::string_view bytes)> send;
    std::function<void()> quit;  // `kill`
    // `monitor TEXT`: what it says.
    std::function<std::string(const std::string& text)> command;
  };
  // The machine stands still from now on.
  Session(machine::Debugger& debugger, machine::RunLoop& loop, Host host);
  // Its points go with it, and the machine goes on.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void receive(std::string_view bytes);
  // The machine has come to stand, as RunLoop::Observer tells.
  void paused(const std::optional<ppc::GuestException>& at);

 private:
  using Reply = std::optional<std::string>;  // nothing: it comes when the machine stops
  struct Command {
    std::string_view name;
    Reply (Session::*run)(std::string_view arguments);
  };
  static std::span<const Command> commands();

  void handle(const PacketReader::Event& event);
  Reply answer(std::string_view packet);
  void reply(std::string_view payload);

  Reply query_supported(std::string_view);
  Reply start_no_ack(std::string_view);
  Reply read_features(std::string_view arguments);
  Reply run_command(std::string_view hex);
  Reply stop_reason(std::string_view) { return stop_reply_; }
  Reply read_general(std::string_view);
  Reply write_general(std::string_view hex);
  Reply read_register(std::string_view arguments);
  Reply write_register(std::string_view arguments);
  Reply read_memory(std::string_view arguments);
  Reply write_memory(std::string_view arguments);
  Reply write_binary(std::string_view arguments);
  Reply insert_point(std::string_view arguments) { return change_point(arguments, true); }
  Reply remove_point(std::string_view arguments) { return change_point(arguments, false); }
  Reply change_point(std::string_view arguments, bool insert);
  Reply list_actions(std::string_view) { return "vCont;c;C;s;S"; }
  Reply act(std::string_view arguments);
  Reply go_on(std::string_view arguments) { return resume(arguments, false); }
  Reply step(std::string_view arguments) { return resume(arguments, true); }
  Reply go_on_with_signal(std::string_view arguments);
  Reply step_with_signal(std::string_view arguments);
  Reply resume(std::string_view address, bool step);
  Reply detach(std::string_view);
  Reply kill(std::string_view);
  Reply current_thread(std::string_view) { return "QC1"; }
  Reply first_threads(std::string_view) { return "m1"; }
  Reply no_more_threads(std::string_view) { return "l"; }
  Reply attached(std::string_view) { return "1"; }
  Reply accept(std::string_view) { return "OK"; }

  struct Point {
    bool watch;
    ppc::Watchpoint range;  // of a breakpoint only `first`
    bool operator==(const Point&) const = default;
  };
  void insert(const Point& point);
  void remove(const Point& point);
  void remove_points();
  std::string describe_stop(const std::optional<ppc::GuestException>& at) const;

  machine::Debugger& debugger_;
  machine::RunLoop& loop_;
  Host host_;
  Target target_;
  PacketReader reader_;
  std::string last_;  // frame sent last, until it is acknowledged
  std::string stop_reply_ = "T05thread:1;";
  std::vector<Point> points_;
  bool acknowledges_ = true;
  bool waiting_ = false;      // GDB has let the machine go on and waits for it to stop
  bool interrupted_ = false;  // it has asked for that
  bool detached_ = false;
};

}  // namespace quince::app::gdb
