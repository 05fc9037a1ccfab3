// Opening disk and CD images as the command line names them: raw ones, and those of block_container.h.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "devices/block.h"
#include "devices/block_container.h"

namespace quince::devices {

struct DiskOptions {
  std::string path = {};
  bool read_only = false;
  std::string overlay = {};  // not empty: written sectors go there, and the image is not changed,
                             // with read_only or without
  BlockDevice::Report report = BlockDevice::to_standard_error;
};

// Errors: "PATH: WHY (WHAT TO DO)", one line.
tl::expected<std::unique_ptr<BlockDevice>, std::string> open_disk(const DiskOptions& options);

// An image that somebody else has opened for reading.
struct OpenedImage {
  ImageFormat format = ImageFormat::raw;
  int descriptor = -1;  // the file; of formats other than raw, the socket of an image server
};

// An image of a CD: 2048-byte blocks, read-only.
tl::expected<std::unique_ptr<BlockDevice>, std::string> open_cd(
    const std::string& path, BlockDevice::Report report = BlockDevice::to_standard_error);
// Takes over the descriptor; `path` is the name in errors and reports.
tl::expected<std::unique_ptr<BlockDevice>, std::string> adopt_cd(const OpenedImage& image,
                                                                 const std::string& path);

}  // namespace quince::devices
