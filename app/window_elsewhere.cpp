// Window, in the program `quince`: it is in `quince-window` beside it, which is the same program linked with
// SDL. SDL loads some fifty libraries, which takes longer than many a guest program runs.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/window/window.h"

namespace quince::app {

struct Window::Attachment {};

namespace {

std::vector<std::string> command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

// Its name, if it does not start.
std::string start_other_program() {
  std::error_code unknown;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", unknown);
  std::string other = here.parent_path() / "quince-window";
  std::vector<std::string> words = command_line();
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(other.c_str(), arguments.data());
  return other;
}

}  // namespace

// Starts anew, as the other program. Nothing has been done yet but reading the command line.
void Window::enter_program() { start_other_program(); }

tl::expected<std::unique_ptr<Window>, std::string> Window::connect(const WindowOptions&) {
  const std::string missing = start_other_program();
  return tl::unexpected(missing + ": " + std::strerror(errno));
}

// connect() never makes one.
Window::Window() = default;
Window::~Window() = default;
void Window::attach(machine::FrontPanel&) {}
void Window::detach() {}

}  // namespace quince::app
