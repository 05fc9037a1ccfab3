#include "devices/block_image.h"

#include <utility>

#include "devices/block_overlay.h"

namespace quince::devices {

namespace {

constexpr u32 sector_bytes = 512, cd_block_bytes = 2048;

tl::expected<HostFile, std::string> open_image(const std::string& path, HostFile::Mode mode) {
  auto file = HostFile::open(path, mode);
  if (!file) return file;
  if (file->bytes() == 0)
    return tl::unexpected(path + ": is empty (an image has the size that it stands for)");
  if (file->bytes() % sector_bytes != 0) {
    return tl::unexpected(path +
                          ": is not a multiple of 512 bytes long (is it complete, and not compressed?)");
  }
  return file;
}

}  // namespace

tl::expected<std::unique_ptr<BlockDevice>, std::string> open_disk(const DiskOptions& options) {
  const bool to_image = !options.read_only && options.overlay.empty();
  auto file = open_image(options.path, to_image ? HostFile::Mode::read_write : HostFile::Mode::read_only);
  if (!file) return tl::unexpected(file.error());
  if (options.overlay.empty()) {
    return std::make_unique<BlockDevice>(
        options.path, std::make_unique<RawStorage>(std::move(*file), options.read_only, sector_bytes),
        options.report);
  }
  auto overlay = OverlayStorage::open(std::move(*file), options.overlay);
  if (!overlay) return tl::unexpected(overlay.error());
  return std::make_unique<BlockDevice>(options.overlay, std::move(*overlay), options.report);
}

tl::expected<std::unique_ptr<BlockDevice>, std::string> open_cd(const std::string& path,
                                                                BlockDevice::Report report) {
  auto file = open_image(path, HostFile::Mode::read_only);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<BlockDevice>(
      path, std::make_unique<RawStorage>(std::move(*file), true, cd_block_bytes), std::move(report));
}

}  // namespace quince::devices
