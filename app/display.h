// --display, --screen and --swap-command-option: what the person in front of the machine sees.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "app/window/window.h"
#include "machine/error.h"
#include "machine/machine.h"

namespace quince::app {

struct DisplayOptions {
  std::optional<bool> window;  // nothing: if the host has a display
  bool swap_command_option = false;
};

void add_display_options(CLI::App& command, DisplayOptions& options, machine::ScreenMode& screen);

// Whether open_window() would try to open one.
bool wants_window(const DisplayOptions& options, machine::BoardKind board);

// Null: none is wanted, or the host has no display and nobody has asked for a window. cpu: its name.
tl::expected<std::unique_ptr<Window>, machine::Error> open_window(const DisplayOptions& options,
                                                                  machine::BoardKind board,
                                                                  const std::string& cpu);

}  // namespace quince::app
