#include "app/monitor/console.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

// After <cstdio>, which it needs and does not include.
#include <readline/history.h>
#include <readline/readline.h>

namespace quince::app {

namespace {

constexpr const char* prompt = "(quince) ";

// readline calls plain functions: what one line has led to is kept here while it does.
struct LineTaker {
  std::string line;
  bool complete = false, ended = false;
};
LineTaker taker;

void take_line(char* text) {
  const std::unique_ptr<char, void (*)(void*)> owner(text, std::free);
  taker.ended = text == nullptr;
  taker.complete = true;
  taker.line = text ? text : "";
  if (text && *text) add_history(text);
  rl_callback_handler_remove();  // no prompt until the answer is there
}

char* complete_command(const char* start, int state) {
  static std::size_t next;  // readline asks again and again, and says when it starts anew
  if (state == 0) next = 0;
  const auto commands = Monitor::commands();
  while (next < commands.size()) {
    const char* name = commands[next++].name;
    if (std::string_view(name).starts_with(start)) return strdup(name);
  }
  return nullptr;
}

// The first word is a command, the others are left to readline, which knows the names of files.
char** complete(const char* text, int start, int) {
  return start == 0 ? rl_completion_matches(text, complete_command) : nullptr;
}

}  // namespace

Console::Console(Monitor& monitor, devices::Scheduler& scheduler, std::optional<int> input)
    : input_(input.value_or(STDIN_FILENO)),
      is_typed_elsewhere_(input.has_value()),
      monitor_(monitor),
      scheduler_(scheduler) {
  if (::pipe2(wake_, O_CLOEXEC) != 0) wake_[0] = wake_[1] = -1;
  if (::pipe2(answered_, O_CLOEXEC) != 0) answered_[0] = answered_[1] = -1;
  if (is_typed_elsewhere_ || ::isatty(input_)) {
    rl_readline_name = "quince";
    rl_initialize();  // reads files, which this process may soon not do any more
  }
  thread_ =
      std::thread([this] { is_typed_elsewhere_ || ::isatty(input_) ? serve_terminal() : serve_lines(); });
}

Console::~Console() {
  ::close(wake_[1]);
  thread_.join();
  for (const int descriptor : {wake_[0], answered_[0], answered_[1]}) ::close(descriptor);
}

bool Console::wait_for_input() const {
  std::array<pollfd, 2> files{{{input_, POLLIN, 0}, {wake_[0], 0, 0}}};
  while (::poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  return files[1].revents == 0;
}

void Console::serve_terminal() {
  rl_catch_signals = 0;
  rl_attempted_completion_function = complete;
  const std::unique_ptr<FILE, int (*)(FILE*)> stream(
      is_typed_elsewhere_ ? ::fdopen(::dup(input_), "r") : nullptr,
      [](FILE* file) { return std::fclose(file); });
  if (is_typed_elsewhere_) {
    char first;
    if (!wait_for_input() || ::read(input_, &first, 1) != 1) return;
    rl_instream = stream.get();
    std::fputs("\nThe monitor; help tells its commands, Ctrl-A C leads back to the guest.\n", stdout);
  }
  while (!taker.ended) {
    taker.complete = false;
    rl_callback_handler_install(prompt, take_line);
    while (!taker.complete) {
      if (!wait_for_input()) {
        rl_callback_handler_remove();
        return;
      }
      rl_callback_read_char();
    }
    if (is_typed_elsewhere_) taker.ended = false;  // Ctrl-D is no way out of the serial line
    execute(taker.ended ? "quit" : taker.line);
  }
}

// The end of the input leaves the machine alone.
void Console::serve_lines() {
  std::string pending;
  std::array<char, 4096> buffer;
  while (wait_for_input()) {
    const ssize_t bytes = ::read(input_, buffer.data(), buffer.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return;
    pending.append(buffer.data(), static_cast<std::size_t>(bytes));
    for (std::size_t end; (end = pending.find('\n')) != std::string::npos;) {
      execute(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
  }
}

void Console::execute(const std::string& line) {
  scheduler_.post([this, line] {
    answer_ = monitor_.execute_line(line);
    const char done = 0;
    while (::write(answered_[1], &done, 1) < 0 && errno == EINTR) {
    }
  });
  std::array<pollfd, 2> files{{{answered_[0], POLLIN, 0}, {wake_[0], 0, 0}}};
  while (::poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  if (files[0].revents == 0) return;
  char done;
  if (::read(answered_[0], &done, 1) != 1) return;
  if (!answer_.empty() && answer_.back() != '\n') answer_ += '\n';
  std::fputs(answer_.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace quince::app
