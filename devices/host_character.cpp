#include "devices/host_character.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace quince::devices {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close_now(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) close_now(), fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }

 private:
  void close_now() {
    if (fd_ > STDERR_FILENO) close(fd_);
    fd_ = -1;
  }
  int fd_;
};

std::string host_error(std::string_view what) { return std::string(what) + ": " + std::strerror(errno); }

void write_all(int fd, std::span<const u8> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      continue;
    }
    if (errno != EINTR && errno != EAGAIN) return;
    pollfd writable{fd, POLLOUT, 0};
    poll(&writable, 1, -1);
  }
}

// Output to a file that takes it at once: what the guest sends in one turn of the run loop goes in one piece.
class GatheredOutput {
 public:
  GatheredOutput(Scheduler& scheduler, int fd)
      : scheduler_(scheduler), fd_(fd), bytes_(std::make_shared<std::vector<u8>>()) {}
  ~GatheredOutput() { send(fd_, *bytes_); }
  GatheredOutput(const GatheredOutput&) = delete;
  GatheredOutput& operator=(const GatheredOutput&) = delete;

  void write(u8 byte) {
    bytes_->push_back(byte);
    if (bytes_->size() == 1) scheduler_.post([fd = fd_, bytes = bytes_] { send(fd, *bytes); });
  }

 private:
  static void send(int fd, std::vector<u8>& bytes) {
    write_all(fd, bytes);
    bytes.clear();
  }
  Scheduler& scheduler_;
  int fd_;
  std::shared_ptr<std::vector<u8>> bytes_;
};

// The input side of every back end: bytes from a host thread to the processor's thread.
class InputChannel {
 public:
  InputChannel(Scheduler& scheduler, std::function<void()> notify)
      : scheduler_(scheduler), shared_(std::make_shared<Shared>()) {
    shared_->notify = std::move(notify);
  }
  ~InputChannel() { close_channel(); }

  // Processor's thread. Nothing is reported afterwards.
  void close_channel() {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
    shared_->notify = nullptr;
    shared_->fetched.notify_all();
  }
  std::optional<u8> take() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->bytes.empty()) return std::nullopt;
    const u8 byte = shared_->bytes.front();
    shared_->bytes.pop_front();
    if (shared_->bytes.empty()) shared_->fetched.notify_all();
    return byte;
  }

  // Reader's thread: hands bytes over and waits until they have been fetched. False: closed.
  bool put(const std::vector<u8>& bytes) {
    if (bytes.empty()) return true;
    std::unique_lock lock(shared_->mutex);
    shared_->bytes.insert(shared_->bytes.end(), bytes.begin(), bytes.end());
    lock.unlock();
    scheduler_.post([shared = shared_] {
      if (shared->notify) shared->notify();
    });
    lock.lock();
    shared_->fetched.wait(lock, [this] { return shared_->closed || shared_->bytes.empty(); });
    return !shared_->closed;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable fetched;
    std::deque<u8> bytes;
    bool closed = false;
    std::function<void()> notify;  // the processor's thread only
  };
  Scheduler& scheduler_;
  std::shared_ptr<Shared> shared_;
};

// Waits for input on fd, or for `stop`. 0: stop.
bool wait_readable(int fd, int stop) {
  std::array<pollfd, 2> descriptors{pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  for (;;) {
    if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno == EINTR) continue;
    if (descriptors[1].revents != 0) return false;
    if (descriptors[0].revents != 0) return true;
  }
}

class FileCharacter final : public CharacterBackend {
 public:
  FileCharacter(Scheduler& scheduler, Descriptor file)
      : file_(std::move(file)), output_(scheduler, file_.get()) {}
  void write(u8 byte) override { output_.write(byte); }
  std::optional<u8> read() override { return std::nullopt; }

 private:
  Descriptor file_;
  GatheredOutput output_;
};

// What stdio, pty and socket have in common: a reader thread that a destructor can end.
class ReadingCharacter : public CharacterBackend {
 public:
  explicit ReadingCharacter(Scheduler& scheduler)
      : input_(scheduler,
               [this] {
                 if (on_input) on_input();
               }),
        stop_(eventfd(0, EFD_CLOEXEC)) {}
  ~ReadingCharacter() override { end(); }
  std::optional<u8> read() override { return input_.take(); }

 protected:
  void begin(std::function<void()> body) { reader_ = std::thread(std::move(body)); }
  void end() {
    input_.close_channel();
    const u64 one = 1;
    if (::write(stop_.get(), &one, sizeof one) < 0) return;
    if (reader_.joinable()) reader_.join();
  }
  int stop_descriptor() const { return stop_.get(); }
  // Passes on what fd delivers until it ends. False: `stop`.
  bool pump(int fd, const std::function<void(std::vector<u8>&)>& filter = {}) {
    std::array<u8, 256> buffer;
    while (wait_readable(fd, stop_.get())) {
      const ssize_t count = ::read(fd, buffer.data(), buffer.size());
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) return true;
      std::vector<u8> bytes(buffer.begin(), buffer.begin() + count);
      if (filter) filter(bytes);
      if (!input_.put(bytes)) return false;
    }
    return false;
  }

 private:
  InputChannel input_;
  Descriptor stop_;
  std::thread reader_;
};

