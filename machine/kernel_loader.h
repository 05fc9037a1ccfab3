// Puts a Linux kernel, its initial RAM disk and its command line into memory before the firmware starts,
// which then starts the kernel (design of QEMU's "-kernel" for this firmware).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "guest-ppc/types.h"
#include "machine/error.h"
#include "machine/file.h"

namespace quince::machine {

struct PreloadedKernel {
  ppc::u32 kernel_address = 0, kernel_size = 0;
  ppc::u32 initrd_address = 0, initrd_size = 0;  // 0: none
  ppc::u32 command_line_address = 0;
};

// Both stay open: a machine that restarts reads them again, when it may no longer open files.
struct KernelFiles {
  // An empty initrd path stands for none.
  static tl::expected<KernelFiles, Error> open(const std::string& kernel, const std::string& initrd);
  OpenFile kernel;
  std::optional<OpenFile> initrd;
};

tl::expected<PreloadedKernel, Error> preload_kernel(const KernelFiles& files, const std::string& command_line,
                                                    std::span<ppc::u8> ram);

}  // namespace quince::machine
