// A file of the host as storage: disk images, CD images, and disks of the host.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "devices/block.h"

namespace quince::devices {

// An open file, locked against other emulators.
class HostFile {
 public:
  // Readers share a file, a writer has it alone: among ourselves, and with QEMU (open file description
  // locks).
  enum class Mode : u8 { read_only, read_write, create };  // create: or open, for reading and writing

  // Error: "PATH: WHY", and maybe " (WHAT TO DO)".
  static tl::expected<HostFile, std::string> open(const std::string& path, Mode mode);
  // A file that is open as the mode says; takes it over. Error as above.
  static tl::expected<HostFile, std::string> adopt(int descriptor, const std::string& path, Mode mode);
  ~HostFile();
  HostFile(HostFile&& other) noexcept;
  HostFile& operator=(HostFile&& other) noexcept;

  u64 bytes() const { return bytes_; }              // when it was opened or resized
  i64 modified_ns() const { return modified_ns_; }  // when it was opened; of the host's clock

  // All of the range, or an errno; a file that has become too short is EIO.
  int read(u64 offset, std::span<u8> to) const;
  int write(u64 offset, std::span<const u8> from) const;
  int sync() const;  // data to the medium
  int resize(u64 bytes);

 private:
  HostFile(int fd, u64 bytes, i64 modified_ns) : fd_(fd), bytes_(bytes), modified_ns_(modified_ns) {}
  int still_whole() const;

  int fd_;
  u64 bytes_;
  i64 modified_ns_;
};

// The file is the disk, byte by byte.
class RawStorage final : public BlockStorage {
 public:
  // The storage is a multiple of block_bytes: what the file lacks at its end reads as zeros, and is only
  // allowed if it is read-only.
  RawStorage(HostFile file, bool read_only, u32 block_bytes);

  u64 bytes() const override { return bytes_; }
  bool read_only() const override { return read_only_; }
  int read(u64 offset, std::span<u8> to) override;
  int write(u64 offset, std::span<const u8> from) override { return file_.write(offset, from); }
  int flush() override { return file_.sync(); }

 private:
  HostFile file_;
  bool read_only_;
  u64 bytes_;
};

}  // namespace quince::devices
