#include "app/window/input.h"

#include <SDL2/SDL_mouse.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "devices/adb_keyboard.h"

namespace quince::app {

namespace {

using devices::u8;
using Button = devices::AdbMouse::Button;

std::optional<Button> guest_button(unsigned sdl_button) {
  switch (sdl_button) {
    case SDL_BUTTON_LEFT: return Button::left;
    case SDL_BUTTON_RIGHT: return Button::right;
    case SDL_BUTTON_MIDDLE: return Button::middle;
    default: return std::nullopt;
  }
}

}  // namespace

// Two keys of the host may be one of the guest's: it is down while one of them is.
void Input::key(SDL_Scancode key, bool pressed) {
  if (!pressed) {
    const auto held = held_keys_.find(key);
    if (held == held_keys_.end()) return;
    const u8 code = held->second;
    held_keys_.erase(held);
    const bool still = std::any_of(held_keys_.begin(), held_keys_.end(),
                                   [code](const auto& other) { return other.second == code; });
    if (!still) guest_.key(code, false);
    return;
  }
  const auto code = map_.adb_key(key);
  if (!code || held_keys_.contains(key)) return;
  const bool already = std::any_of(held_keys_.begin(), held_keys_.end(),
                                   [&](const auto& other) { return other.second == *code; });
  held_keys_.emplace(key, *code);
  if (!already) guest_.key(*code, true);
}

void Input::caps_lock(bool engaged) {
  if (std::exchange(caps_lock_, engaged) != engaged) guest_.key(devices::adb_key::caps_lock, engaged);
}

void Input::move(int right, int down) {
  if (right != 0 || down != 0) guest_.move(right, down);
}

void Input::button(unsigned sdl_button, bool pressed) {
  const auto which = guest_button(sdl_button);
  if (!which) return;
  const bool changes = pressed ? held_buttons_.insert(*which).second : held_buttons_.erase(*which) != 0;
  if (changes) guest_.button(*which, pressed);
}

void Input::release_all() {
  while (!held_keys_.empty()) key(held_keys_.begin()->first, false);
  for (const Button which : held_buttons_) guest_.button(which, false);
  held_buttons_.clear();
}

}  // namespace quince::app
