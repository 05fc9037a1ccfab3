// Names: directories, links, rights, status of files.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr i64 largest_size32 = 0x7fff'ffff;

Result store_stat32(Kernel& k, u32 address, int failed, const struct stat& info) {
  if (failed) return -errno;
  if (info.st_size > largest_size32) return -EOVERFLOW;
  k.memory.put(address, GuestStat(info));
  return 0;
}
Result store_stat64(Kernel& k, u32 address, int failed, const struct stat& info) {
  if (failed) return -errno;
  k.memory.put(address, GuestStat64(info));
  return 0;
}
template <class Guest>
Result store_statfs(Kernel& k, u32 address, int failed, const struct statfs& info) {
  if (failed) return -errno;
  k.memory.put(address, Guest(info));
  return 0;
}

}  // namespace

Result sys_stat(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat32(k, a[1], stat(path(k, a[0]).c_str(), &info), info);
}
Result sys_lstat(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat32(k, a[1], lstat(k.memory.string(a[0]).c_str(), &info), info);
}
Result sys_fstat(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat32(k, a[1], fstat(signed_word(a[0]), &info), info);
}
Result sys_stat64(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat64(k, a[1], stat(path(k, a[0]).c_str(), &info), info);
}
Result sys_lstat64(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat64(k, a[1], lstat(k.memory.string(a[0]).c_str(), &info), info);
}
Result sys_fstat64(Kernel& k, const Arguments& a) {
  struct stat info;
  return store_stat64(k, a[1], fstat(signed_word(a[0]), &info), info);
}
Result sys_fstatat64(Kernel& k, const Arguments& a) {
  struct stat info;
  const int flags = signed_word(a[3]);
  const std::string name = flags & AT_SYMLINK_NOFOLLOW ? k.memory.string(a[1]) : path(k, a[1]);
  return store_stat64(k, a[2], fstatat(signed_word(a[0]), name.c_str(), &info, flags), info);
}
Result sys_statx(Kernel& k, const Arguments& a) {
  struct statx info;
  const std::string name = a[2] & AT_SYMLINK_NOFOLLOW ? k.memory.string(a[1]) : path(k, a[1]);
  if (statx(signed_word(a[0]), name.c_str(), signed_word(a[2]), a[3], &info) != 0) return -errno;
  k.memory.put(a[4], GuestStatx(info));
  return 0;
}
Result sys_statfs(Kernel& k, const Arguments& a) {
  struct statfs info;
  return store_statfs<GuestStatfs>(k, a[1], statfs(path(k, a[0]).c_str(), &info), info);
}
Result sys_fstatfs(Kernel& k, const Arguments& a) {
  struct statfs info;
  return store_statfs<GuestStatfs>(k, a[1], fstatfs(signed_word(a[0]), &info), info);
}
Result sys_statfs64(Kernel& k, const Arguments& a) {
  if (a[1] != sizeof(GuestStatfs64)) return -EINVAL;
  struct statfs info;
  return store_statfs<GuestStatfs64>(k, a[2], statfs(path(k, a[0]).c_str(), &info), info);
}
Result sys_fstatfs64(Kernel& k, const Arguments& a) {
  if (a[1] != sizeof(GuestStatfs64)) return -EINVAL;
  struct statfs info;
  return store_statfs<GuestStatfs64>(k, a[2], fstatfs(signed_word(a[0]), &info), info);
}

// --- Names ---

