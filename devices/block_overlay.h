// Copy on write: what the guest writes goes to a file of its own, the disk image stays as it is.
//
// The overlay file, all numbers little-endian:
//   0          header, 4096 bytes: magic "QNCOVL1\n", u64 bytes of the disk, i64 modification time of the
//   image in ns,
//              zeros
//   4096       bitmap: bit n % 8 of byte n / 8 says that sector n (512 bytes) is in this file; rounded up to
//   4096 after it   the sectors, each at its own offset as on the disk; those that were never written are
//   holes
//
// Bits are written after the sectors that they stand for, when the guest flushes. If the emulator is killed,
// sectors written since the last flush may be the old ones again, as on a disk with a write cache.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "devices/block_file.h"

namespace quince::devices {

// What an overlay lies on.
struct DiskContent {
  std::unique_ptr<BlockStorage> storage;
  i64 modified_ns;  // when its file was changed last
};

class OverlayStorage final : public BlockStorage {
 public:
  // Opens the overlay at `path`, or makes one if there is no such file or it is empty. Errors as
  // HostFile::open.
  static tl::expected<std::unique_ptr<BlockStorage>, std::string> open(DiskContent base,
                                                                       const std::string& path);
  ~OverlayStorage() override;

  u64 bytes() const override { return base_.storage->bytes(); }
  bool read_only() const override { return false; }
  int read(u64 offset, std::span<u8> to) override;
  int write(u64 offset, std::span<const u8> from) override;
  int flush() override;

 private:
  OverlayStorage(DiskContent base, HostFile overlay);
  tl::expected<void, std::string> create();
  tl::expected<void, std::string> load();
  std::vector<u8> header() const;
  u64 data_offset() const;
  bool present(u64 sector) const { return (bitmap_[sector / 8] >> sector % 8 & 1) != 0; }
  u64 run_of(u64 sector, u64 limit) const;
  int write_bitmap();

  DiskContent base_;
  HostFile overlay_;
  std::vector<u8> bitmap_;
  std::vector<bool> dirty_pages_;  // of the bitmap
  bool dirty_ = false;             // any of them
};

}  // namespace quince::devices
