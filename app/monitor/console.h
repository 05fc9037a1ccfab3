// The monitor on the terminal: a prompt with line editing, history and completion, or plain lines from a
// pipe. It has a thread of its own, because readline waits for keys.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "app/monitor/monitor.h"

namespace quince::app {

class Console {
 public:
  // Reads standard input from now on, or `input`, which it does not close: a pipe into which somebody writes
  // what is typed, beginning with a byte that is dropped when the prompt is wanted first. The monitor and the
  // scheduler outlive it. There is at most one.
  Console(Monitor& monitor, devices::Scheduler& scheduler, std::optional<int> input = {});
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

 private:
  void serve_terminal();
  void serve_lines();
  bool wait_for_input() const;  // false: the machine is going away
  void execute(const std::string& line);

  const int input_;
  const bool is_typed_elsewhere_;
  Monitor& monitor_;
  devices::Scheduler& scheduler_;
  int wake_[2];      // a pipe that is closed to end the thread
  int answered_[2];  // a pipe: one byte when a command has been executed
  std::string answer_;
  std::thread thread_;
};

}  // namespace quince::app