// --- stdio ---

// Ctrl-A is the way out of a raw terminal; Ctrl-A Ctrl-A is the character itself.
class Escape {
 public:
  struct Ways {
    std::function<void()> quit;
    std::function<void(std::span<const u8> typed, bool begins)> monitor;
  };
  explicit Escape(Ways ways) : ways_(std::move(ways)) {}
  void operator()(std::vector<u8>& bytes) {
    std::vector<u8> guest, monitor;
    for (const u8 byte : bytes) {
      if (!seen_ && byte == control_a) {
        seen_ = true;
        continue;
      }
      if (!seen_ || byte == control_a)
        (to_monitor_ ? monitor : guest).push_back(byte);
      else
        act(byte, monitor);
      seen_ = false;
    }
    if (!monitor.empty()) ways_.monitor(monitor, false);
    bytes = std::move(guest);
  }

 private:
  static constexpr u8 control_a = 1;

  void act(u8 byte, std::vector<u8>& monitor) {
    switch (byte | 0x20) {
      case 'x':
        if (ways_.quit) ways_.quit();
        return;
      case 'h': return help();
      case 'c':
        if (!ways_.monitor) return;
        if (!monitor.empty()) ways_.monitor(std::exchange(monitor, {}), false);
        to_monitor_ = !to_monitor_;
        if (to_monitor_) ways_.monitor({}, true);
        return;
      default: return;
    }
  }
  void help() const {
    std::string text = "\nCtrl-A X  ends the machine\n";
    if (ways_.monitor) text += "Ctrl-A C  switches between the guest and the monitor\n";
    text += "Ctrl-A H  says this\nCtrl-A Ctrl-A  is a Ctrl-A\n";
    write_all(STDOUT_FILENO, std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
  }

  Ways ways_;
  bool seen_ = false, to_monitor_ = false;
};

class StdioCharacter final : public ReadingCharacter {
 public:
  explicit StdioCharacter(const CharacterOptions& options)
      : ReadingCharacter(options.scheduler),
        output_(options.scheduler, STDOUT_FILENO),
        terminal_(isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &saved_) == 0) {
    if (terminal_) make_raw();
    begin([this, scheduler = &options.scheduler, on_quit = options.on_quit, on_monitor = options.on_monitor] {
      const auto quit = [scheduler, on_quit] {
        if (on_quit) scheduler->post(on_quit);
      };
      if (terminal_)
        pump(STDIN_FILENO, Escape({.quit = quit, .monitor = on_monitor}));
      else
        pump(STDIN_FILENO);
    });
  }
  ~StdioCharacter() override {
    end();
    if (terminal_) tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
  }
  void write(u8 byte) override { output_.write(byte); }

 private:
  void make_raw() {
    termios raw = saved_;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;  // our own messages stay readable
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  }
  GatheredOutput output_;
  termios saved_{};
  bool terminal_;
};

// The output side of a line whose other end may not read for a while: a thread that waits in the processor's
// stead.
class OutputThread {
 public:
  using Target = std::function<std::shared_ptr<Descriptor>()>;  // null: nobody is there, the bytes are lost
  explicit OutputThread(Target target) : target_(std::move(target)), thread_([this] { run(); }) {}
  // What has been written before is given a moment to be taken.
  ~OutputThread() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  OutputThread(const OutputThread&) = delete;
  OutputThread& operator=(const OutputThread&) = delete;

  void write(u8 byte) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() + sending_ >= capacity) return;
      waiting_.push_back(byte);
    }
    changed_.notify_one();
  }

 private:
  static constexpr std::size_t capacity = 1 << 20, piece = 64 << 10;
  static constexpr int patience_at_end = 1000;  // milliseconds

  void run() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // a client that has gone away is no reason to end
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(piece, waiting_.size()));
      const std::vector<u8> bytes(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
      sending_ = bytes.size();
      lock.unlock();
      const bool taken = deliver(bytes);
      lock.lock();
      sending_ = 0;
      if (closing_ && !taken) return;
    }
  }
  bool deliver(std::span<const u8> bytes) {
    const auto target = target_();
    while (target && !bytes.empty()) {
      const ssize_t count = ::write(target->get(), bytes.data(), bytes.size());
      if (count > 0)
        bytes = bytes.subspan(static_cast<std::size_t>(count));
      else if ((errno != EINTR && errno != EAGAIN) || !wait_writable(target->get()))
        return false;
    }
    return target != nullptr;
  }
  bool wait_writable(int fd) {
    for (int waited = 0;; waited += step) {
      pollfd writable{fd, POLLOUT, 0};
      if (poll(&writable, 1, step) > 0) return true;
      const std::lock_guard lock(mutex_);
      if (closing_ && waited >= patience_at_end) return false;
    }
  }
  static constexpr int step = 50;  // milliseconds

  Target target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<u8> waiting_;
  std::size_t sending_ = 0;  // bytes that the thread has taken
  bool closing_ = false;
  std::thread thread_;
};

