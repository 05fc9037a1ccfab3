// What the host's keyboard and mouse do to the guest's. Keeps what is held down, so that nothing stays down
// when the window can't see its release.
#pragma once

#include <SDL2/SDL_scancode.h>

#include <map>
#include <set>

#include "app/window/keyboard_map.h"
#include "devices/adb_mouse.h"

namespace quince::app {

// The guest's side.
class InputDevices {
 public:
  virtual ~InputDevices() = default;
  virtual void key(devices::u8 adb_code, bool pressed) = 0;
  virtual void move(int right, int down) = 0;
  virtual void button(devices::AdbMouse::Button which, bool pressed) = 0;
};

class Input {
 public:
  Input(InputDevices& guest, KeyboardMap map) : guest_(guest), map_(map) {}

  // Repetitions are dropped: the guest makes its own.
  void key(SDL_Scancode key, bool pressed);
  // Caps Lock locks on a Macintosh: it is down for as long as it is engaged.
  void caps_lock(bool engaged);
  void move(int right, int down);
  void button(unsigned sdl_button, bool pressed);
  void release_all();

 private:
  InputDevices& guest_;
  KeyboardMap map_;
  std::map<SDL_Scancode, devices::u8> held_keys_;
  std::set<devices::AdbMouse::Button> held_buttons_;
  bool caps_lock_ = false;
};

}  // namespace quince::app
