#include "devices/block_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace quince::devices {

namespace {

int flags_of(HostFile::Mode mode) {
  switch (mode) {
    case HostFile::Mode::read_only: return O_RDONLY | O_CLOEXEC;
    case HostFile::Mode::read_write: return O_RDWR | O_CLOEXEC;
    case HostFile::Mode::create: return O_RDWR | O_CREAT | O_CLOEXEC;
  }
  return 0;
}

std::string why_not_opened(int error, HostFile::Mode mode) {
  std::string why = std::strerror(error);
  if (mode == HostFile::Mode::read_write && (error == EACCES || error == EROFS || error == EPERM)) {
    why += " (for writing; try the options readonly or overlay=FILE)";
  }
  return why;
}

// Locks on the same bytes of the file as QEMU 7.2 has them, whatever is stored there. A reader says that
// it reads and that nobody may write or resize; a writer shares nothing.
constexpr off_t reads = 100, writes = 101, resizes = 103, no_writer = 201, no_resizing = 203, lock_end = 300;

enum class Lock { free, taken };
Lock try_lock(int fd, int command, short type, off_t first, off_t bytes = 1) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = bytes;
  const int result = fcntl(fd, command, &range);
  const bool held = command == F_OFD_GETLK ? result == 0 && range.l_type != F_UNLCK
                                           : result != 0 && (errno == EAGAIN || errno == EACCES);
  return held ? Lock::taken : Lock::free;  // file systems that know no locks are used without
}

bool lock(int fd, HostFile::Mode mode) {
  if (mode != HostFile::Mode::read_only)
    return try_lock(fd, F_OFD_SETLK, F_WRLCK, reads, lock_end - reads) == Lock::free;
  for (const off_t byte : {reads, no_writer, no_resizing})
    if (try_lock(fd, F_OFD_SETLK, F_RDLCK, byte) == Lock::taken) return false;
  for (const off_t byte : {writes, resizes})
    if (try_lock(fd, F_OFD_GETLK, F_WRLCK, byte) == Lock::taken) return false;
  return true;
}

}  // namespace

tl::expected<HostFile, std::string> HostFile::open(const std::string& path, Mode mode) {
  constexpr mode_t permissions = 0666;
  // Not to wait for whoever is at the other end of a FIFO.
  const int fd = ::open(path.c_str(), flags_of(mode) | O_NONBLOCK, permissions);
  if (fd < 0) return tl::unexpected(path + ": " + why_not_opened(errno, mode));
  return adopt(fd, path, mode);
}

tl::expected<HostFile, std::string> HostFile::adopt(int descriptor, const std::string& path, Mode mode) {
  const auto error = [&](const std::string& why) { return tl::unexpected(path + ": " + why); };
  const int fd = descriptor;
  HostFile file(fd, 0, 0);

  struct stat status {};
  if (fstat(fd, &status) != 0) return error(std::strerror(errno));
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) return error("is not a file");
  const off_t end = lseek(fd, 0, SEEK_END);  // of a disk of the host, st_size is 0
  if (end < 0) return error(std::strerror(errno));
  if (!lock(fd, mode)) return error("is in use by another program (use a copy, or an overlay of your own)");

  file.bytes_ = static_cast<u64>(end);
  file.modified_ns_ = i64{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return file;
}

HostFile::~HostFile() {
  if (fd_ >= 0) close(fd_);
}

HostFile::HostFile(HostFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), bytes_(other.bytes_), modified_ns_(other.modified_ns_) {}

HostFile& HostFile::operator=(HostFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  bytes_ = other.bytes_;
  modified_ns_ = other.modified_ns_;
  return *this;
}

int HostFile::read(u64 offset, std::span<u8> to) const {
  while (!to.empty()) {
    const ssize_t got = pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;
    offset += static_cast<u64>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return 0;
}

int HostFile::write(u64 offset, std::span<const u8> from) const {
  if (const int error = still_whole(); error != 0) return error;
  while (!from.empty()) {
    const ssize_t put = pwrite(fd_, from.data(), from.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    offset += static_cast<u64>(put);
    from = from.subspan(static_cast<std::size_t>(put));
  }
  return 0;
}

int HostFile::sync() const {
  if (const int error = still_whole(); error != 0) return error;
  return fdatasync(fd_) == 0 ? 0 : errno;
}

int HostFile::resize(u64 bytes) {
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0) return errno;
  bytes_ = bytes;
  return 0;
}

// A file that somebody deleted or cut off still takes writes, but nobody will see them again: better that the
// guest hears of it.
int HostFile::still_whole() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return 0;
  if (status.st_nlink == 0) return ENOENT;
  return static_cast<u64>(status.st_size) < bytes_ ? EIO : 0;
}

RawStorage::RawStorage(HostFile file, bool read_only, u32 block_bytes)
    : file_(std::move(file)),
      read_only_(read_only),
      bytes_((file_.bytes() + block_bytes - 1) / block_bytes * block_bytes) {
  assert(read_only || bytes_ == file_.bytes());
}

int RawStorage::read(u64 offset, std::span<u8> to) {
  const u64 in_file = file_.bytes() - std::min(offset, file_.bytes());
  const auto present = to.first(static_cast<std::size_t>(std::min<u64>(to.size(), in_file)));
  std::ranges::fill(to.subspan(present.size()), u8{0});
  return file_.read(offset, present);
}

}  // namespace quince::devices
