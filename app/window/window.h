// The person in front of the machine: a window with its screen, its keyboard and its mouse. It has a thread
// of its own, which talks to the machine through posted actions only.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <tl/expected.hpp>

#include "app/window/keyboard_map.h"
#include "machine/machine.h"

namespace quince::app {

struct WindowOptions {
  std::string machine;  // its name, for the title
  KeyboardMap keyboard;
};

class Window {
 public:
  // Goes on as the program that has windows, if this is another: before anything else is begun. Otherwise
  // returns.
  static void enter_program();
  // Finds the host's display; there is nothing to see yet. The error says why there is none.
  static tl::expected<std::unique_ptr<Window>, std::string> connect(const WindowOptions& options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // On the processor's thread, before the machine runs and when it has stopped. In between there is a window,
  // unless the host refuses: then a line on standard error says so, and the machine runs without. When
  // attach() returns all is open that the window needs of the host.
  void attach(machine::FrontPanel& panel);
  void detach();

 private:
  struct Attachment;  // what exists while there is a machine
  Window();
  void run(const WindowOptions& options, std::promise<std::string> connected);

  std::unique_ptr<Attachment> attachment_;
  std::promise<Attachment*> attached_;  // null: there will be none
  std::promise<void> shown_;            // the window is there, or will not be
  std::promise<void> leave_;            // the machine's side will not touch SDL any more
  std::thread thread_;
};

}  // namespace quince::app
