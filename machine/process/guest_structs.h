// Structures that Linux for 32-bit PowerPC shares with its programs (include/uapi of the kernel, and
// arch/powerpc/include/uapi/asm), and their conversion from and to the host's.
#pragma once

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>

#include <array>
#include <cstddef>

#include "machine/process/big_endian.h"
#include "machine/process/process_clock.h"
#include "machine/process/signals.h"

namespace quince::machine::process {

// --- Time ---

struct GuestTime32 {  // timespec, timeval, itimer members with 32-bit seconds
  be_i32 seconds, part;
};
struct GuestTime64 {  // timespec of the *_time64 calls
  be_i64 seconds, nanoseconds;
  GuestTime64() = default;
  explicit GuestTime64(const timespec& t) : seconds(t.tv_sec), nanoseconds(t.tv_nsec) {}
};
struct GuestTimer32 {  // itimerval, itimerspec
  GuestTime32 interval, value;
};
struct GuestTimer64 {
  GuestTime64 interval, value;
};
struct GuestTimes {  // struct tms
  be32 user, system, children_user, children_system;
};

inline timespec to_timespec(const GuestTime32& t) { return {t.seconds, t.part}; }
inline timespec to_timespec(const GuestTime64& t) {
  // Only the low word of tv_nsec counts in 32-bit programs.
  return {t.seconds, static_cast<i32>(t.nanoseconds)};
}
inline timeval to_timeval(const GuestTime32& t) { return {t.seconds, t.part}; }
inline GuestTime32 to_guest32(const timespec& t) { return {t.tv_sec, t.tv_nsec}; }
inline GuestTime32 to_guest32(const timeval& t) { return {t.tv_sec, t.tv_usec}; }

// --- Files ---

struct GuestStat {
  be32 dev, ino, mode;
  be16 nlink;
  be32 uid, gid, rdev, size, block_size, blocks;
  GuestTime32 atime, mtime, ctime;
  std::array<be32, 2> unused;
  explicit GuestStat(const struct stat& s);
};
static_assert(sizeof(GuestStat) == 72);

struct GuestStat64 {
  be64 dev, ino;
  be32 mode, nlink, uid, gid;
  be64 rdev;
  be16 pad;
  be64 size;
  be32 block_size;
  be64 blocks;
  GuestTime32 atime, mtime, ctime;
  std::array<be32, 2> unused;
  explicit GuestStat64(const struct stat& s);
};
static_assert(sizeof(GuestStat64) == 104 && offsetof(GuestStat64, atime) == 72);

struct GuestStatxTime {
  be_i64 seconds;
  be32 nanoseconds, pad;
};
struct GuestStatx {
  be32 mask, block_size;
  be64 attributes;
  be32 nlink, uid, gid;
  be16 mode, pad;
  be64 ino, size, blocks, attributes_mask;
  GuestStatxTime atime, btime, ctime, mtime;
  be32 rdev_major, rdev_minor, dev_major, dev_minor;
  std::array<be64, 14> spare;
  explicit GuestStatx(const struct statx& s);
};
static_assert(sizeof(GuestStatx) == 256);

struct GuestStatfs {
  be32 type, block_size, blocks, free_blocks, available, files, free_files;
  std::array<be32, 2> id;
  be32 name_length, fragment, flags;
  std::array<be32, 4> spare;
  explicit GuestStatfs(const struct statfs& s);
};
static_assert(sizeof(GuestStatfs) == 64);

struct GuestStatfs64 {
  be32 type, block_size;
  be64 blocks, free_blocks, available, files, free_files;
  std::array<be32, 2> id;
  be32 name_length, fragment, flags;
  std::array<be32, 4> spare;
  explicit GuestStatfs64(const struct statfs& s);
};
static_assert(sizeof(GuestStatfs64) == 88);

struct GuestVector {  // iovec
  be32 base, length;
};
struct GuestPoll {
  be_i32 file;
  be_i16 events, returned;
};
struct GuestEpollEvent {
  be32 events, pad;
  be64 data;
};
struct GuestLock {  // flock
  be_i16 type, whence;
  be_i32 start, length, pid;
};
struct GuestLock64 {
  be_i16 type, whence;
  be_i64 start, length;
  be_i32 pid;
};
static_assert(sizeof(GuestLock) == 16 && sizeof(GuestLock64) == 32);

// --- Processes ---

struct GuestUsage {
  GuestTime32 user, system;
  std::array<be32, 14> counts;
  explicit GuestUsage(const rusage& u);
};
struct GuestLimit {
  be32 soft, hard;
};
struct GuestLimit64 {
  be64 soft, hard;
};
struct GuestSystemInfo {
  be_i32 uptime;
  std::array<be32, 3> loads;
  be32 total_ram, free_ram, shared_ram, buffer_ram, total_swap, free_swap;
  be16 processes, pad;
  be32 total_high, free_high, unit;
  std::array<u8, 8> fill;
};
static_assert(sizeof(GuestSystemInfo) == 64);
struct GuestName {  // new_utsname
  std::array<std::array<char, 65>, 6> fields;
};

// --- Signals ---

struct GuestSignalSet {
  std::array<be32, 2> words;  // word 0 holds signals 1 to 32
  GuestSignalSet() = default;
  explicit GuestSignalSet(u64 set) : words{static_cast<u32>(set), static_cast<u32>(set >> 32)} {}
  u64 value() const { return u64{words[1]} << 32 | words[0]; }
};
struct GuestSignalInfo {
  be_i32 number, error, code;
  std::array<be32, 29> words;
  GuestSignalInfo() = default;
  explicit GuestSignalInfo(const SignalInfo& info) : number(info.number), error(info.error), code(info.code) {
    for (std::size_t n = 0; n < words.size(); ++n) words[n] = info.words[n];
  }
};
static_assert(sizeof(GuestSignalInfo) == 128);
struct GuestSignalAction {
  be32 handler, flags, restorer;
  GuestSignalSet mask;
};
struct GuestOldSignalAction {
  be32 handler, mask, flags, restorer;
};
struct GuestStack {  // stack_t
  be32 sp, flags, size;
};
inline constexpr u32 autodisarm = 1u << 31;  // SS_AUTODISARM

}  // namespace quince::machine::process
