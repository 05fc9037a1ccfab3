#include "tests/vector/qemu.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace quince::test {

namespace {

using ppc::u32;
using ppc::u8;

constexpr size_t request_size = 64, result_size = 32;

// The guest's byte order; its element 0 comes first.
void put_register(std::vector<u8>& bytes, const ppc::V128& v) {
  bytes.insert(bytes.end(), v.bytes.rbegin(), v.bytes.rend());
}
ppc::V128 get_register(const u8* bytes) {
  ppc::V128 v;
  for (unsigned i = 0; i < 16; ++i) v.bytes[15 - i] = bytes[i];
  return v;
}
void put_word(std::vector<u8>& bytes, u32 word) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<u8>(word >> shift));
}
u32 get_word(const u8* bytes) {
  return u32{bytes[0]} << 24 | u32{bytes[1]} << 16 | u32{bytes[2]} << 8 | u32{bytes[3]};
}

bool write_all(int fd, std::span<const u8> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return true;
}
bool read_all(int fd, std::span<u8> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = read(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  return true;
}

}  // namespace

Qemu::Qemu(const std::string& emulator, const std::string& program) {
  std::signal(SIGPIPE, SIG_IGN);  // a dead emulator is a failed write, not the end of the test
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  std::array<std::string, 4> words = {emulator, "-cpu", "7400", program};
  std::array<char*, 5> argv = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  const int failed = posix_spawn(&child_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
  if (failed != 0) throw std::runtime_error("cannot start " + emulator);
}

Qemu::~Qemu() {
  close(to_child_);
  close(from_child_);
  waitpid(child_, nullptr, 0);
}

std::vector<Outcome> Qemu::run(ppc::vec::Op op, u32 imm, bool record, std::span<const Operands> operands) {
  std::vector<u8> request;
  request.reserve(16 + request_size * operands.size());
  put_word(request, static_cast<u32>(op));
  put_word(request, imm);
  put_word(request, record);
  put_word(request, static_cast<u32>(operands.size()));
  for (const Operands& o : operands) {
    put_register(request, o.a);
    put_register(request, o.b);
    put_register(request, o.c);
    put_register(request, ppc::vec::mfvscr(o.vscr));
  }
  std::vector<u8> reply(result_size * operands.size());
  if (!write_all(to_child_, request) || !read_all(from_child_, reply)) return {};

  std::vector<Outcome> outcomes;
  outcomes.reserve(operands.size());
  for (size_t at = 0; at < reply.size(); at += result_size) {
    const u8* status = &reply[at + 16];
    outcomes.push_back({get_register(&reply[at]), get_word(status + 12), get_word(status) >> 4 & 15});
  }
  return outcomes;
}

}  // namespace quince::test
