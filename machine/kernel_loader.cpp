#include "machine/kernel_loader.h"

#include <algorithm>

#include "guest-ppc/address_space.h"
#include "machine/elf.h"

namespace quince::machine {

namespace {

constexpr u32 kernel_base = 0x0100'0000;            // segments are moved up by this much
constexpr u32 physical_address_mask = 0x0fff'ffff;  // of what the file asks for
constexpr u32 room_after_kernel = 0x10'0000;        // it grows while it starts
constexpr u64 largest_kernel = 256u << 20, largest_initrd = 1u << 30;
constexpr std::size_t longest_command_line = ppc::page_size - 1;
// OpenBIOS keeps its page table, its load buffer and itself in the upper part of memory.
constexpr u64 kept_for_firmware = 0x40'0000;

tl::unexpected<Error> unusable(const std::string& what, const std::string& why) {
  return tl::unexpected(Error{status::unusable_image, what + ": " + why});
}

constexpr u64 page_up(u64 address) { return (address + ppc::page_mask) & ~u64{ppc::page_mask}; }

struct Placer {
  std::span<u8> ram;
  bool fits(u64 address, u64 bytes) const {
    return ram.size() > kept_for_firmware && address + bytes <= ram.size() - kept_for_firmware;
  }
  void put(u64 address, std::span<const u8> bytes) const {
    std::copy(bytes.begin(), bytes.end(), ram.begin() + static_cast<std::ptrdiff_t>(address));
  }
};

constexpr const char* too_small = "does not fit into the guest's memory (give it more with --ram)";

tl::expected<u32, Error> load_kernel(const OpenFile& kernel, const Placer& placer) {
  const auto file = kernel.read();
  if (!file) return tl::unexpected(file.error());
  const auto image = parse_elf(*file);
  if (!image) return unusable(kernel.path(), image.error());
  u64 size = 0;
  for (const ElfSegment& segment : image->segments) {
    const u64 address = u64{segment.physical_address & physical_address_mask} + kernel_base;
    if (!placer.fits(address, segment.memory_bytes)) return unusable(kernel.path(), too_small);
    placer.put(address, std::span(*file).subspan(segment.file_offset, segment.file_bytes));
    size += segment.memory_bytes;
  }
  return static_cast<u32>(size);
}

}  // namespace

tl::expected<KernelFiles, Error> KernelFiles::open(const std::string& kernel, const std::string& initrd) {
  auto kernel_file = OpenFile::open(kernel, largest_kernel);
  if (!kernel_file) return tl::unexpected(kernel_file.error());
  KernelFiles files{std::move(*kernel_file), std::nullopt};
  if (initrd.empty()) return files;
  auto initrd_file = OpenFile::open(initrd, largest_initrd);
  if (!initrd_file) return tl::unexpected(initrd_file.error());
  files.initrd.emplace(std::move(*initrd_file));
  return files;
}

tl::expected<PreloadedKernel, Error> preload_kernel(const KernelFiles& files, const std::string& command_line,
                                                    std::span<u8> ram) {
  const Placer placer{ram};
  const auto kernel_size = load_kernel(files.kernel, placer);
  if (!kernel_size) return tl::unexpected(kernel_size.error());
  PreloadedKernel loaded{.kernel_address = kernel_base, .kernel_size = *kernel_size};
  u64 next = page_up(u64{kernel_base} + *kernel_size + room_after_kernel);

  if (files.initrd) {
    const auto file = files.initrd->read();
    if (!file) return tl::unexpected(file.error());
    if (!placer.fits(next, file->size())) return unusable(files.initrd->path(), too_small);
    placer.put(next, *file);
    loaded.initrd_address = static_cast<u32>(next);
    loaded.initrd_size = static_cast<u32>(file->size());
    next = page_up(next + file->size());
  }

  if (command_line.size() > longest_command_line) {
    return tl::unexpected(Error{status::usage, "--append: more than 4095 characters (shorten it)"});
  }
  if (!placer.fits(next, ppc::page_size)) return unusable(files.kernel.path(), too_small);
  std::fill_n(ram.begin() + static_cast<std::ptrdiff_t>(next), ppc::page_size, u8{0});
  placer.put(next, {reinterpret_cast<const u8*>(command_line.data()), command_line.size()});
  loaded.command_line_address = static_cast<u32>(next);
  return loaded;
}

}  // namespace quince::machine
