#include "machine/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "devices/block_container.h"
#include "machine/elf.h"
#include "machine/file.h"

namespace quince::machine {

namespace {

constexpr std::size_t head_bytes = 64 * 1024;  // all signatures are in there
constexpr u32 sector_bytes = 512;
constexpr u64 largest_executable = 256u << 20;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  ImageKind kind;
  const char* description;
};

// The first that fits says what the file is: a CD with an Apple partition map is a CD.
constexpr Signature signatures[] = {
    {0x8001, "CD001", ImageKind::cd, "CD image, ISO 9660; boots from the CD drive"},
    {512, {"PM\0\0", 4}, ImageKind::disk, "disk image with an Apple partition map; boots from the hard disk"},
    {1024, "BD", ImageKind::disk, "disk image, HFS without a partition map"},
    {1024, "H+", ImageKind::disk, "disk image, HFS+ without a partition map"},
    {510, "\x55\xaa", ImageKind::disk, "disk image with a PC partition table; boots from the hard disk"},
    {1080, "\x53\xef", ImageKind::disk, "disk image, ext2/3/4 without a partition map"},
};

std::string megabytes(u64 bytes) { return std::to_string((bytes + 999'999) / 1'000'000) + " MB"; }

tl::expected<ImageInfo, Error> examine_elf(const std::string& path) {
  const auto file = read_file(path, largest_executable);
  if (!file) return tl::unexpected(file.error());
  const auto image = parse_elf(*file);
  if (!image) return tl::unexpected(Error{status::unusable_image, path + ": " + image.error()});
  return ImageInfo{ImageKind::elf,
                   "32-bit PowerPC executable (ELF), a kernel or a bare program; loaded directly"};
}

struct Head {
  std::vector<u8> bytes;
  u64 file_bytes;
};

tl::expected<Head, Error> read_head(const std::string& path) {
  const auto failure = [&](const std::string& why) {
    return tl::unexpected(Error{status::unusable_image, path + ": " + why});
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO is not waited for
  struct stat about {};
  if (fd < 0 || fstat(fd, &about) != 0)
    return failure(std::string(std::strerror(errno)) + " (check the path)");
  Head head{std::vector<u8>(head_bytes), static_cast<u64>(about.st_size)};
  const ssize_t count = pread(fd, head.bytes.data(), head.bytes.size(), 0);
  close(fd);
  if (count < 0) return failure(std::string(std::strerror(errno)) + " (give an image file)");
  if (count == 0) return failure("the file is empty (was it copied completely?)");
  head.bytes.resize(static_cast<std::size_t>(count));
  return head;
}

bool matches(const Signature& signature, const std::vector<u8>& head) {
  return head.size() >= signature.offset + signature.bytes.size() &&
         std::equal(signature.bytes.begin(), signature.bytes.end(), head.begin() + signature.offset,
                    [](char a, u8 b) { return static_cast<u8>(a) == b; });
}

std::optional<ImageInfo> examine_content(const std::vector<u8>& head, u64 bytes) {
  for (const Signature& signature : signatures) {
    if (!matches(signature, head)) continue;
    return ImageInfo{signature.kind, std::string(signature.description) + "; " + megabytes(bytes)};
  }
  return std::nullopt;
}

// What is inside an image of another program.
tl::expected<ImageInfo, Error> examine_container(const std::string& path, devices::ImageFormat format) {
  const auto storage = devices::open_container(path, format, true, sector_bytes);
  if (!storage) return tl::unexpected(Error{status::unusable_image, storage.error()});
  const u64 bytes = (*storage)->bytes();
  std::vector<u8> head(static_cast<std::size_t>(std::min<u64>(head_bytes, bytes)));
  if (const int error = (*storage)->read(0, head); error != 0) {
    return tl::unexpected(
        Error{status::unusable_image, path + ": " + std::strerror(error) + " (see qemu-img check)"});
  }
  auto info = examine_content(head, bytes);
  if (!info)
    info = {ImageKind::disk, "disk image with nothing on it that we could boot; " + megabytes(bytes)};
  info->description = std::string(devices::name_of(format)) + ": " + info->description;
  return *info;
}

}  // namespace

tl::expected<ImageInfo, Error> examine_image(const std::string& path) {
  const auto head = read_head(path);
  if (!head) return tl::unexpected(head.error());
  if (looks_like_elf(head->bytes)) return examine_elf(path);
  const auto format = devices::image_format(path);
  if (!format) return tl::unexpected(Error{status::unusable_image, format.error()});
  if (*format != devices::ImageFormat::raw) return examine_container(path, *format);
  if (const auto info = examine_content(head->bytes, head->file_bytes)) return *info;
  return tl::unexpected(
      Error{status::unusable_image,
            path + ": neither a kernel nor a CD or disk image that we know (use --kernel, --cd or --disk)"});
}

}  // namespace quince::machine
