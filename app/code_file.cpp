#include "app/code_file.h"

#include <algorithm>

#include "machine/elf.h"
#include "machine/file.h"
#include "machine/process/guest_memory.h"

namespace quince::app {

namespace {

constexpr u64 largest_file = 256u << 20;

bool is_program(const machine::ElfImage& image) {
  namespace layout = machine::process::layout;
  return image.lowest() >= layout::lowest_mapping && image.end() <= layout::task_end;
}

tl::expected<CodeFile, std::string> from_elf(const std::vector<u8>& file) {
  const auto image = machine::parse_elf(file);
  if (!image) return tl::unexpected(image.error());
  CodeFile result{{}, image->entry, is_program(*image)};
  for (const machine::ElfSegment& segment : image->segments) {
    const u32 odd = -segment.address % 4;  // no instruction begins in these bytes
    if (!segment.executable || segment.file_bytes < odd + 4) continue;
    const auto first = file.begin() + segment.file_offset;
    result.pieces.push_back({segment.address + odd, {first + odd, first + segment.file_bytes}});
  }
  if (result.pieces.empty()) return tl::unexpected(std::string("it has no code (give an executable)"));
  const auto has_entry = [&](const CodePiece& piece) { return piece.contains(result.entry); };
  if (std::none_of(result.pieces.begin(), result.pieces.end(), has_entry))
    result.entry = result.pieces.front().address;
  return result;
}

}  // namespace

std::array<u8, ppc::page_size> CodePiece::page(u32 at) const {
  std::array<u8, ppc::page_size> result{};
  const u64 first = at & ~ppc::page_mask, begin = std::max<u64>(first, address),
            last = std::min(first + ppc::page_size, u64{address} + bytes.size());
  for (u64 n = begin; n < last; ++n) result[n - first] = bytes[n - address];
  return result;
}

tl::expected<CodeFile, machine::Error> read_code(const std::string& path) {
  auto file = machine::read_file(path, largest_file);
  if (!file) return tl::unexpected(file.error());
  const auto failure = [&](const std::string& why) {
    return tl::unexpected(machine::Error{machine::status::unusable_image, path + ": " + why});
  };
  if (machine::looks_like_elf(*file)) {
    auto code = from_elf(*file);
    if (!code) return failure(code.error());
    return *code;
  }
  if (file->size() < 4) return failure("shorter than an instruction (give an executable, or code)");
  return CodeFile{{{0, std::move(*file)}}, 0, false};
}

}  // namespace quince::app
