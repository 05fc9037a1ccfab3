#include "app/screenshot.h"

#include <png.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace quince::app {

namespace {

struct Picture {
  devices::u32 width = 1, height = 1;
  std::vector<devices::u32> argb = {0xff00'0000};
};

Picture picture_of(const devices::Frame& frame) {
  Picture picture;
  if (frame.off()) return picture;
  picture.width = frame.width;
  picture.height = frame.height;
  picture.argb.resize(std::size_t{frame.width} * frame.height);
  devices::convert_to_argb(frame, {0, frame.height}, picture.argb);
  return picture;
}

tl::expected<void, std::string> save_here(const std::string& path, std::span<const char> content) {
  const std::string unfinished = path + ".part";
  std::FILE* const file = std::fopen(unfinished.c_str(), "wb");
  const bool written = file && std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool closed = file && std::fclose(file) == 0;
  if (!written || !closed || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    std::remove(unfinished.c_str());
    return tl::unexpected(path + ": can't be written: " + std::strerror(reason));
  }
  return {};
}

}  // namespace

tl::expected<void, std::string> write_screenshot(const devices::Frame& frame, const std::string& path,
                                                 const FileSaver& save) {
  const Picture picture = picture_of(frame);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_BGRA;  // 0xaarrggbb as this little-endian host stores it
  // The size is known only afterwards; this is enough for any picture of that size.
  std::vector<char> png(PNG_IMAGE_PNG_SIZE_MAX(image));
  png_alloc_size_t bytes = png.size();
  if (!png_image_write_to_memory(&image, png.data(), &bytes, 0, picture.argb.data(), 0, nullptr)) {
    return tl::unexpected(path + ": the picture can't be encoded: " + image.message);
  }
  const std::span<const char> content(png.data(), bytes);
  return save ? save(path, content) : save_here(path, content);
}

}  // namespace quince::app