// --- pty ---

class PtyCharacter final : public ReadingCharacter {
 public:
  // `keep_open`: our own descriptor of the other end, so that a client may come and go.
  PtyCharacter(Scheduler& scheduler, Descriptor controller, Descriptor keep_open)
      : ReadingCharacter(scheduler),
        controller_(std::make_shared<Descriptor>(std::move(controller))),
        keep_open_(std::move(keep_open)) {
    begin([this] { pump(controller_->get()); });
  }
  ~PtyCharacter() override { end(); }
  void write(u8 byte) override { output_.write(byte); }

 private:
  std::shared_ptr<Descriptor> controller_;
  Descriptor keep_open_;
  OutputThread output_{[this] { return controller_; }};
};

tl::expected<std::unique_ptr<CharacterBackend>, std::string> open_pty(Scheduler& scheduler,
                                                                      std::string* name) {
  Descriptor controller(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 128> path{};
  if (controller.get() < 0 || grantpt(controller.get()) != 0 || unlockpt(controller.get()) != 0 ||
      ptsname_r(controller.get(), path.data(), path.size()) != 0) {
    return tl::unexpected(host_error("no pseudo terminal"));
  }
  Descriptor other(open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios settings{};
  if (other.get() < 0 || tcgetattr(other.get(), &settings) != 0)
    return tl::unexpected(host_error(path.data()));
  cfmakeraw(&settings);
  tcsetattr(other.get(), TCSANOW, &settings);
  fcntl(controller.get(), F_SETFL, O_NONBLOCK);
  if (name) *name = path.data();
  return std::make_unique<PtyCharacter>(scheduler, std::move(controller), std::move(other));
}

// --- unix socket ---

class SocketCharacter final : public ReadingCharacter {
 public:
  SocketCharacter(Scheduler& scheduler, Descriptor listener, std::string path)
      : ReadingCharacter(scheduler), listener_(std::move(listener)), path_(std::move(path)) {
    begin([this] { serve(); });
  }
  ~SocketCharacter() override {
    end();
    unlink(path_.c_str());
  }
  void write(u8 byte) override { output_.write(byte); }

 private:
  void serve() {
    while (wait_readable(listener_.get(), stop_descriptor())) {
      auto client = std::make_shared<Descriptor>(
          accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client->get() < 0) continue;
      set_client(client);
      if (!pump(client->get())) return;  // the last output may still be on its way
      set_client(nullptr);
    }
  }
  void set_client(std::shared_ptr<Descriptor> client) {
    const std::lock_guard lock(mutex_);
    client_ = std::move(client);
  }
  std::shared_ptr<Descriptor> client() {
    const std::lock_guard lock(mutex_);
    return client_;
  }

  Descriptor listener_;
  std::string path_;
  std::mutex mutex_;
  std::shared_ptr<Descriptor> client_;
  OutputThread output_{[this] { return client(); }};
};

tl::expected<std::unique_ptr<CharacterBackend>, std::string> open_socket(Scheduler& scheduler,
                                                                         const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return tl::unexpected(std::string("no path for a socket"));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return tl::unexpected(host_error("no socket"));
  struct stat existing {};
  if (stat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode))
    unlink(path.c_str());  // of an earlier run
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), 1) != 0) {
    return tl::unexpected(host_error(path));
  }
  return std::make_unique<SocketCharacter>(scheduler, std::move(listener), path);
}

}  // namespace

tl::expected<std::unique_ptr<CharacterBackend>, std::string> open_character_backend(
    std::string_view what, const CharacterOptions& options, std::string* name) {
  if (what == "stdio") return std::make_unique<StdioCharacter>(options);
  if (what == "null") return std::make_unique<NullCharacter>();
  if (what == "pty") return open_pty(options.scheduler, name);
  const auto colon = what.find(':');
  const std::string kind(what.substr(0, colon));
  const std::string path(colon == std::string_view::npos ? "" : what.substr(colon + 1));
  if (kind == "unix") return open_socket(options.scheduler, path);
  if (kind == "file" && !path.empty()) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) return tl::unexpected(host_error(path));
    return std::make_unique<FileCharacter>(options.scheduler, std::move(file));
  }
  return tl::unexpected(std::string("no such serial port: ") + std::string(what));
}

}  // namespace quince::devices
