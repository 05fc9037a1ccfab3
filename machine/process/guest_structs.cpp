#include "machine/process/guest_structs.h"

namespace quince::machine::process {

namespace {

// Linux's "new" encoding of device numbers in 32 bits.
u32 device32(dev_t d) {
  const u32 minor_number = minor(d);
  return (minor_number & 0xff) | major(d) << 8 | (minor_number & ~0xffu) << 12;
}

GuestStatxTime statx_time(const statx_timestamp& t) { return {t.tv_sec, t.tv_nsec, 0}; }

// Numbers too large for 32 bits are shown as the largest.
u32 clamp(u64 value) { return value > 0xffff'ffff ? 0xffff'ffff : static_cast<u32>(value); }

}  // namespace

GuestStat::GuestStat(const struct stat& s)
    : dev(device32(s.st_dev)),
      ino(s.st_ino),
      mode(s.st_mode),
      nlink(s.st_nlink),
      uid(s.st_uid),
      gid(s.st_gid),
      rdev(device32(s.st_rdev)),
      size(s.st_size),
      block_size(s.st_blksize),
      blocks(s.st_blocks),
      atime(to_guest32(s.st_atim)),
      mtime(to_guest32(s.st_mtim)),
      ctime(to_guest32(s.st_ctim)),
      unused{} {}

GuestStat64::GuestStat64(const struct stat& s)
    : dev(device32(s.st_dev)),
      ino(s.st_ino),
      mode(s.st_mode),
      nlink(s.st_nlink),
      uid(s.st_uid),
      gid(s.st_gid),
      rdev(device32(s.st_rdev)),
      size(s.st_size),
      block_size(s.st_blksize),
      blocks(s.st_blocks),
      atime(to_guest32(s.st_atim)),
      mtime(to_guest32(s.st_mtim)),
      ctime(to_guest32(s.st_ctim)),
      unused{} {}

GuestStatx::GuestStatx(const struct statx& s)
    : mask(s.stx_mask),
      block_size(s.stx_blksize),
      attributes(s.stx_attributes),
      nlink(s.stx_nlink),
      uid(s.stx_uid),
      gid(s.stx_gid),
      mode(s.stx_mode),
      ino(s.stx_ino),
      size(s.stx_size),
      blocks(s.stx_blocks),
      attributes_mask(s.stx_attributes_mask),
      atime(statx_time(s.stx_atime)),
      btime(statx_time(s.stx_btime)),
      ctime(statx_time(s.stx_ctime)),
      mtime(statx_time(s.stx_mtime)),
      rdev_major(s.stx_rdev_major),
      rdev_minor(s.stx_rdev_minor),
      dev_major(s.stx_dev_major),
      dev_minor(s.stx_dev_minor),
      spare{} {}

GuestStatfs::GuestStatfs(const struct statfs& s)
    : type(s.f_type),
      block_size(s.f_bsize),
      blocks(clamp(s.f_blocks)),
      free_blocks(clamp(s.f_bfree)),
      available(clamp(s.f_bavail)),
      files(clamp(s.f_files)),
      free_files(clamp(s.f_ffree)),
      id{s.f_fsid.__val[0], s.f_fsid.__val[1]},
      name_length(s.f_namelen),
      fragment(s.f_frsize),
      flags(s.f_flags),
      spare{} {}

GuestStatfs64::GuestStatfs64(const struct statfs& s)
    : type(s.f_type),
      block_size(s.f_bsize),
      blocks(s.f_blocks),
      free_blocks(s.f_bfree),
      available(s.f_bavail),
      files(s.f_files),
      free_files(s.f_ffree),
      id{s.f_fsid.__val[0], s.f_fsid.__val[1]},
      name_length(s.f_namelen),
      fragment(s.f_frsize),
      flags(s.f_flags),
      spare{} {}

GuestUsage::GuestUsage(const rusage& u)
    : user(to_guest32(u.ru_utime)), system(to_guest32(u.ru_stime)), counts{u.ru_maxrss,  u.ru_ixrss,
                                                                           u.ru_idrss,   u.ru_isrss,
                                                                           u.ru_minflt,  u.ru_majflt,
                                                                           u.ru_nswap,   u.ru_inblock,
                                                                           u.ru_oublock, u.ru_msgsnd,
                                                                           u.ru_msgrcv,  u.ru_nsignals,
                                                                           u.ru_nvcsw,   u.ru_nivcsw} {}

}  // namespace quince::machine::process
