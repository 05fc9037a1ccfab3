#include "devices/block_image.h"

#include <utility>

#include "devices/block_overlay.h"
#include "devices/image_server.h"

namespace quince::devices {

namespace {

constexpr u32 sector_bytes = 512, cd_block_bytes = 2048;
// An image of a few bytes can claim any size, and an overlay has a bit in memory for each sector of it.
constexpr u64 largest_image = u64{2} << 40;

tl::expected<HostFile, std::string> check_raw(tl::expected<HostFile, std::string> file,
                                              const std::string& path) {
  if (!file) return file;
  if (file->bytes() == 0)
    return tl::unexpected(path + ": is empty (an image has the size that it stands for)");
  if (file->bytes() % sector_bytes != 0) {
    return tl::unexpected(path +
                          ": is not a multiple of 512 bytes long (is it complete, and not compressed?)");
  }
  return file;
}

tl::expected<DiskContent, std::string> if_not_too_large(const std::string& path, DiskContent content) {
  if (content.storage->bytes() <= largest_image) return content;
  return tl::unexpected(path + ": stands for more than 2 TiB (no machine of ours has such disks)");
}

// 0 if there is no such file.
i64 modification_time(const std::string& path) {
  const auto file = HostFile::open(path, HostFile::Mode::read_only);
  return file ? file->modified_ns() : 0;
}

tl::expected<DiskContent, std::string> open_content(const std::string& path, bool read_only,
                                                    u32 block_bytes) {
  const auto format = image_format(path);
  if (!format) return tl::unexpected(format.error());
  if (*format != ImageFormat::raw) {
    const auto modified = modification_time(path);
    auto storage = open_container(path, *format, read_only, block_bytes);
    if (!storage) return tl::unexpected(storage.error());
    return if_not_too_large(path, {std::move(*storage), modified});
  }
  const auto mode = read_only ? HostFile::Mode::read_only : HostFile::Mode::read_write;
  auto file = check_raw(HostFile::open(path, mode), path);
  if (!file) return tl::unexpected(file.error());
  const i64 modified = file->modified_ns();
  return if_not_too_large(path,
                          {std::make_unique<RawStorage>(std::move(*file), read_only, block_bytes), modified});
}

}  // namespace

tl::expected<std::unique_ptr<BlockDevice>, std::string> open_disk(const DiskOptions& options) {
  const bool read_only = options.read_only || !options.overlay.empty();
  auto content = open_content(options.path, read_only, sector_bytes);
  if (!content) return tl::unexpected(content.error());
  if (options.overlay.empty())
    return std::make_unique<BlockDevice>(options.path, std::move(content->storage), options.report);
  auto overlay = OverlayStorage::open(std::move(*content), options.overlay);
  if (!overlay) return tl::unexpected(overlay.error());
  return std::make_unique<BlockDevice>(options.overlay, std::move(*overlay), options.report);
}

tl::expected<std::unique_ptr<BlockDevice>, std::string> open_cd(const std::string& path,
                                                                BlockDevice::Report report) {
  auto content = open_content(path, true, cd_block_bytes);
  if (!content) return tl::unexpected(content.error());
  return std::make_unique<BlockDevice>(path, std::move(content->storage), std::move(report));
}

tl::expected<std::unique_ptr<BlockDevice>, std::string> adopt_cd(const OpenedImage& image,
                                                                 const std::string& path) {
  if (image.format != ImageFormat::raw) {
    auto storage =
        storage_of({.socket = image.descriptor}, path + ": " + name_of(image.format), cd_block_bytes);
    if (!storage) return tl::unexpected(storage.error());
    return std::make_unique<BlockDevice>(path, std::move(*storage), BlockDevice::to_standard_error);
  }
  auto file = check_raw(HostFile::adopt(image.descriptor, path, HostFile::Mode::read_only), path);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<BlockDevice>(path,
                                       std::make_unique<RawStorage>(std::move(*file), true, cd_block_bytes),
                                       BlockDevice::to_standard_error);
}

}  // namespace quince::devices
