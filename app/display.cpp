#include "app/display.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "app/words.h"

namespace quince::app {

namespace {

// WIDTHxHEIGHT[xDEPTH], of what the display adapter and the firmware offer.
std::optional<machine::ScreenMode> parse_screen(const std::string& text) {
  machine::ScreenMode mode;
  char rest = 0;
  const int fields =
      std::sscanf(text.c_str(), "%4hux%4hux%2hu%c", &mode.width, &mode.height, &mode.depth, &rest);
  const bool complete = fields == 3 || (fields == 2 && std::count(text.begin(), text.end(), 'x') == 1);
  const bool offered = mode.width >= 640 && mode.width <= 1920 && mode.width % 8 == 0 && mode.height >= 480 &&
                       mode.height <= 1200 && (mode.depth == 8 || mode.depth == 15 || mode.depth == 32);
  if (!complete || !offered) return std::nullopt;
  return mode;
}

bool host_has_display() {
  const auto is_set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value && *value;
  };
  return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

machine::Error refused(const std::string& why) {
  return {machine::status::usage, "--display window: " + why + " (--display none runs without)"};
}

}  // namespace

void add_display_options(CLI::App& command, DisplayOptions& options, machine::ScreenMode& screen) {
  command
      .add_option_function<std::string>(
          "--display", [&options](const std::string& word) { options.window = word == "window"; },
          "The screen: window, or none (headless); window if there is a display")
      ->check(one_of({"window", "none"}));
  command
      .add_option_function<std::string>(
          "--screen",
          [&screen](const std::string& text) {
            const auto mode = parse_screen(text);
            if (!mode) {
              throw CLI::ValidationError(
                  "--screen: 640x480 to 1920x1200, the width a multiple of 8, with 8, 15 or "
                  "32 bits (such as 1024x768x32)");
            }
            screen = *mode;
          },
          "The picture that the firmware sets up")
      ->type_name("WIDTHxHEIGHT[xDEPTH]");
  command.add_flag("--swap-command-option", options.swap_command_option,
                   "Alt is Command and the logo key Option, as they lie on a Mac's keyboard");
}

bool wants_window(const DisplayOptions& options, machine::BoardKind board) {
  return board != machine::BoardKind::bare && options.window.value_or(host_has_display());
}

tl::expected<std::unique_ptr<Window>, machine::Error> open_window(const DisplayOptions& options,
                                                                  machine::BoardKind board,
                                                                  const std::string& cpu) {
  const bool asked = options.window == true, bare = board == machine::BoardKind::bare;
  if (asked && bare) return tl::unexpected(refused("this board has no screen"));
  if (!wants_window(options, board)) return nullptr;
  auto window = Window::connect({.machine = "Power Macintosh G3 (" + cpu + ")",
                                 .keyboard = {.swap_command_option = options.swap_command_option}});
  if (window) return std::move(*window);
  if (asked) return tl::unexpected(refused("there is no display: " + window.error()));
  std::fprintf(stderr, "quince: there is no window: %s\n", window.error().c_str());
  return nullptr;
}

}  // namespace quince::app
