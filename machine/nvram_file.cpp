#include "machine/nvram_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace quince::machine {

tl::expected<NvramFile, Error> NvramFile::open(const std::string& path,
                                               const devices::Nvram::Contents& fresh) {
  const auto failure = [&](const std::string& why) {
    return tl::unexpected(Error{status::unusable_image, path + ": " + why});
  };
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return failure(std::string(std::strerror(errno)) + " (NVRAM needs a file that can be written)");
  NvramFile file(fd, fresh);
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return failure("not a regular file (give another)");
  const auto size = static_cast<ssize_t>(file.contents_.size());
  if (about.st_size == 0) {
    if (pwrite(fd, file.contents_.data(), file.contents_.size(), 0) != size)
      return failure("can't be written");
  } else if (about.st_size != size || pread(fd, file.contents_.data(), file.contents_.size(), 0) != size) {
    return failure("not the 8192 bytes of an NVRAM (give another, or remove it)");
  }
  return file;
}

NvramFile::~NvramFile() {
  if (fd_ >= 0) close(fd_);
}

NvramFile::NvramFile(NvramFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), contents_(other.contents_) {}

bool NvramFile::store(devices::u32 index, devices::u8 value) const {
  return pwrite(fd_, &value, 1, index) == 1;
}

}  // namespace quince::machine
