#include "devices/image_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

namespace quince::devices {

namespace {

using Failure = tl::unexpected<std::string>;

// --- The command line ---

// A string of JSON.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') result += '\\';
    if (code < ' ')
      result += std::string("\\u00") + hex[code >> 4] + hex[code & 15];
    else
      result += c;
  }
  return result + '"';
}

std::string describe(const std::string& path, ImageFormat format, bool read_only) {
  const bool may_have_backing = format == ImageFormat::qcow2 || format == ImageFormat::vmdk;
  return std::string("json:{\"driver\":\"") + name_of(format) + "\"" +
         (may_have_backing ? ",\"backing\":null" : "") +
         (read_only ? ",\"read-only\":true" : ",\"discard\":\"unmap\"") +
         ",\"file\":{\"driver\":\"file\",\"filename\":" + quoted(std::filesystem::absolute(path).string()) +
         "}}";
}

// The shell keeps the terminal's Ctrl-C from ending the server before us, and tells it of the socket, which
// is descriptor 3, as systemd would.
std::vector<std::string> command_line(const std::string& image, bool read_only) {
  std::vector<std::string> words{
      "sh", "-c",       "trap '' INT QUIT HUP; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"",
      "sh", "qemu-nbd", "--cache=writeback"};
  if (read_only) words.emplace_back("--read-only");
  words.push_back(image);
  return words;
}

bool is_installed(const std::string& program) {
  const char* const folders = std::getenv("PATH");
  std::string_view rest = folders != nullptr ? folders : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    if (access((std::string(folder) + '/' + program).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
  }
  return false;
}

// --- The socket ---

void close_if_open(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

// A name for a moment, in a folder of our own, so that nobody else gets the connection.
class Rendezvous {
 public:
  Rendezvous() {
    const char* const place = std::getenv("TMPDIR");
    folder_ = std::string(place && *place ? place : "/tmp") + "/quince-nbd-XXXXXX";
    if (!mkdtemp(folder_.data())) return;
    const std::string path = folder_ + "/socket";
    address_.sun_family = AF_UNIX;
    if (path.size() < sizeof address_.sun_path) path.copy(address_.sun_path, path.size());
    made_ = true;
  }
  ~Rendezvous() {
    if (!made_) return;
    unlink(address_.sun_path);
    rmdir(folder_.c_str());
  }
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  // The server's end, where it listens, and ours. False: errno says why.
  bool connect(int& listener, int& ours) const {
    if (!made_) return false;
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ours = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return listener >= 0 && ours >= 0 && ::bind(listener, address, sizeof address_) == 0 &&
           ::listen(listener, 1) == 0 && ::connect(ours, address, sizeof address_) == 0;
  }

 private:
  std::string folder_;
  sockaddr_un address_{};
  bool made_ = false;
};

// 0 or an errno.
int start(std::vector<std::string>& words, int listener, ImageServer& server) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGCHLD);
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, listener, 3);
  if (server.complaints >= 0) posix_spawn_file_actions_adddup2(&files, server.complaints, STDERR_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error =
      posix_spawnp(&server.process, arguments.front(), &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

tl::expected<ImageServer, std::string> start_image_server(const std::string& path, ImageFormat format,
                                                          bool read_only) {
  if (!is_installed("qemu-nbd")) return Failure("there is no qemu-nbd (install the package qemu-utils)");
  ImageServer server;
  server.complaints = memfd_create("quince-qemu-nbd", MFD_CLOEXEC);
  int listener = -1;
  int error = Rendezvous().connect(listener, server.socket) ? 0 : errno;
  auto words = command_line(describe(path, format, read_only), read_only);
  if (error == 0) error = start(words, listener, server);
  close_if_open(listener);
  if (error == 0) return server;
  end(server);
  return Failure("qemu-nbd can't be started: " + std::string(std::strerror(error)));
}

// Without the name of program and image. That a module for other images is not installed says nothing of this
// one.
std::string complaint_of(const ImageServer& server) {
  std::array<char, 1024> text;
  const ssize_t count = server.complaints < 0 ? 0 : pread(server.complaints, text.data(), text.size(), 0);
  std::string line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count)));
  while (line.starts_with("qemu: module ")) line.erase(0, std::min(line.find('\n'), line.size() - 1) + 1);
  line.resize(std::min(line.find('\n'), line.size()));
  if (const auto name = line.find("': "); name != std::string::npos) line.erase(0, name + 3);
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return line;
}

void end(const ImageServer& server) {
  close_if_open(server.socket);
  if (server.process > 0) {
    while (waitpid(server.process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close_if_open(server.complaints);
}

}  // namespace quince::devices
