// A file that exists in memory only, for what is opened by name. It has the same content at each rewind().
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/bytes.h"

namespace quince::fuzz {

class RestoredFile {
 public:
  explicit RestoredFile(std::string content)
      : content_(std::move(content)), fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(fd_ >= 0, "no file in memory");
    rewind();
  }
  ~RestoredFile() { close(fd_); }
  RestoredFile(const RestoredFile&) = delete;
  RestoredFile& operator=(const RestoredFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  const std::string& content() const { return content_; }
  void rewind() {
    require(ftruncate(fd_, static_cast<off_t>(content_.size())) == 0, "a file in memory cannot be resized");
    const ssize_t written = pwrite(fd_, content_.data(), content_.size(), 0);
    require(written == static_cast<ssize_t>(content_.size()), "a file in memory cannot be written");
  }
  std::string now() const {
    struct stat info {};
    require(fstat(fd_, &info) == 0, "a file in memory is gone");
    std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
    require(pread(fd_, bytes.data(), bytes.size(), 0) == info.st_size, "a file in memory cannot be read");
    return bytes;
  }

 private:
  std::string content_;
  int fd_;
};

}  // namespace quince::fuzz
