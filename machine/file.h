// Files that are read as a whole: firmware, kernels, initial RAM disks.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "guest-ppc/types.h"
#include "machine/error.h"

namespace quince::machine {

// An ordinary file that stays open, to be read once more when no others can be opened.
class OpenFile {
 public:
  // Not more than `largest` bytes; the error has status::unusable_image.
  static tl::expected<OpenFile, Error> open(const std::string& path, ppc::u64 largest);
  OpenFile(OpenFile&& other) noexcept
      : path_(std::move(other.path_)), largest_(other.largest_), fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  const std::string& path() const { return path_; }
  // All of it, as it is now.
  tl::expected<std::vector<ppc::u8>, Error> read() const;

 private:
  OpenFile(std::string path, ppc::u64 largest, int fd) : path_(std::move(path)), largest_(largest), fd_(fd) {}
  tl::unexpected<Error> failure(const std::string& why) const;
  std::string path_;
  ppc::u64 largest_;
  int fd_;
};

// Not more than `largest` bytes; the error has status::unusable_image.
tl::expected<std::vector<ppc::u8>, Error> read_file(const std::string& path, ppc::u64 largest);

}  // namespace quince::machine
