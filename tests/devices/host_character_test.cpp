#include "devices/host_character.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/devices/support/fake_scheduler.h"

namespace quince::devices {
namespace {

class HostCharacterTest : public ::testing::Test {
 protected:
  HostCharacterTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "quince-character-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~HostCharacterTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::unique_ptr<CharacterBackend> open_backend(const std::string& what, std::string* name = nullptr) {
    auto backend = open_character_backend(what, {.scheduler = scheduler, .on_quit = {}}, name);
    EXPECT_TRUE(backend.has_value()) << backend.error();
    return std::move(*backend);
  }
  std::string read_input(CharacterBackend& backend, std::size_t count) {
    std::string text;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (text.size() < count && std::chrono::steady_clock::now() < deadline) {
      scheduler.run_for(0);
      while (const auto byte = backend.read()) text.push_back(static_cast<char>(*byte));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return text;
  }
  static std::string read_fd(int fd, std::size_t count) {
    std::string text(count, '\0');
    for (std::size_t at = 0; at < count;) {
      const ssize_t got = ::read(fd, text.data() + at, count - at);
      if (got <= 0) return text.substr(0, at);
      at += static_cast<std::size_t>(got);
    }
    return text;
  }
  int connect_to(const std::string& where) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, where.c_str(), sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  FakeScheduler scheduler;
  std::string folder_;
};

TEST_F(HostCharacterTest, File) {
  {
    auto file = open_backend("file:" + path("log"));
    for (const char letter : std::string("hello\n")) file->write(static_cast<u8>(letter));
    EXPECT_EQ(file->read(), std::nullopt);
  }
  std::ifstream in(path("log"));
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "hello");
}

TEST_F(HostCharacterTest, Socket) {
  auto backend = open_backend("unix:" + path("socket"));
  int notices = 0;
  backend->on_input = [&] { ++notices; };
  for (const std::string& text :
       {std::string("first"), std::string("second")}) {  // one client after the other
    const int client = connect_to(path("socket"));
    ASSERT_EQ(::write(client, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(read_input(*backend, text.size()), text);
    for (int n = 0; n < 5000; ++n) backend->write('o');  // more single bytes than a socket holds
    EXPECT_EQ(read_fd(client, 5000), std::string(5000, 'o'));
    close(client);
  }
  EXPECT_GE(notices, 2);
  backend.reset();
  EXPECT_FALSE(std::filesystem::exists(path("socket")));
}

TEST_F(HostCharacterTest, SocketTakesTheLastOutput) {
  auto backend = open_backend("unix:" + path("socket"));
  const int client = connect_to(path("socket"));
  ASSERT_EQ(::write(client, "x", 1), 1);
  ASSERT_EQ(read_input(*backend, 1), "x");  // it is being served
  for (const char letter : std::string("bye")) backend->write(static_cast<u8>(letter));
  backend.reset();
  EXPECT_EQ(read_fd(client, 10), "bye");
  close(client);
}

// Three times as much as the line keeps, for somebody who does not read yet: the first mebibyte arrives, and
// what the host's socket took beside it.
TEST_F(HostCharacterTest, OutputThatNobodyReadsIsLimited) {
  constexpr std::size_t limit = 1u << 20, of_the_host = 1u << 19;
  const auto letter = [](std::size_t n) { return static_cast<char>('a' + n % 23); };
  auto backend = open_backend("unix:" + path("socket"));
  const int client = connect_to(path("socket"));
  ASSERT_EQ(::write(client, "x", 1), 1);
  ASSERT_EQ(read_input(*backend, 1), "x");  // it is being served
  for (std::size_t n = 0; n < 3 * limit; ++n) backend->write(static_cast<u8>(letter(n)));
  std::string text;
  std::thread reader([&] { text = read_fd(client, 3 * limit); });
  backend.reset();
  reader.join();
  close(client);
  EXPECT_GE(text.size(), limit);
  EXPECT_LE(text.size(), limit + of_the_host);
  for (std::size_t n = 0; n < text.size(); ++n) ASSERT_EQ(text[n], letter(n)) << n;
}

TEST_F(HostCharacterTest, EndsWhileInputWaits) {
  auto backend = open_backend("unix:" + path("socket"));
  const int client = connect_to(path("socket"));
  ASSERT_EQ(::write(client, "never read", 10), 10);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  backend.reset();
  scheduler.run_for(0);  // what was posted before must not touch what is gone
  close(client);
}

TEST_F(HostCharacterTest, Pty) {
  const int available = posix_openpt(O_RDWR | O_NOCTTY);
  if (available < 0) GTEST_SKIP() << "the host has no pseudo terminals";
  close(available);
  std::string name;
  auto backend = open_backend("pty", &name);
  const int terminal = open(name.c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0) << name;
  ASSERT_EQ(::write(terminal, "in", 2), 2);
  EXPECT_EQ(read_input(*backend, 2), "in");
  for (const char letter : std::string("out")) backend->write(static_cast<u8>(letter));
  EXPECT_EQ(read_fd(terminal, 3), "out");
  close(terminal);
}

// What the guest sends between two turns of the run loop, and what it has just sent when the line is closed.
TEST_F(HostCharacterTest, FileGathersOutput) {
  const auto content = [this] {
    std::ifstream file(path("gathered"));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  auto backend = open_backend("file:" + path("gathered"));
  for (const char letter : std::string("first ")) backend->write(static_cast<u8>(letter));
  scheduler.run_for(0);
  EXPECT_EQ(content(), "first ");
  for (const char letter : std::string("last")) backend->write(static_cast<u8>(letter));
  backend.reset();
  EXPECT_EQ(content(), "first last");
}

TEST_F(HostCharacterTest, Refusals) {
  for (const char* what : {"", "nothing", "file:", "file:/nowhere/at/all", "unix:", "unix:/nowhere/at/all"}) {
    const auto backend = open_character_backend(what, {.scheduler = scheduler, .on_quit = {}});
    EXPECT_FALSE(backend.has_value()) << what;
    if (!backend) {
      EXPECT_FALSE(backend.error().empty());
    }
  }
}

}  // namespace
}  // namespace quince::devices
