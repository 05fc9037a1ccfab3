// Text as keystrokes on the US keyboard of a Macintosh.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "devices/adb_keyboard.h"

namespace quince::app {

struct Keystroke {
  devices::u8 key;  // ADB key code
  bool pressed;
  bool operator==(const Keystroke&) const = default;
};

// Nothing if a character is on no key. A newline is the Return key.
std::optional<std::vector<Keystroke>> keystrokes_of(std::string_view text);

// Key names joined by '-', such as "return", "command-q", "control-option-left": all pressed in this order,
// then released. Nothing: a name is not known.
std::optional<std::vector<Keystroke>> keystrokes_of_chord(std::string_view names);

}  // namespace quince::app
