#include "tests/differential/qemu.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "tests/differential/slot.h"

namespace quince::differential {
namespace {

constexpr int pipe_bytes = 1 << 20;  // more than a batch: writing one does not wait for the reader

constexpr int patience_ms = 30'000;  // a batch takes milliseconds

template <class Transfer, class Byte>
bool all(Transfer transfer, int fd, std::span<Byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = transfer(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes);  // where this is refused, only time is lost
  return ends;
}

}  // namespace

Qemu::Qemu(std::string emulator, std::string program, const std::string& cpu, bool altivec)
    : emulator_(std::move(emulator)), program_(std::move(program)), cpu_(cpu), altivec_(altivec) {
  std::signal(SIGPIPE, SIG_IGN);  // an emulator that ended is a failed write
  start();
}

Qemu::~Qemu() { stop(); }

void Qemu::start() {
  const auto in = make_pipe(), out = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY,
                                   0);  // its report of the signal that killed it
  std::array<std::string, 4> words = {emulator_, "-cpu", cpu_, program_};
  std::array<char*, 5> argv = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  const int failed = posix_spawn(&child_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
  if (failed != 0) throw std::runtime_error("cannot start " + emulator_);
}

void Qemu::stop() {
  close(to_child_);
  close(from_child_);
  waitpid(child_, nullptr, 0);
}

void Qemu::send(std::span<const Case> cases) {
  assert(cases.size() <= LAYOUT_SLOTS);
  std::vector<u8> bytes(8 + cases.size() * LAYOUT_SLOT_BYTES);
  const std::span<u8> whole(bytes);
  put_word(whole, static_cast<u32>(cases.size()));
  put_word(whole.subspan(4), altivec_);
  for (std::size_t n = 0; n < cases.size(); ++n) {
    put_case(whole.subspan(8 + n * LAYOUT_SLOT_BYTES, LAYOUT_SLOT_BYTES), cases[n],
             assemble(cases[n].program).words);
  }
  sent_ = cases.size();
  write_failed_ = !all(write, to_child_, whole);
}

bool Qemu::answers() const {
  pollfd answer{from_child_, POLLIN, 0};
  return poll(&answer, 1, patience_ms) == 1;
}

std::optional<std::vector<State>> Qemu::receive() {
  std::vector<u8> bytes(sent_ * LAYOUT_SLOT_BYTES);
  const std::span<u8> whole(bytes);
  if (write_failed_ || !answers() || !all(read, from_child_, whole)) {
    kill(child_, SIGKILL);  // it may be in a loop
    stop();
    start();
    return std::nullopt;
  }
  std::vector<State> states;
  for (std::size_t n = 0; n < sent_; ++n) {
    states.push_back(get_state(whole.subspan(n * LAYOUT_SLOT_BYTES, LAYOUT_SLOT_BYTES)));
  }
  return states;
}

}  // namespace quince::differential
