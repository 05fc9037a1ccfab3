#include "app/sandbox/opener.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "devices/block_file.h"
#include "devices/image_server.h"

namespace quince::app {

namespace {

namespace fs = std::filesystem;

enum Request : char {
  open_an_image = 'i',
  write_a_picture = 'p',
  remove_later = 'r',
  no_more_removals = 's'
};

// --- Messages: a letter and a path one way; the format of an image, or a line of error, the other; and
// perhaps a descriptor. Each is one packet. ---

constexpr std::size_t longest_message = PATH_MAX + 256;

struct Message {
  std::string text;
  int descriptor = -1;
};

bool send_message(int socket, const Message& message) {
  iovec part{const_cast<char*>(message.text.data()), std::min(message.text.size(), longest_message)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part, header.msg_iovlen = 1;
  if (message.descriptor >= 0) {
    header.msg_control = control.data(), header.msg_controllen = control.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET, rights->cmsg_type = SCM_RIGHTS, rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &message.descriptor, sizeof(int));
  }
  ssize_t sent;
  while ((sent = sendmsg(socket, &header, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  return sent >= 0;
}

// False: the other side is gone.
bool receive_message(int socket, Message& message) {
  message.text.resize(longest_message);
  message.descriptor = -1;
  iovec part{message.text.data(), message.text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part, header.msg_iovlen = 1;
  header.msg_control = control.data(), header.msg_controllen = control.size();
  ssize_t count;
  while ((count = recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (count <= 0) return false;
  message.text.resize(static_cast<std::size_t>(count));
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  if (rights && rights->cmsg_type == SCM_RIGHTS)
    std::memcpy(&message.descriptor, CMSG_DATA(rights), sizeof(int));
  return true;
}

// --- The process ---

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

const Message done{"+", -1};  // a packet of no bytes would be the end
Message failure(const std::string& path, const std::string& why) { return {'!' + path + ": " + why, -1}; }
Message failure(const std::string& path) { return failure(path, std::strerror(errno)); }

// Where a descriptor really leads to.
std::string place_of(const Descriptor& file) {
  std::error_code error;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), error);
}

class OpeningProcess {
 public:
  OpeningProcess(int socket, std::vector<Given> given, std::vector<std::string> pictures)
      : socket_(socket), given_(std::move(given)), pictures_(std::move(pictures)) {}

  void serve() {
    for (Message message; receive_message(socket_, message);) {
      const Descriptor attached(message.descriptor);
      if (message.text.empty()) continue;
      Message answer = act(message.text.front(), message.text.substr(1), attached);
      const bool sent = send_message(socket_, answer);
      if (answer.descriptor >= 0) close(answer.descriptor);
      if (!sent) break;
    }
    for (const std::string& path : to_remove_) unlink(path.c_str());
  }

 private:
  Message act(char request, const std::string& path, const Descriptor& attached) {
    switch (request) {
      case open_an_image: return open_image(path);
      case write_a_picture: return write_picture(path, attached);
      case remove_later:
        if (!sealed_) to_remove_.push_back(path);
        return done;
      case no_more_removals: sealed_ = true; return done;
      default: return failure(path, "there is no such request");
    }
  }

  bool may(const std::string& place, Reach least) const {
    return std::any_of(given_.begin(), given_.end(), [&](const Given& one) {
      const bool inside = place == one.path || place.starts_with(one.path == "/" ? "/" : one.path + '/');
      return one.reach >= least && inside;
    });
  }

  static constexpr const char* outside =
      "lies outside of the folders that this machine was given (start it with --allow FOLDER)";

  Message open_image(const std::string& path) const {
    // Looked at first: only opening it may have effects, of a device say.
    const Descriptor seen(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat about {};
    if (seen.get() < 0 || fstat(seen.get(), &about) != 0) return failure(path);
    if (!S_ISREG(about.st_mode)) return failure(path, "is not a file");
    const std::string place = place_of(seen);
    if (!may(place, Reach::read)) return failure(path, outside);
    auto file = devices::HostFile::open(place, devices::HostFile::Mode::read_only);
    if (!file) return {'!' + file.error(), -1};
    const auto format = devices::image_format(*file, path);
    if (!format) return {'!' + format.error(), -1};
    const char letter = static_cast<char>('0' + static_cast<int>(*format));
    if (*format == devices::ImageFormat::raw) {
      if (about.st_size % 512 != 0)  // so that this is no way to read what is not an image
        return failure(path, "is not a multiple of 512 bytes long (is it complete, and not compressed?)");
      Descriptor again(open(place.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
      if (again.get() < 0) return failure(path);
      return {std::string(1, letter), again.release()};
    }
    const auto server = devices::start_image_server(place, *format, true);
    if (!server) return failure(path, server.error());
    if (server->complaints >= 0) close(server->complaints);
    return {std::string(1, letter), server->socket};
  }

  Message write_picture(const std::string& path, const Descriptor& content) const {
    if (content.get() < 0) return failure(path, "there is no picture");
    const fs::path wanted(path);
    const std::string name = wanted.filename();
    const Descriptor folder(open(wanted.has_parent_path() ? wanted.parent_path().c_str() : ".",
                                 O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (name.empty() || folder.get() < 0)
      return failure(path, "can't be written: " + std::string(std::strerror(errno)));
    if (std::find(pictures_.begin(), pictures_.end(), path) == pictures_.end()) {
      if (!may(place_of(folder), Reach::write)) return failure(path, outside);
      if (!name.ends_with(".png")) return failure(path, "can't be written: its name must end in .png");
    }
    return write_into(folder, name, content)
               ? done
               : failure(path, "can't be written: " + std::string(std::strerror(errno)));
  }

  static bool write_into(const Descriptor& folder, const std::string& name, const Descriptor& content) {
    const std::string unfinished = name + ".part";
    unlinkat(folder.get(), unfinished.c_str(), 0);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Descriptor file(openat(folder.get(), unfinished.c_str(), flags, 0666));
    if (file.get() < 0) return false;
    if (copy(content, file) && renameat(folder.get(), unfinished.c_str(), folder.get(), name.c_str()) == 0)
      return true;
    const int error = errno;
    unlinkat(folder.get(), unfinished.c_str(), 0);
    errno = error;
    return false;
  }

  // All of it; what is no PNG is EINVAL.
  static bool copy(const Descriptor& from, const Descriptor& to) {
    std::array<char, 65536> bytes;
    off_t at = 0;
    for (ssize_t count; (count = pread(from.get(), bytes.data(), bytes.size(), at)) != 0; at += count) {
      constexpr std::string_view signature = "\x89PNG";
      if (count < 0) return false;
      if (at == 0 &&
          !std::string_view(bytes.data(), static_cast<std::size_t>(count)).starts_with(signature)) {
        errno = EINVAL;
        return false;
      }
      if (write(to.get(), bytes.data(), static_cast<std::size_t>(count)) != count) return false;
    }
    return at > 0;
  }

  const int socket_;
  const std::vector<Given> given_;
  const std::vector<std::string> pictures_;
  std::vector<std::string> to_remove_;
  bool sealed_ = false;
};

// Nothing ends this process but the end of who started it, and then it leaves nothing behind.
[[noreturn]] void run_process(int socket, const std::vector<Given>& given,
                              const std::vector<std::string>& pictures) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGCHLD})
    std::signal(number, SIG_IGN);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, number);
  OpeningProcess(socket, given, pictures).serve();
  close(socket);
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {  // image servers
  }
  _exit(0);
}

}  // namespace

// --- Who asks ---

std::unique_ptr<Opener> Opener::start(const std::vector<Given>& given,
                                      const std::vector<std::string>& pictures) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return nullptr;
  const pid_t process = fork();
  if (process == 0) {
    close(ends[0]);
    run_process(ends[1], given, pictures);
  }
  close(ends[1]);
  if (process > 0) return std::unique_ptr<Opener>(new Opener(ends[0], process));
  close(ends[0]);
  return nullptr;
}

Opener::~Opener() {
  close(socket_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

struct Opener::Answer {
  std::string text, error;
  int descriptor = -1;
};

Opener::Answer Opener::ask(char request, const std::string& path, int descriptor) {
  const std::lock_guard lock(mutex_);
  Message answer;
  if (path.size() >= PATH_MAX) return {"", path + ": the name is too long"};
  if (!send_message(socket_, {request + path, descriptor}) || !receive_message(socket_, answer))
    return {"", path + ": nobody opens files any more"};
  if (answer.text.starts_with('!')) return {"", answer.text.substr(1)};
  return {answer.text, "", answer.descriptor};
}

void Opener::remove_at_end(const std::string& path) { ask(remove_later, path); }
void Opener::seal() { ask(no_more_removals, ""); }

tl::expected<devices::OpenedImage, std::string> Opener::open_image(const std::string& path) {
  const Answer answer = ask(open_an_image, path);
  if (!answer.error.empty()) return tl::unexpected(answer.error);
  if (answer.text.empty() || answer.descriptor < 0) return tl::unexpected(path + ": was not opened");
  return devices::OpenedImage{static_cast<devices::ImageFormat>(answer.text.front() - '0'),
                              answer.descriptor};
}

tl::expected<void, std::string> Opener::save_picture(const std::string& path, std::span<const char> png) {
  const Descriptor content(memfd_create("picture", MFD_CLOEXEC));
  if (content.get() < 0 || ::write(content.get(), png.data(), png.size()) != static_cast<ssize_t>(png.size()))
    return tl::unexpected(path + ": can't be written: " + std::strerror(errno));
  const Answer answer = ask(write_a_picture, path, content.get());
  if (!answer.error.empty()) return tl::unexpected(answer.error);
  return {};
}

}  // namespace quince::app
