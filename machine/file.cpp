#include "machine/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace quince::machine {

namespace {

struct Closer {
  int fd;
  ~Closer() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

tl::expected<std::vector<ppc::u8>, Error> read_file(const std::string& path, ppc::u64 largest) {
  const auto failure = [&](const std::string& why) {
    return tl::unexpected(Error{status::unusable_image, path + ": " + why});
  };
  // Not to wait for whoever is at the other end of a FIFO.
  const Closer file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat about {};
  if (file.fd < 0 || fstat(file.fd, &about) != 0)
    return failure(std::string(std::strerror(errno)) + " (check the path)");
  if (!S_ISREG(about.st_mode)) return failure("not a regular file (give an image file)");
  if (about.st_size == 0) return failure("the file is empty (was it copied completely?)");
  if (static_cast<ppc::u64>(about.st_size) > largest) {
    return failure("larger than " + std::to_string(largest >> 20) + " MiB (is it the right file?)");
  }
  std::vector<ppc::u8> bytes(static_cast<std::size_t>(about.st_size));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = read(file.fd, bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("can't be read to its end (check the disk)");
    at += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace quince::machine
