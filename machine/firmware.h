// The boot ROM: OpenBIOS as Debian ships it, or another image.
#pragma once

#include <span>
#include <string>
#include <tl/expected.hpp>

#include "guest-ppc/types.h"
#include "machine/error.h"

namespace quince::machine {

inline constexpr ppc::u32 rom_base = 0xffc0'0000, rom_bytes = 0x40'0000;

// Fills `rom` (rom_bytes long, zero) from the file, which is an ELF executable linked into the ROM's
// addresses or an image of the whole ROM. An empty path stands for the OpenBIOS that is installed.
tl::expected<void, Error> load_firmware(const std::string& path, std::span<ppc::u8> rom);

}  // namespace quince::machine
