// Any bytes as a program: the ELF reader either says why not, or what it promises holds and the loader can
// place it.
#include "machine/elf.h"

#include <cstdlib>
#include <span>

#include "machine/process/program.h"

namespace {

using quince::machine::ElfImage;
using quince::ppc::u64;
using quince::ppc::u8;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_promises(const ElfImage& image, std::size_t file_bytes) {
  require(!image.segments.empty());
  u64 end = 0;
  for (const auto& s : image.segments) {
    require(s.memory_bytes != 0 && s.file_bytes <= s.memory_bytes);
    require(u64{s.file_offset} + s.file_bytes <= file_bytes);
    require(s.address >= end);
    end = u64{s.address} + s.memory_bytes;
    require(end <= u64{1} << 32);
  }
  require(image.end() == end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  namespace process = quince::machine::process;
  const auto image = quince::machine::parse_elf(std::span(data, size));
  if (!image) {
    require(!image.error().empty() && image.error().find('\n') == std::string::npos);
    return 0;
  }
  check_promises(*image, size);
  const process::Program program{"p", {data, data + size}, *image, {}};
  if (process::has_process_addresses(*image)) {
    process::GuestMemory memory;
    process::Loaded loaded;
    if (process::load(memory, program, &loaded)) require(memory.is_mapped(loaded.entry));
  }
  return 0;
}
