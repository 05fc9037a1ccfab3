#include "devices/block_overlay.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace quince::devices {

namespace {

constexpr u64 sector_bytes = 512, page_bytes = 4096;
constexpr std::array<u8, 8> magic{'Q', 'N', 'C', 'O', 'V', 'L', '1', '\n'};
constexpr std::size_t size_field = 8, time_field = 16;

constexpr u64 round_up(u64 value, u64 to) { return (value + to - 1) / to * to; }

void put64(u8* to, u64 value) {
  for (unsigned n = 0; n < 8; ++n) to[n] = static_cast<u8>(value >> 8 * n);
}

u64 bitmap_bytes(u64 disk_bytes) { return round_up((disk_bytes / sector_bytes + 7) / 8, page_bytes); }

}  // namespace

OverlayStorage::OverlayStorage(DiskContent base, HostFile overlay)
    : base_(std::move(base)),
      overlay_(std::move(overlay)),
      bitmap_(bitmap_bytes(base_.storage->bytes())),
      dirty_pages_(bitmap_.size() / page_bytes) {}

tl::expected<std::unique_ptr<BlockStorage>, std::string> OverlayStorage::open(DiskContent base,
                                                                              const std::string& path) {
  auto file = HostFile::open(path, HostFile::Mode::create);
  if (!file) return tl::unexpected(file.error());
  const bool is_new = file->bytes() == 0;
  std::unique_ptr<OverlayStorage> overlay(new OverlayStorage(std::move(base), std::move(*file)));
  if (const auto result = is_new ? overlay->create() : overlay->load(); !result) {
    return tl::unexpected(path + ": " + result.error());
  }
  return overlay;
}

OverlayStorage::~OverlayStorage() { flush(); }

u64 OverlayStorage::data_offset() const { return page_bytes + bitmap_.size(); }

std::vector<u8> OverlayStorage::header() const {
  std::vector<u8> bytes(page_bytes);
  std::ranges::copy(magic, bytes.begin());
  put64(&bytes[size_field], this->bytes());
  put64(&bytes[time_field], static_cast<u64>(base_.modified_ns));
  return bytes;
}

// The header comes last: a file without it is not taken for an overlay.
tl::expected<void, std::string> OverlayStorage::create() {
  int error = overlay_.resize(data_offset() + bytes());
  if (error == 0) error = overlay_.write(0, header());
  if (error == 0) error = overlay_.sync();
  if (error == 0) return {};
  overlay_.resize(0);  // as if it had not been tried
  return tl::unexpected(std::string(std::strerror(error)));
}

tl::expected<void, std::string> OverlayStorage::load() {
  const auto expected = header();
  std::vector<u8> found(page_bytes);
  if (overlay_.bytes() < page_bytes || overlay_.read(0, found) != 0 ||
      !std::equal(magic.begin(), magic.end(), found.begin())) {
    return tl::unexpected(std::string("is not an overlay of ours (name a new file)"));
  }
  if (found != expected)
    return tl::unexpected(
        std::string("belongs to another image, or the image was changed since (name a new file)"));
  if (overlay_.bytes() < data_offset() + bytes())
    return tl::unexpected(std::string("is cut off (name a new file)"));
  if (const int error = overlay_.read(page_bytes, bitmap_); error != 0) {
    return tl::unexpected(std::string(std::strerror(error)));
  }
  return {};
}

// How many sectors from here on are on the same side as this one.
u64 OverlayStorage::run_of(u64 sector, u64 limit) const {
  const bool here = present(sector);
  u64 count = 1;
  while (count < limit && present(sector + count) == here) ++count;
  return count;
}

int OverlayStorage::read(u64 offset, std::span<u8> to) {
  for (u64 sector = offset / sector_bytes; !to.empty();) {
    const u64 count = run_of(sector, to.size() / sector_bytes);
    const auto part = to.first(static_cast<std::size_t>(count * sector_bytes));
    const int error = present(sector) ? overlay_.read(data_offset() + sector * sector_bytes, part)
                                      : base_.storage->read(sector * sector_bytes, part);
    if (error != 0) return error;
    sector += count;
    to = to.subspan(part.size());
  }
  return 0;
}

int OverlayStorage::write(u64 offset, std::span<const u8> from) {
  if (const int error = overlay_.write(data_offset() + offset, from); error != 0) return error;
  const u64 first = offset / sector_bytes;
  for (u64 sector = first; sector < first + from.size() / sector_bytes; ++sector) {
    if (present(sector)) continue;
    bitmap_[sector / 8] = static_cast<u8>(bitmap_[sector / 8] | 1U << sector % 8);
    dirty_pages_[sector / 8 / page_bytes] = true;
    dirty_ = true;
  }
  return 0;
}

int OverlayStorage::flush() {
  if (const int error = overlay_.sync(); error != 0 || !dirty_) return error;
  if (const int error = write_bitmap(); error != 0) return error;
  return overlay_.sync();
}

int OverlayStorage::write_bitmap() {
  if (!dirty_) return 0;
  for (std::size_t page = 0; page < dirty_pages_.size(); ++page) {
    if (!dirty_pages_[page]) continue;
    const u64 at = page * page_bytes;
    const int error = overlay_.write(page_bytes + at, std::span(bitmap_).subspan(at, page_bytes));
    if (error != 0) return error;
    dirty_pages_[page] = false;
  }
  dirty_ = false;
  return 0;
}

}  // namespace quince::devices
