#include "machine/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quince::machine {

tl::unexpected<Error> OpenFile::failure(const std::string& why) const {
  return tl::unexpected(Error{status::unusable_image, path_ + ": " + why});
}

tl::expected<OpenFile, Error> OpenFile::open(const std::string& path, ppc::u64 largest) {
  // Not to wait for whoever is at the other end of a FIFO.
  OpenFile file(path, largest, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (file.fd_ < 0 || fstat(file.fd_, &about) != 0)
    return file.failure(std::string(std::strerror(errno)) + " (check the path)");
  if (!S_ISREG(about.st_mode)) return file.failure("not a regular file (give an image file)");
  return file;
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) close(fd_);
}

tl::expected<std::vector<ppc::u8>, Error> OpenFile::read() const {
  struct stat about {};
  if (fstat(fd_, &about) != 0) return failure(std::strerror(errno));
  if (about.st_size == 0) return failure("the file is empty (was it copied completely?)");
  if (static_cast<ppc::u64>(about.st_size) > largest_) {
    return failure("larger than " + std::to_string(largest_ >> 20) + " MiB (is it the right file?)");
  }
  std::vector<ppc::u8> bytes(static_cast<std::size_t>(about.st_size));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = pread(fd_, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("can't be read to its end (check the disk)");
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

tl::expected<std::vector<ppc::u8>, Error> read_file(const std::string& path, ppc::u64 largest) {
  const auto file = OpenFile::open(path, largest);
  if (!file) return tl::unexpected(file.error());
  return file->read();
}

}  // namespace quince::machine
