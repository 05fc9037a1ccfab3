// Which key of a Macintosh's keyboard a key of the host's is, by its place and not by what is printed on it:
// the guest has a layout of its own.
#pragma once

#include <SDL2/SDL_scancode.h>

#include <optional>

#include "devices/types.h"

namespace quince::app {

struct KeyboardMap {
  // False: Alt is Option and the logo key Command, as they are called. True: the other way round, as they lie
  // on a Macintosh's keyboard.
  bool swap_command_option = false;

  // An ADB key code, less than 0x80; nothing for keys that a Macintosh does not have.
  std::optional<devices::u8> adb_key(SDL_Scancode key) const;
};

}  // namespace quince::app