Result sys_link(Kernel& k, const Arguments& a) {
  return from_host(link(k.memory.string(a[0]).c_str(), k.memory.string(a[1]).c_str()));
}
Result sys_linkat(Kernel& k, const Arguments& a) {
  return from_host(linkat(signed_word(a[0]), k.memory.string(a[1]).c_str(), signed_word(a[2]),
                          k.memory.string(a[3]).c_str(), signed_word(a[4])));
}
Result sys_unlink(Kernel& k, const Arguments& a) { return from_host(unlink(k.memory.string(a[0]).c_str())); }
Result sys_unlinkat(Kernel& k, const Arguments& a) {
  return from_host(unlinkat(signed_word(a[0]), k.memory.string(a[1]).c_str(), signed_word(a[2])));
}
Result sys_symlink(Kernel& k, const Arguments& a) {
  return from_host(symlink(k.memory.string(a[0]).c_str(), k.memory.string(a[1]).c_str()));
}
Result sys_symlinkat(Kernel& k, const Arguments& a) {
  return from_host(
      symlinkat(k.memory.string(a[0]).c_str(), signed_word(a[1]), k.memory.string(a[2]).c_str()));
}
Result sys_rename(Kernel& k, const Arguments& a) {
  return from_host(rename(k.memory.string(a[0]).c_str(), k.memory.string(a[1]).c_str()));
}
Result sys_renameat2(Kernel& k, const Arguments& a) {
  return from_host(renameat2(signed_word(a[0]), k.memory.string(a[1]).c_str(), signed_word(a[2]),
                             k.memory.string(a[3]).c_str(), a[4]));
}
Result sys_renameat(Kernel& k, const Arguments& a) { return sys_renameat2(k, {a[0], a[1], a[2], a[3], 0}); }
Result sys_mkdir(Kernel& k, const Arguments& a) {
  return from_host(mkdir(k.memory.string(a[0]).c_str(), static_cast<mode_t>(file_mode(a[1]))));
}
Result sys_mkdirat(Kernel& k, const Arguments& a) {
  return from_host(
      mkdirat(signed_word(a[0]), k.memory.string(a[1]).c_str(), static_cast<mode_t>(file_mode(a[2]))));
}
Result sys_rmdir(Kernel& k, const Arguments& a) { return from_host(rmdir(k.memory.string(a[0]).c_str())); }
Result sys_mknodat(Kernel& k, const Arguments& a) {
  return from_host(mknodat(signed_word(a[0]), k.memory.string(a[1]).c_str(), a[2], a[3]));
}
Result sys_mknod(Kernel& k, const Arguments& a) {
  return from_host(mknod(k.memory.string(a[0]).c_str(), a[1], a[2]));
}
Result sys_chdir(Kernel& k, const Arguments& a) { return from_host(chdir(k.memory.string(a[0]).c_str())); }
Result sys_fchdir(Kernel&, const Arguments& a) { return from_host(fchdir(signed_word(a[0]))); }

// Both give back a length: of the bytes stored, for getcwd with the NUL.
Result sys_getcwd(Kernel& k, const Arguments& a) {
  std::array<char, 4096> text;
  const long n = syscall(SYS_getcwd, text.data(), text.size());
  if (n < 0) return -errno;
  if (n > long{a[1]}) return -ERANGE;
  std::copy_n(text.data(), n, k.memory.writable(a[0], static_cast<u64>(n)));
  k.memory.written(a[0], static_cast<u64>(n));
  return n;
}
Result sys_readlinkat(Kernel& k, const Arguments& a) {
  if (signed_word(a[3]) <= 0) return -EINVAL;
  const std::string name = k.memory.string(a[1]);
  const std::string own = path(k, a[1]);
  std::array<char, 4096> text;
  ssize_t n;
  if (own != name) {  // /proc/self/exe
    n = static_cast<ssize_t>(own.copy(text.data(), text.size()));
  } else {
    n = readlinkat(signed_word(a[0]), name.c_str(), text.data(), text.size());
  }
  if (n < 0) return -errno;
  n = std::min(n, static_cast<ssize_t>(a[3]));
  std::copy_n(text.data(), n, k.memory.writable(a[2], static_cast<u64>(n)));
  k.memory.written(a[2], static_cast<u64>(n));
  return n;
}
Result sys_readlink(Kernel& k, const Arguments& a) {
  return sys_readlinkat(k, {static_cast<u32>(AT_FDCWD), a[0], a[1], a[2]});
}

// --- Rights, owners, times ---

