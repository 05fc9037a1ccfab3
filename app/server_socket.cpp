#include "app/server_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace quince::app {

namespace {

using Opened = tl::expected<int, std::string>;

constexpr std::string_view unix_prefix = "unix:";

tl::unexpected<std::string> failure(int error) { return tl::unexpected<std::string>(std::strerror(error)); }

Opened listen_at(int descriptor, const sockaddr* address, socklen_t bytes) {
  if (::bind(descriptor, address, bytes) == 0 && ::listen(descriptor, 1) == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  return failure(error);
}

bool is_stale(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

Opened listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return failure(ENAMETOOLONG);
  path.copy(address.sun_path, path.size());
  if (is_stale(address)) ::unlink(path.c_str());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failure(errno);
  return listen_at(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Opened listen_tcp(const std::string& where) {
  const auto colon = where.rfind(':');
  if (colon == std::string::npos) return tl::unexpected<std::string>("it is neither HOST:PORT nor unix:PATH");
  std::string host = where.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "127.0.0.1";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), where.c_str() + colon + 1, &hints, &found); error != 0) {
    return tl::unexpected<std::string>(::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failure(errno);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return listen_at(descriptor, found->ai_addr, found->ai_addrlen);
}

// Replies are small and waited for; a client that has stopped reading must not stop the machine.
void prepare(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on Unix sockets, which is fine
  const timeval second{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

}  // namespace

tl::expected<std::unique_ptr<ServerSocket>, std::string> ServerSocket::open(const std::string& where,
                                                                            devices::Scheduler& scheduler,
                                                                            Client client) {
  const bool is_unix = where.starts_with(unix_prefix);
  const std::string path = is_unix ? where.substr(unix_prefix.size()) : "";
  const Opened listener = is_unix ? listen_unix(path) : listen_tcp(where);
  if (!listener) return tl::unexpected(where + ": " + listener.error());
  return std::unique_ptr<ServerSocket>(new ServerSocket(*listener, path, scheduler, std::move(client)));
}

ServerSocket::ServerSocket(int listener, std::string path, devices::Scheduler& scheduler, Client client)
    : listener_(listener), path_(std::move(path)), scheduler_(scheduler), client_(std::move(client)) {
  if (::pipe2(wake_, O_CLOEXEC) != 0) wake_[0] = wake_[1] = -1;
  thread_ = std::thread([this] { serve(); });
}

ServerSocket::~ServerSocket() {
  ::close(wake_[1]);
  thread_.join();
  ::close(wake_[0]);
  ::close(listener_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool ServerSocket::wait_for(int descriptor) const {
  std::array<pollfd, 2> files{{{descriptor, POLLIN, 0}, {wake_[0], 0, 0}}};
  while (::poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  return files[1].revents == 0;
}

bool ServerSocket::ends_within(int milliseconds) const {
  pollfd wake{wake_[0], 0, 0};
  return ::poll(&wake, 1, milliseconds) > 0;
}

void ServerSocket::serve() {
  while (wait_for(listener_)) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    prepare(descriptor);
    serve_client(descriptor);
  }
}

void ServerSocket::serve_client(int descriptor) {
  set_connection(descriptor);
  scheduler_.post([this] { client_.connected(); });
  std::array<char, 4096> buffer;
  while (wait_for(descriptor)) {
    const ssize_t bytes = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    ++unread_;
    scheduler_.post([this, text = std::string(buffer.data(), static_cast<std::size_t>(bytes))] {
      --unread_;
      client_.received(text);
    });
    // A client that sends faster than the machine takes it waits.
    while (unread_ >= most_unread && !ends_within(10)) {
    }
  }
  set_connection(-1);
  ::close(descriptor);
  scheduler_.post([this] { client_.disconnected(); });
}

void ServerSocket::set_connection(int descriptor) {
  const std::lock_guard lock(mutex_);
  connection_ = descriptor;
}

void ServerSocket::send(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  while (connection_ >= 0 && !bytes.empty()) {
    const ssize_t sent = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) {
      ::shutdown(connection_, SHUT_RDWR);  // the thread sees the end, and says so
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace quince::app
