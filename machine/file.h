// Files that are read as a whole: firmware, kernels, initial RAM disks.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "guest-ppc/types.h"
#include "machine/error.h"

namespace quince::machine {

// Not more than `largest` bytes; the error has status::unusable_image.
tl::expected<std::vector<ppc::u8>, Error> read_file(const std::string& path, ppc::u64 largest);

}  // namespace quince::machine
