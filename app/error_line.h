// Errors as this program reports them: one line on standard error, whatever is in the names and values that
// it quotes.
#pragma once

#include <cstdio>
#include <string>

namespace quince::app {

// Control characters, of a file's name or from a file, become question marks: they must not reach a terminal.
// What is very long loses its middle.
inline std::string one_line(std::string text) {
  constexpr std::size_t longest = 500, beginning = 300;
  if (text.size() > longest) text.replace(beginning, text.size() - longest, "...");
  for (char& c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < ' ' || code == 0x7f) c = '?';
  }
  return text;
}

inline void print_error(const std::string& message) {
  std::fprintf(stderr, "quince: %s\n", one_line(message).c_str());
}

}  // namespace quince::app
