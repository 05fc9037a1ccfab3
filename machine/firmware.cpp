#include "machine/firmware.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "machine/elf.h"
#include "machine/file.h"

namespace quince::machine {

namespace {

// Where distributions put it.
constexpr std::array usual_places = {
    "/usr/share/openbios/openbios-ppc",
    "/usr/share/qemu/openbios-ppc",
    "/usr/local/share/qemu/openbios-ppc",
    "/opt/homebrew/share/qemu/openbios-ppc",
};

tl::unexpected<Error> unusable(const std::string& what, const std::string& why) {
  return tl::unexpected(Error{status::unusable_image, what + ": " + why});
}

tl::expected<std::string, Error> find_firmware() {
  for (const char* place : usual_places) {
    if (access(place, R_OK) == 0) return place;
  }
  return unusable("OpenBIOS",
                  "not installed (install the package qemu-system-data, or name a file with --firmware)");
}

tl::expected<void, Error> load_elf(const std::string& path, std::span<const u8> file, std::span<u8> rom) {
  const auto image = parse_elf(file);
  if (!image) return unusable(path, image.error());
  for (const ElfSegment& segment : image->segments) {
    if (segment.physical_address < rom_base)
      return unusable(path, "not linked to run from ROM (give a firmware)");
    const auto bytes = file.subspan(segment.file_offset, segment.file_bytes);
    std::copy(bytes.begin(), bytes.end(), rom.begin() + (segment.physical_address - rom_base));
  }
  return {};
}

}  // namespace

tl::expected<void, Error> load_firmware(const std::string& path, std::span<u8> rom) {
  const auto chosen = path.empty() ? find_firmware() : tl::expected<std::string, Error>(path);
  if (!chosen) return tl::unexpected(chosen.error());
  const auto file = read_file(*chosen, 16 * rom_bytes);
  if (!file) return tl::unexpected(file.error());
  if (looks_like_elf(*file)) return load_elf(*chosen, *file, rom);
  if (file->size() != rom.size())
    return unusable(*chosen, "neither ELF nor a 4 MiB ROM image (give a firmware)");
  std::copy(file->begin(), file->end(), rom.begin());
  return {};
}

}  // namespace quince::machine
