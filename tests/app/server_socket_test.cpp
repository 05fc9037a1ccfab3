// A client that sends faster than the machine takes it.
#include "app/server_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/devices/support/fake_scheduler.h"

namespace quince::app {
namespace {

class ServerSocketTest : public ::testing::Test {
 protected:
  static constexpr std::size_t limit = 256u << 10, piece = 4096;

  ServerSocketTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "quince-server-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    auto opened = ServerSocket::open("unix:" + folder_ + "/socket", scheduler_,
                                     {.connected = [] {},
                                      .received = [this](std::string_view bytes) { received_ += bytes; },
                                      .disconnected = [] {}});
    if (opened) server_ = std::move(*opened);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    client_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~ServerSocketTest() override {
    close(client_);
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  bool writable(int milliseconds) const {
    pollfd file{client_, POLLOUT, 0};
    return poll(&file, 1, milliseconds) > 0;
  }

  devices::FakeScheduler scheduler_;
  std::string folder_, received_;
  std::unique_ptr<ServerSocket> server_;
  int client_ = -1;
};

TEST_F(ServerSocketTest, WhatIsNotTakenYetIsLimited) {
  std::string sent;
  while (sent.size() < 16 * limit && writable(1000)) {
    const std::string bytes(piece, static_cast<char>('a' + sent.size() / piece % 23));
    const ssize_t count = send(client_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) sent.append(bytes, 0, static_cast<std::size_t>(count));
  }
  ASSERT_LT(sent.size(), 16 * limit) << "it has to wait";
  scheduler_.run_for(0);  // what is there by now
  EXPECT_GT(received_.size(), limit / 2);
  EXPECT_LE(received_.size(), limit);
  EXPECT_TRUE(scheduler_.run_until([&] { return received_.size() == sent.size(); })) << "nothing is lost";
  EXPECT_TRUE(received_ == sent);
  EXPECT_TRUE(writable(0)) << "and it may go on";
}

}  // namespace
}  // namespace quince::app
