// Any bytes as a disk or CD image, as the header of another program's image, and as an overlay. Nothing is
// handed to qemu-nbd. An image that is read stays as it is.
#include "devices/block_container.h"
#include "devices/block_image.h"
#include "devices/block_overlay.h"
#include "machine/image.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace quince;  // NOLINT(google-build-using-namespace)
using devices::u64;
using devices::u8;
using fuzz::require;

constexpr std::size_t sector = 512;

void recognise(fuzz::Bytes& in) {
  const auto bytes = in.take(in.size());
  const fuzz::MemoryFile file(bytes);
  const auto format = devices::image_format(file.path());
  if (!format) return fuzz::require_line(format.error());
  require(!std::string(devices::name_of(*format)).empty(), "a format without a name");
  if (*format != devices::ImageFormat::raw) return;
  const auto about = machine::examine_image(file.path());
  if (!about) return fuzz::require_line(about.error().message);
  fuzz::require_line(about->description);
}

constexpr std::size_t base_bytes = 40 * sector, page = 4096;

// What an overlay of ours looks like, with the input's bytes over it at one place and perhaps cut off.
std::vector<u8> make_overlay(fuzz::Bytes& in) {
  std::vector<u8> content(2 * page + base_bytes);
  constexpr std::string_view magic = "QNCOVL1\n";
  std::copy(magic.begin(), magic.end(), content.begin());
  for (unsigned n = 0; n < 8; ++n) content[8 + n] = static_cast<u8>(u64{base_bytes} >> 8 * n);
  const std::size_t cut = in.flag() ? in.u16() : content.size(), at = in.u16() % content.size();
  const auto changed = in.take(content.size() - at);
  std::copy(changed.begin(), changed.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
  content.resize(std::min(cut, content.size()));
  return content;
}

void lay_over(fuzz::Bytes& in) {
  const fuzz::MemoryFile base(std::vector<u8>(base_bytes, 'b'));
  auto file = devices::HostFile::open(base.path(), devices::HostFile::Mode::read_only);
  require(file.has_value(), "the disk can't be opened");
  const fuzz::NamedFile overlay(make_overlay(in));
  auto storage = devices::OverlayStorage::open(
      {std::make_unique<devices::RawStorage>(std::move(*file), true, sector), 0}, overlay.path());
  if (!storage) return fuzz::require_line(storage.error());
  std::vector<u8> all((*storage)->bytes()), written(3 * sector, 'w');
  require(all.size() == base_bytes && (*storage)->read(0, all) == 0, "the disk can't be read");
  require((*storage)->write(7 * sector, written) == 0 && (*storage)->flush() == 0, "it can't be written");
  std::copy(written.begin(), written.end(), all.begin() + 7 * sector);
  std::vector<u8> again(base_bytes);
  require((*storage)->read(0, again) == 0 && again == all, "what was written is not read");
  require(base.content() == std::string(base_bytes, 'b'), "the disk below has changed");
}

// The same file as a disk and as a CD; images of other programs would be opened by one.
void open_raw(fuzz::Bytes& in) {
  const fuzz::MemoryFile file(in.take(in.size()));
  const auto format = devices::image_format(file.path());
  if (!format || *format != devices::ImageFormat::raw) return;
  const auto silent = [](const std::string&) {};
  const auto disc = devices::open_cd(file.path(), silent);
  if (!disc) fuzz::require_line(disc.error());
  const auto disk = devices::open_disk({.path = file.path(), .read_only = true, .report = silent});
  if (!disk) fuzz::require_line(disk.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  switch (in.below(3)) {
    case 0: recognise(in); break;
    case 1: lay_over(in); break;
    default: open_raw(in); break;
  }
  return 0;
}
