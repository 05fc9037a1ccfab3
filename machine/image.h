// What a file is that somebody wants to boot.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "machine/error.h"

namespace quince::machine {

enum class ImageKind { elf, cd, disk };

struct ImageInfo {
  ImageKind kind;
  std::string description;  // for people: what it is, and how it would be booted
};

// By content, never by name. Errors: can't be read, an ELF file that can't be run, or nothing we know.
tl::expected<ImageInfo, Error> examine_image(const std::string& path);

}  // namespace quince::machine
