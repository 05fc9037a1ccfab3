#include "app/window/keyboard_map.h"

#include <algorithm>

#include "devices/adb_keyboard.h"

namespace quince::app {

namespace {

using devices::u8;
namespace adb_key = devices::adb_key;

struct Row {
  SDL_Scancode host;
  u8 adb;
};

// Guide to the Macintosh Family Hardware, figure 8-10: the Apple Extended Keyboard.
constexpr Row rows[] = {
    // Letters
    {SDL_SCANCODE_A, 0x00},
    {SDL_SCANCODE_B, 0x0b},
    {SDL_SCANCODE_C, 0x08},
    {SDL_SCANCODE_D, 0x02},
    {SDL_SCANCODE_E, 0x0e},
    {SDL_SCANCODE_F, 0x03},
    {SDL_SCANCODE_G, 0x05},
    {SDL_SCANCODE_H, 0x04},
    {SDL_SCANCODE_I, 0x22},
    {SDL_SCANCODE_J, 0x26},
    {SDL_SCANCODE_K, 0x28},
    {SDL_SCANCODE_L, 0x25},
    {SDL_SCANCODE_M, 0x2e},
    {SDL_SCANCODE_N, 0x2d},
    {SDL_SCANCODE_O, 0x1f},
    {SDL_SCANCODE_P, 0x23},
    {SDL_SCANCODE_Q, 0x0c},
    {SDL_SCANCODE_R, 0x0f},
    {SDL_SCANCODE_S, 0x01},
    {SDL_SCANCODE_T, 0x11},
    {SDL_SCANCODE_U, 0x20},
    {SDL_SCANCODE_V, 0x09},
    {SDL_SCANCODE_W, 0x0d},
    {SDL_SCANCODE_X, 0x07},
    {SDL_SCANCODE_Y, 0x10},
    {SDL_SCANCODE_Z, 0x06},
    // Digits
    {SDL_SCANCODE_1, 0x12},
    {SDL_SCANCODE_2, 0x13},
    {SDL_SCANCODE_3, 0x14},
    {SDL_SCANCODE_4, 0x15},
    {SDL_SCANCODE_5, 0x17},
    {SDL_SCANCODE_6, 0x16},
    {SDL_SCANCODE_7, 0x1a},
    {SDL_SCANCODE_8, 0x1c},
    {SDL_SCANCODE_9, 0x19},
    {SDL_SCANCODE_0, 0x1d},
    // Around them
    {SDL_SCANCODE_GRAVE, 0x32},
    {SDL_SCANCODE_MINUS, 0x1b},
    {SDL_SCANCODE_EQUALS, 0x18},
    {SDL_SCANCODE_LEFTBRACKET, 0x21},
    {SDL_SCANCODE_RIGHTBRACKET, 0x1e},
    {SDL_SCANCODE_BACKSLASH, 0x2a},
    {SDL_SCANCODE_NONUSHASH, 0x2a},
    {SDL_SCANCODE_NONUSBACKSLASH, 0x0a},
    {SDL_SCANCODE_SEMICOLON, 0x29},
    {SDL_SCANCODE_APOSTROPHE, 0x27},
    {SDL_SCANCODE_COMMA, 0x2b},
    {SDL_SCANCODE_PERIOD, 0x2f},
    {SDL_SCANCODE_SLASH, 0x2c},
    {SDL_SCANCODE_SPACE, 0x31},
    {SDL_SCANCODE_TAB, 0x30},
    {SDL_SCANCODE_RETURN, 0x24},
    {SDL_SCANCODE_BACKSPACE, 0x33},
    {SDL_SCANCODE_ESCAPE, 0x35},
    // Modifiers
    {SDL_SCANCODE_LSHIFT, adb_key::shift_left},
    {SDL_SCANCODE_RSHIFT, adb_key::shift_right},
    {SDL_SCANCODE_LCTRL, adb_key::control_left},
    {SDL_SCANCODE_RCTRL, adb_key::control_right},
    {SDL_SCANCODE_LALT, adb_key::option_left},
    {SDL_SCANCODE_RALT, adb_key::option_right},
    {SDL_SCANCODE_LGUI, adb_key::command},
    {SDL_SCANCODE_RGUI, adb_key::command},
    {SDL_SCANCODE_APPLICATION, adb_key::command},
    // Moving about
    {SDL_SCANCODE_LEFT, 0x3b},
    {SDL_SCANCODE_RIGHT, 0x3c},
    {SDL_SCANCODE_DOWN, 0x3d},
    {SDL_SCANCODE_UP, 0x3e},
    {SDL_SCANCODE_INSERT, 0x72},  // Help
    {SDL_SCANCODE_HELP, 0x72},
    {SDL_SCANCODE_DELETE, 0x75},
    {SDL_SCANCODE_HOME, 0x73},
    {SDL_SCANCODE_END, 0x77},
    {SDL_SCANCODE_PAGEUP, 0x74},
    {SDL_SCANCODE_PAGEDOWN, 0x79},
    // Function keys
    {SDL_SCANCODE_F1, 0x7a},
    {SDL_SCANCODE_F2, 0x78},
    {SDL_SCANCODE_F3, 0x63},
    {SDL_SCANCODE_F4, 0x76},
    {SDL_SCANCODE_F5, 0x60},
    {SDL_SCANCODE_F6, 0x61},
    {SDL_SCANCODE_F7, 0x62},
    {SDL_SCANCODE_F8, 0x64},
    {SDL_SCANCODE_F9, 0x65},
    {SDL_SCANCODE_F10, 0x6d},
    {SDL_SCANCODE_F11, 0x67},
    {SDL_SCANCODE_F12, 0x6f},
    {SDL_SCANCODE_PRINTSCREEN, 0x69},  // F13
    {SDL_SCANCODE_F13, 0x69},
    {SDL_SCANCODE_SCROLLLOCK, 0x6b},  // F14
    {SDL_SCANCODE_F14, 0x6b},
    {SDL_SCANCODE_PAUSE, 0x71},  // F15
    {SDL_SCANCODE_F15, 0x71},
    // The pad
    {SDL_SCANCODE_NUMLOCKCLEAR, 0x47},  // Clear
    {SDL_SCANCODE_KP_CLEAR, 0x47},
    {SDL_SCANCODE_KP_EQUALS, 0x51},
    {SDL_SCANCODE_KP_DIVIDE, 0x4b},
    {SDL_SCANCODE_KP_MULTIPLY, 0x43},
    {SDL_SCANCODE_KP_MINUS, 0x4e},
    {SDL_SCANCODE_KP_PLUS, 0x45},
    {SDL_SCANCODE_KP_ENTER, 0x4c},
    {SDL_SCANCODE_KP_PERIOD, 0x41},
    {SDL_SCANCODE_KP_0, 0x52},
    {SDL_SCANCODE_KP_1, 0x53},
    {SDL_SCANCODE_KP_2, 0x54},
    {SDL_SCANCODE_KP_3, 0x55},
    {SDL_SCANCODE_KP_4, 0x56},
    {SDL_SCANCODE_KP_5, 0x57},
    {SDL_SCANCODE_KP_6, 0x58},
    {SDL_SCANCODE_KP_7, 0x59},
    {SDL_SCANCODE_KP_8, 0x5b},
    {SDL_SCANCODE_KP_9, 0x5c},
    // Further ones
    {SDL_SCANCODE_VOLUMEUP, 0x48},
    {SDL_SCANCODE_VOLUMEDOWN, 0x49},
    {SDL_SCANCODE_MUTE, 0x4a},
    {SDL_SCANCODE_POWER, adb_key::power},
};

constexpr u8 swapped(u8 adb, SDL_Scancode host) {
  switch (adb) {
    case adb_key::option_left:
    case adb_key::option_right: return adb_key::command;
    case adb_key::command: return host == SDL_SCANCODE_RGUI ? adb_key::option_right : adb_key::option_left;
    default: return adb;
  }
}

}  // namespace

std::optional<u8> KeyboardMap::adb_key(SDL_Scancode key) const {
  const auto* const row = std::find_if(std::begin(rows), std::end(rows),
                                       [key](const Row& candidate) { return candidate.host == key; });
  if (row == std::end(rows)) return std::nullopt;
  return swap_command_option ? swapped(row->adb, key) : row->adb;
}

}  // namespace quince::app
