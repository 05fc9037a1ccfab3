// The commands by which people and programs control a running machine. One table of them serves the line on
// the terminal, the JSON protocol (json_session.h) and GDB's `monitor`. All on the processor's thread. What
// each does is documented in docs/monitor.md.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "app/monitor/typing.h"
#include "machine/debugger.h"
#include "machine/machine.h"

namespace quince::app {

using ppc::u32;

class Monitor {
 public:
  static constexpr int protocol = 1;  // grows when a program written for an older one would break

  using Json = nlohmann::ordered_json;
  using Result = tl::expected<Json, std::string>;  // the error is a line

  explicit Monitor(machine::FrontPanel& panel);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // arguments: an object with the parameters that the command's row names.
  Result execute(std::string_view command, const Json& arguments);
  // A command as typed: its name (or the start of it, if no other begins so) and arguments in the order of
  // its row. The answer, or what is wrong, as text.
  std::string execute_line(std::string_view line);

  // Called with what has happened to the machine without being asked for: {"event": "paused" or "resumed",
  // ...}.
  std::function<void(const Json& event)> on_event;

  struct Parameter {
    enum class Kind : std::uint8_t { text, number, rest };  // rest: text up to the end of the line
    const char* name = nullptr;
    Kind kind = Kind::text;
    bool optional = false;
  };
  struct Command {
    const char* name;
    const char* help;
    std::array<Parameter, 3> parameters;
    Result (Monitor::*run)(const Json& arguments);
  };
  static std::span<const Command> commands();

 private:
  Result help(const Json&);
  Result status(const Json&);
  Result pause(const Json&);
  Result go_on(const Json&);
  Result step(const Json& arguments);
  Result reset(const Json&);
  Result power_key(const Json&);
  Result quit(const Json&);
  Result cd(const Json& arguments);
  Result eject(const Json&);
  Result screenshot(const Json& arguments);
  Result type(const Json& arguments);
  Result key(const Json& arguments);
  Result mouse_move(const Json& arguments);
  Result mouse_button(const Json& arguments);
  Result registers(const Json& arguments);
  Result set_register(const Json& arguments);
  Result memory(const Json& arguments);
  Result physical_memory(const Json& arguments);
  Result set_memory(const Json& arguments);
  Result translate(const Json& arguments);
  Result disassemble(const Json& arguments);
  Result host_code(const Json& arguments);
  Result add_breakpoint(const Json& arguments);
  Result add_watchpoint(const Json& arguments);
  Result remove_point(const Json& arguments);
  Result points(const Json&);
  Result statistics(const Json&);
  Result devices(const Json&);

  Result dump(const std::vector<ppc::u8>& bytes, u32 address) const;
  void press(std::vector<Keystroke> strokes);
  void press_next();
  void paused(const std::optional<ppc::GuestException>& at);

  machine::FrontPanel& panel_;
  machine::Debugger debugger_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::deque<Keystroke> keys_;  // to be pressed one after the other
  std::string why_ = "never started";
};

}  // namespace quince::app
