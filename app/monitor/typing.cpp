#include "app/monitor/typing.h"

#include <algorithm>
#include <array>

namespace quince::app {

namespace {

using devices::u8;

// Key codes of the Apple Extended Keyboard (Guide to the Macintosh Family Hardware, figure 8-10).
struct Key {
  u8 code;
  char plain, shifted;
};
constexpr Key character_keys[] = {
    {0x00, 'a', 'A'},  {0x0b, 'b', 'B'}, {0x08, 'c', 'C'},  {0x02, 'd', 'D'},   {0x0e, 'e', 'E'},
    {0x03, 'f', 'F'},  {0x05, 'g', 'G'}, {0x04, 'h', 'H'},  {0x22, 'i', 'I'},   {0x26, 'j', 'J'},
    {0x28, 'k', 'K'},  {0x25, 'l', 'L'}, {0x2e, 'm', 'M'},  {0x2d, 'n', 'N'},   {0x1f, 'o', 'O'},
    {0x23, 'p', 'P'},  {0x0c, 'q', 'Q'}, {0x0f, 'r', 'R'},  {0x01, 's', 'S'},   {0x11, 't', 'T'},
    {0x20, 'u', 'U'},  {0x09, 'v', 'V'}, {0x0d, 'w', 'W'},  {0x07, 'x', 'X'},   {0x10, 'y', 'Y'},
    {0x06, 'z', 'Z'},  {0x12, '1', '!'}, {0x13, '2', '@'},  {0x14, '3', '#'},   {0x15, '4', '$'},
    {0x17, '5', '%'},  {0x16, '6', '^'}, {0x1a, '7', '&'},  {0x1c, '8', '*'},   {0x19, '9', '('},
    {0x1d, '0', ')'},  {0x1b, '-', '_'}, {0x18, '=', '+'},  {0x21, '[', '{'},   {0x1e, ']', '}'},
    {0x2a, '\\', '|'}, {0x29, ';', ':'}, {0x27, '\'', '"'}, {0x2b, ',', '<'},   {0x2f, '.', '>'},
    {0x2c, '/', '?'},  {0x32, '`', '~'}, {0x31, ' ', ' '},  {0x24, '\n', '\n'}, {0x30, '\t', '\t'},
};

struct NamedKey {
  std::string_view name;
  u8 code;
};
constexpr NamedKey named_keys[] = {
    {"return", 0x24},    {"enter", 0x4c},  {"tab", 0x30},    {"space", 0x31},    {"delete", 0x33},
    {"backspace", 0x33}, {"escape", 0x35}, {"esc", 0x35},    {"control", 0x36},  {"ctrl", 0x36},
    {"command", 0x37},   {"cmd", 0x37},    {"shift", 0x38},  {"capslock", 0x39}, {"option", 0x3a},
    {"alt", 0x3a},       {"left", 0x3b},   {"right", 0x3c},  {"down", 0x3d},     {"up", 0x3e},
    {"help", 0x72},      {"home", 0x73},   {"pageup", 0x74}, {"end", 0x77},      {"pagedown", 0x79},
    {"del", 0x75},       {"power", 0x7f},  {"f1", 0x7a},     {"f2", 0x78},       {"f3", 0x63},
    {"f4", 0x76},        {"f5", 0x60},     {"f6", 0x61},     {"f7", 0x62},       {"f8", 0x64},
    {"f9", 0x65},        {"f10", 0x6d},    {"f11", 0x67},    {"f12", 0x6f},      {"f13", 0x69},
    {"f14", 0x6b},       {"f15", 0x71},    {"minus", 0x1b},
};

const Key* find_character(char c) {
  const auto* found = std::find_if(std::begin(character_keys), std::end(character_keys),
                                   [c](const Key& key) { return key.plain == c || key.shifted == c; });
  return found == std::end(character_keys) ? nullptr : found;
}

std::optional<u8> find_name(std::string_view name) {
  for (const NamedKey& key : named_keys) {
    if (key.name == name) return key.code;
  }
  const Key* key = name.size() == 1 ? find_character(name[0]) : nullptr;
  return key && key->plain == name[0] ? std::optional(key->code) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Keystroke>> keystrokes_of(std::string_view text) {
  std::vector<Keystroke> strokes;
  for (const char c : text) {
    const Key* key = find_character(c);
    if (!key) return std::nullopt;
    const bool shift = key->plain != c;
    if (shift) strokes.push_back({devices::adb_key::shift_left, true});
    strokes.push_back({key->code, true});
    strokes.push_back({key->code, false});
    if (shift) strokes.push_back({devices::adb_key::shift_left, false});
  }
  return strokes;
}

std::optional<std::vector<Keystroke>> keystrokes_of_chord(std::string_view names) {
  std::vector<u8> keys;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t end = std::min(names.find('-', at), names.size());
    const auto key = find_name(names.substr(at, end - at));
    if (!key) return std::nullopt;
    keys.push_back(*key);
    at = end + 1;
  }
  std::vector<Keystroke> strokes;
  strokes.reserve(2 * keys.size());
  for (const u8 key : keys) strokes.push_back({key, true});
  std::for_each(keys.rbegin(), keys.rend(), [&strokes](u8 key) { strokes.push_back({key, false}); });
  return strokes;
}

}  // namespace quince::app
