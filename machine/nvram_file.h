// NVRAM that outlives the machine: --nvram FILE.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "devices/nvram.h"
#include "machine/error.h"

namespace quince::machine {

class NvramFile {
 public:
  // A file that does not exist is made, with `fresh` in it. Otherwise its contents are in contents().
  static tl::expected<NvramFile, Error> open(const std::string& path, const devices::Nvram::Contents& fresh);
  ~NvramFile();
  NvramFile(NvramFile&& other) noexcept;
  NvramFile& operator=(NvramFile&&) = delete;

  const devices::Nvram::Contents& contents() const { return contents_; }
  // False: the host refused.
  bool store(devices::u32 index, devices::u8 value) const;

 private:
  NvramFile(int fd, const devices::Nvram::Contents& contents) : fd_(fd), contents_(contents) {}
  int fd_;
  devices::Nvram::Contents contents_;
};

}  // namespace quince::machine
