// An input as a file without a name, for code that takes paths.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>

#include "tests/fuzz/bytes.h"

namespace quince::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::uint8_t> content) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(fd_ >= 0, "no memory for a file");
    while (!content.empty()) {
      const ssize_t count = ::write(fd_, content.data(), content.size());
      require(count > 0, "a file in memory takes no bytes");
      content = content.subspan(static_cast<std::size_t>(count));
    }
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::string content() const {
    std::string text(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    const ssize_t count = pread(fd_, text.data(), text.size(), 0);
    require(count == static_cast<ssize_t>(text.size()), "a file in memory can't be read");
    return text;
  }

 private:
  int fd_;
};

// The same with a name, for code that writes: what has none counts as deleted.
class NamedFile {
 public:
  explicit NamedFile(std::span<const std::uint8_t> content) {
    const int fd = mkstemp(path_.data());
    require(fd >= 0, "no file");
    const ssize_t count = ::write(fd, content.data(), content.size());
    require(count == static_cast<ssize_t>(content.size()), "a file takes no bytes");
    ::close(fd);
  }
  ~NamedFile() { ::unlink(path_.c_str()); }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ =
      std::string(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/quince-fuzz-XXXXXX";
};

// Errors are one line each.
inline void require_line(const std::string& error) {
  require(!error.empty() && error.find('\n') == std::string::npos, "an error is not one line");
}

}  // namespace quince::fuzz