namespace {

// The sandbox of `exec` lets files be changed only through descriptors, which nobody gets without the right
// to read or write. What Linux allows here for names alone needs one of the two.
class Opened {
 public:
  Opened(int directory, const std::string& name, int access)
      : fd_(openat(directory, name.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {}
  ~Opened() {
    const int error = errno;
    if (fd_ >= 0) close(fd_);
    errno = error;
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// change(descriptor) is 0, or -1 with errno.
template <class Change>
Result change_file(int directory, const std::string& name, Change change) {
  const Opened readable(directory, name, O_RDONLY);
  if (readable.get() >= 0) return from_host(change(readable.get()));
  if (errno != EACCES) return -errno;
  const Opened writable(directory, name, O_WRONLY);
  if (writable.get() < 0) return -errno;
  return from_host(change(writable.get()));
}

Result change_mode(int directory, const std::string& name, u32 mode) {
  return change_file(directory, name,
                     [&](int file) { return fchmod(file, static_cast<mode_t>(file_mode(mode))); });
}

// Of a symbolic link itself nothing is changed but its existence is asked for: its owner matters to nobody.
Result change_owner(int directory, const std::string& name, u32 user, u32 group, bool follow) {
  struct stat info;
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  if (!follow && S_ISLNK(info.st_mode)) return (user & group) == ~0u ? 0 : -EPERM;
  return change_file(directory, name, [&](int file) { return fchown(file, user, group); });
}

Result change_times(int directory, const std::string& name, const timespec* times, bool follow) {
  struct stat info;
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
  if (!follow && S_ISLNK(info.st_mode)) return -EPERM;
  return change_file(directory, name, [&](int file) { return futimens(file, times); });
}

Result change_size(const std::string& name, off_t bytes) {
  const Opened file(AT_FDCWD, name, O_WRONLY);
  return file.get() < 0 ? -errno : from_host(ftruncate(file.get(), bytes));
}

}  // namespace

Result sys_access(Kernel& k, const Arguments& a) {
  return from_host(access(path(k, a[0]).c_str(), signed_word(a[1])));
}
Result sys_faccessat(Kernel& k, const Arguments& a) {
  return from_host(faccessat(signed_word(a[0]), path(k, a[1]).c_str(), signed_word(a[2]), 0));
}
Result sys_faccessat2(Kernel& k, const Arguments& a) {
  return from_host(faccessat(signed_word(a[0]), path(k, a[1]).c_str(), signed_word(a[2]), signed_word(a[3])));
}
Result sys_chmod(Kernel& k, const Arguments& a) { return change_mode(AT_FDCWD, k.memory.string(a[0]), a[1]); }
Result sys_fchmod(Kernel&, const Arguments& a) {
  return from_host(fchmod(signed_word(a[0]), static_cast<mode_t>(file_mode(a[1]))));
}
Result sys_fchmodat(Kernel& k, const Arguments& a) {
  return change_mode(signed_word(a[0]), k.memory.string(a[1]), a[2]);
}
Result sys_chown(Kernel& k, const Arguments& a) {
  return change_owner(AT_FDCWD, k.memory.string(a[0]), a[1], a[2], true);
}
Result sys_lchown(Kernel& k, const Arguments& a) {
  return change_owner(AT_FDCWD, k.memory.string(a[0]), a[1], a[2], false);
}
Result sys_fchown(Kernel&, const Arguments& a) { return from_host(fchown(signed_word(a[0]), a[1], a[2])); }
Result sys_fchownat(Kernel& k, const Arguments& a) {
  if (a[4] & ~u32{AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH}) return -EINVAL;
  const std::string name = k.memory.string(a[1]);
  if (name.empty() && (a[4] & AT_EMPTY_PATH)) return from_host(fchown(signed_word(a[0]), a[2], a[3]));
  return change_owner(signed_word(a[0]), name, a[2], a[3], !(a[4] & AT_SYMLINK_NOFOLLOW));
}
Result sys_umask(Kernel&, const Arguments& a) { return umask(static_cast<mode_t>(file_mode(a[0]))); }
Result sys_truncate(Kernel& k, const Arguments& a) {
  return change_size(k.memory.string(a[0]), signed_word(a[1]));
}
Result sys_truncate64(Kernel& k, const Arguments& a) {
  return change_size(k.memory.string(a[0]), static_cast<off_t>(pair(a[2], a[3])));
}

namespace {

// Null times mean now; a null name means the directory's descriptor itself.
template <class Guest>
Result set_times(Kernel& k, int directory, u32 name, u32 times, int flags, bool microseconds) {
  std::array<timespec, 2> host;
  for (u32 n = 0; n < 2 && times; ++n) {
    host[n] = to_timespec(k.memory.get<Guest>(times + n * static_cast<u32>(sizeof(Guest))));
    if (microseconds) host[n].tv_nsec *= 1000;
  }
  const timespec* wanted = times ? host.data() : nullptr;
  if (!name) return from_host(syscall(SYS_utimensat, directory, nullptr, wanted, flags));
  if (flags & ~AT_SYMLINK_NOFOLLOW) return -EINVAL;
  return change_times(directory, k.memory.string(name), wanted, !(flags & AT_SYMLINK_NOFOLLOW));
}

}  // namespace

Result sys_utimensat(Kernel& k, const Arguments& a) {
  return set_times<GuestTime32>(k, signed_word(a[0]), a[1], a[2], signed_word(a[3]), false);
}
Result sys_utimensat_time64(Kernel& k, const Arguments& a) {
  return set_times<GuestTime64>(k, signed_word(a[0]), a[1], a[2], signed_word(a[3]), false);
}
Result sys_futimesat(Kernel& k, const Arguments& a) {
  return set_times<GuestTime32>(k, signed_word(a[0]), a[1], a[2], 0, true);
}
Result sys_utimes(Kernel& k, const Arguments& a) {
  return set_times<GuestTime32>(k, AT_FDCWD, a[0], a[1], 0, true);
}
Result sys_utime(Kernel& k, const Arguments& a) {  // struct utimbuf: two words
  if (!a[1]) return set_times<GuestTime32>(k, AT_FDCWD, a[0], 0, 0, true);
  const auto times = k.memory.get<std::array<be_i32, 2>>(a[1]);
  const timespec host[2] = {{times[0], 0}, {times[1], 0}};
  return change_times(AT_FDCWD, k.memory.string(a[0]), host, true);
}

// --- Directories ---

Result sys_getdents64(Kernel& k, const Arguments& a) {
  constexpr u64 most_bytes = 64 << 10;
  // Not where another process of the guest's could change them before they are converted.
  std::vector<u8> entries(std::min(k.memory.accessible(a[1], a[2], true), most_bytes));
  const long n = syscall(SYS_getdents64, a[0], entries.data(), entries.size());
  if (n < 0) return -errno;
  for (u32 at = 0; at < n;) {  // the host's entries have the same shape, in its own byte order
    u8* entry = &entries[at];
    u64 ino;
    i64 position;
    u16 length;
    std::memcpy(&ino, entry, 8), std::memcpy(&position, entry + 8, 8), std::memcpy(&length, entry + 16, 2);
    const be64 guest_ino(ino);
    const be_i64 guest_position(k.shorten_directory_position(position));
    const be16 guest_length(length);
    std::memcpy(entry, &guest_ino, 8), std::memcpy(entry + 8, &guest_position, 8);
    std::memcpy(entry + 16, &guest_length, 2);
    at += length;
  }
  std::copy_n(entries.begin(), n, k.memory.writable(a[1], static_cast<u64>(n)));
  k.memory.written(a[1], static_cast<u64>(n));
  return n;
}

// Many file systems have 64-bit positions in directories, which 32-bit programs cannot hold. They get numbers
// of our own instead, until lseek brings one back.
i64 Kernel::shorten_directory_position(i64 wide) {
  if (wide <= largest_size32 && !(wide & directory_mark)) return wide;
  const auto found = std::find(directory_positions_.begin(), directory_positions_.end(), wide);
  if (found == directory_positions_.end()) {
    // Who reads so many entries will hardly go back to the first.
    if (directory_positions_.size() >= most_directory_positions) directory_positions_.clear();
    directory_positions_.push_back(wide);
    return static_cast<i64>(directory_positions_.size() - 1) | directory_mark;
  }
  return (found - directory_positions_.begin()) | directory_mark;
}

i64 Kernel::directory_position(int file, i64 guest) const {
  if (guest > largest_size32 || !(guest & directory_mark)) return guest;
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISDIR(info.st_mode)) return guest;
  const auto index = static_cast<std::size_t>(guest & ~directory_mark);
  return index < directory_positions_.size() ? directory_positions_[index] : guest;
}

}  // namespace quince::machine::process
