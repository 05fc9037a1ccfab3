// Open files: reading, writing, seeking, descriptors.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

namespace {

constexpr i64 largest_offset32 = 0x7fff'ffff;

Result open_at(Kernel& k, int directory, u32 name, u32 flags, u32 mode) {
  const std::string text = path(k, name);
  const Result file =
      interruptible(SYS_openat, directory, host_address(text.c_str()), open_flags_to_host(flags), mode);
  return directory == AT_FDCWD ? k.note_refusal(file, text) : file;
}

bool never_blocks(int file) {
  struct stat info;
  if (fstat(file, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return true;
  return fcntl(file, F_GETFL) & O_NONBLOCK;
}

// While other threads could be the readers, only as much at a time as a ready pipe takes at once.
Result write_with_threads(Kernel& k, int file, u32 address, u64 bytes) {
  Thread& t = k.thread();
  while (t.progress < bytes) {
    const Result wait = k.wait_for_file(file, POLLOUT);
    if (wait == restart_call && t.progress > 0) break;
    if (wait != 0) return wait;
    const u64 part = std::min<u64>(bytes - t.progress, PIPE_BUF);
    const Result n = interruptible(SYS_write, file, host_address(k.memory.host(address) + t.progress), part);
    if (n < 0 && t.progress == 0) return n;
    if (n <= 0) break;
    t.progress += static_cast<u64>(n);
  }
  return static_cast<Result>(t.progress);
}

Result seek(Kernel& k, int file, i64 offset, int whence, bool wide) {
  if (whence == SEEK_SET) offset = k.directory_position(file, offset);
  const Result at = from_host(lseek(file, offset, whence));
  return at > largest_offset32 && !wide ? -EOVERFLOW : at;
}

Result read_vectors(Kernel& k, const Arguments& a, long call, long low, long high) {
  const Result wait = call == SYS_readv ? k.wait_for_file(signed_word(a[0]), POLLIN) : 0;
  if (wait != 0) return wait;
  const auto parts = vectors(k, a[1], a[2], true);
  if (!parts) return -EINVAL;
  const Result n = interruptible(call, a[0], host_address(parts->data()), parts->size(), low, high);
  if (n > 0) vectors_written(k, a[1], static_cast<u64>(n));
  return n;
}

Result write_vectors(Kernel& k, const Arguments& a, long call, long low, long high) {
  const Result wait = call == SYS_writev ? k.wait_for_file(signed_word(a[0]), POLLOUT) : 0;
  if (wait != 0) return wait;
  const auto parts = vectors(k, a[1], a[2], false);
  if (!parts) return -EINVAL;
  return interruptible(call, a[0], host_address(parts->data()), parts->size(), low, high);
}

}  // namespace

Result sys_open(Kernel& k, const Arguments& a) { return open_at(k, AT_FDCWD, a[0], a[1], a[2]); }
Result sys_openat(Kernel& k, const Arguments& a) { return open_at(k, signed_word(a[0]), a[1], a[2], a[3]); }
Result sys_creat(Kernel& k, const Arguments& a) {
  return open_at(k, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}
Result sys_close(Kernel&, const Arguments& a) { return from_host(close(signed_word(a[0]))); }
Result sys_close_range(Kernel&, const Arguments& a) {
  return from_host(syscall(SYS_close_range, a[0], a[1], a[2]));
}

Result sys_read(Kernel& k, const Arguments& a) {
  if (const Result wait = k.wait_for_file(signed_word(a[0]), POLLIN); wait != 0) return wait;
  const u64 bytes = k.memory.accessible(a[1], a[2], true);
  const Result n = interruptible(SYS_read, a[0], host_address(k.memory.host(a[1])), bytes);
  if (n > 0) k.memory.written(a[1], static_cast<u64>(n));
  return n;
}

Result sys_write(Kernel& k, const Arguments& a) {
  const int file = signed_word(a[0]);
  const u64 bytes = k.memory.accessible(a[1], a[2], false);
  if (k.threads().size() > 1 && !never_blocks(file)) return write_with_threads(k, file, a[1], bytes);
  return interruptible(SYS_write, file, host_address(k.memory.host(a[1])), bytes);
}

Result sys_pread64(Kernel& k, const Arguments& a) {
  const u64 bytes = k.memory.accessible(a[1], a[2], true);
  const Result n =
      interruptible(SYS_pread64, a[0], host_address(k.memory.host(a[1])), bytes, pair(a[4], a[5]));
  if (n > 0) k.memory.written(a[1], static_cast<u64>(n));
  return n;
}
Result sys_pwrite64(Kernel& k, const Arguments& a) {
  const u64 bytes = k.memory.accessible(a[1], a[2], false);
  return interruptible(SYS_pwrite64, a[0], host_address(k.memory.host(a[1])), bytes, pair(a[4], a[5]));
}
Result sys_readv(Kernel& k, const Arguments& a) { return read_vectors(k, a, SYS_readv, 0, 0); }
Result sys_writev(Kernel& k, const Arguments& a) { return write_vectors(k, a, SYS_writev, 0, 0); }
// The position is passed low word first.
Result sys_preadv(Kernel& k, const Arguments& a) {
  return read_vectors(k, a, SYS_preadv, static_cast<long>(pair(a[4], a[3])), 0);
}
Result sys_pwritev(Kernel& k, const Arguments& a) {
  return write_vectors(k, a, SYS_pwritev, static_cast<long>(pair(a[4], a[3])), 0);
}

Result sys_lseek(Kernel& k, const Arguments& a) {
  return seek(k, signed_word(a[0]), signed_word(a[1]), signed_word(a[2]), false);
}
Result sys__llseek(Kernel& k, const Arguments& a) {
  const Result at = seek(k, signed_word(a[0]), static_cast<i64>(pair(a[1], a[2])), signed_word(a[4]), true);
  if (at < 0) return at;
  k.memory.put(a[3], be64(at));
  return 0;
}

Result sys_ftruncate(Kernel&, const Arguments& a) {
  return from_host(ftruncate(signed_word(a[0]), signed_word(a[1])));
}
Result sys_ftruncate64(Kernel&, const Arguments& a) {
  return from_host(ftruncate(signed_word(a[0]), static_cast<off_t>(pair(a[2], a[3]))));
}
Result sys_fallocate(Kernel&, const Arguments& a) {
  return from_host(fallocate(signed_word(a[0]), signed_word(a[1]), static_cast<off_t>(pair(a[2], a[3])),
                             static_cast<off_t>(pair(a[4], a[5]))));
}
// posix_fadvise gives back its error.
Result sys_fadvise64(Kernel&, const Arguments& a) {
  return -posix_fadvise(signed_word(a[0]), static_cast<off_t>(pair(a[2], a[3])), signed_word(a[4]),
                        signed_word(a[5]));
}
Result sys_fadvise64_64(Kernel&, const Arguments& a) {
  return -posix_fadvise(signed_word(a[0]), static_cast<off_t>(pair(a[2], a[3])),
                        static_cast<off_t>(pair(a[4], a[5])), signed_word(a[1]));
}
Result sys_readahead(Kernel&, const Arguments& a) {
  return from_host(readahead(signed_word(a[0]), static_cast<off_t>(pair(a[2], a[3])), a[4]));
}
Result sys_fsync(Kernel&, const Arguments& a) { return from_host(fsync(signed_word(a[0]))); }
Result sys_fdatasync(Kernel&, const Arguments& a) { return from_host(fdatasync(signed_word(a[0]))); }
Result sys_syncfs(Kernel&, const Arguments& a) { return from_host(syncfs(signed_word(a[0]))); }
Result sys_sync(Kernel&, const Arguments&) {
  sync();
  return 0;
}
Result sys_flock(Kernel&, const Arguments& a) { return interruptible(SYS_flock, a[0], a[1]); }

Result sys_dup(Kernel&, const Arguments& a) { return from_host(dup(signed_word(a[0]))); }
Result sys_dup2(Kernel&, const Arguments& a) { return from_host(dup2(signed_word(a[0]), signed_word(a[1]))); }
Result sys_dup3(Kernel&, const Arguments& a) {
  return from_host(dup3(signed_word(a[0]), signed_word(a[1]), open_flags_to_host(a[2])));
}
Result sys_pipe2(Kernel& k, const Arguments& a) {
  k.memory.writable(a[0], 8);
  int ends[2];
  if (pipe2(ends, open_flags_to_host(a[1])) != 0) return -errno;
  put_words(k, a[0], {static_cast<u32>(ends[0]), static_cast<u32>(ends[1])});
  return 0;
}
Result sys_pipe(Kernel& k, const Arguments& a) { return sys_pipe2(k, {a[0], 0}); }
Result sys_eventfd2(Kernel&, const Arguments& a) { return from_host(eventfd(a[0], signed_word(a[1]))); }
Result sys_eventfd(Kernel&, const Arguments& a) { return from_host(eventfd(a[0], 0)); }
Result sys_memfd_create(Kernel& k, const Arguments& a) {
  return from_host(memfd_create(k.memory.string(a[0]).c_str(), a[1]));
}

Result sys_sendfile64(Kernel& k, const Arguments& a) {
  if (!a[2]) return interruptible(SYS_sendfile, a[0], a[1], 0, a[3]);
  off_t offset = static_cast<off_t>(u64{k.memory.get<be64>(a[2])});
  const Result n = interruptible(SYS_sendfile, a[0], a[1], host_address(&offset), a[3]);
  if (n >= 0) k.memory.put(a[2], be64(offset));
  return n;
}
Result sys_sendfile(Kernel& k, const Arguments& a) {
  if (!a[2]) return interruptible(SYS_sendfile, a[0], a[1], 0, a[3]);
  off_t offset = i32{k.memory.get<be_i32>(a[2])};
  const Result n = interruptible(SYS_sendfile, a[0], a[1], host_address(&offset), a[3]);
  if (n >= 0) k.memory.put(a[2], be32(offset));
  return n;
}
Result sys_copy_file_range(Kernel& k, const Arguments& a) {
  off_t from = 0, to = 0;
  if (a[1]) from = static_cast<off_t>(u64{k.memory.get<be64>(a[1])});
  if (a[3]) to = static_cast<off_t>(u64{k.memory.get<be64>(a[3])});
  const Result n = from_host(copy_file_range(signed_word(a[0]), a[1] ? &from : nullptr, signed_word(a[2]),
                                             a[3] ? &to : nullptr, a[4], a[5]));
  if (a[1]) k.memory.put(a[1], be64(from));
  if (a[3]) k.memory.put(a[3], be64(to));
  return n;
}

// --- fcntl ---

namespace {

// Numbers of the guest's 64-bit record locks; the host has only those, under the other numbers.
constexpr int f_getlk64 = 12, f_setlk64 = 13, f_setlkw64 = 14;

template <class Guest>
Result lock(Kernel& k, int file, int command, u32 address) {
  auto guest = k.memory.get<Guest>(address);
  struct flock host {};
  host.l_type = guest.type, host.l_whence = guest.whence;
  host.l_start = guest.start, host.l_len = guest.length, host.l_pid = guest.pid;
  const Result result = interruptible(SYS_fcntl, file, command, host_address(&host));
  if (result == 0 && (command == F_GETLK || command == F_OFD_GETLK)) {
    guest.type = host.l_type, guest.whence = host.l_whence;
    guest.start = host.l_start, guest.length = host.l_len, guest.pid = host.l_pid;
    k.memory.put(address, guest);
  }
  return result;
}

}  // namespace

Result sys_fcntl64(Kernel& k, const Arguments& a) {
  const int file = signed_word(a[0]), command = signed_word(a[1]);
  switch (command) {
    case F_GETFL: {
      const Result flags = from_host(fcntl(file, F_GETFL));
      return flags < 0 ? flags : open_flags_to_guest(static_cast<int>(flags));
    }
    case F_SETFL: return from_host(fcntl(file, F_SETFL, open_flags_to_host(a[2])));
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW: return lock<GuestLock>(k, file, command, a[2]);
    case f_getlk64:
    case f_setlk64:
    case f_setlkw64: return lock<GuestLock64>(k, file, command - f_getlk64 + F_GETLK, a[2]);
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: return lock<GuestLock64>(k, file, command, a[2]);
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_GETFD:
    case F_SETFD:
    case F_GETOWN:
    case F_SETOWN:
    case F_GETSIG:
    case F_SETSIG:
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
    case F_ADD_SEALS:
    case F_GET_SEALS: return from_host(fcntl(file, command, signed_word(a[2])));
    default: return -EINVAL;
  }
}
Result sys_fcntl(Kernel& k, const Arguments& a) { return sys_fcntl64(k, a); }

}  // namespace quince::machine::process
