// Executables for 32-bit big-endian PowerPC (System V ABI, chapters 4 and 5; PowerPC processor supplement).
#pragma once

#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "guest-ppc/types.h"

namespace quince::machine {

using ppc::u32;
using ppc::u64;
using ppc::u8;

// One PT_LOAD: file_bytes from the file, then zeros up to memory_bytes.
struct ElfSegment {
  u32 address = 0;           // effective
  u32 physical_address = 0;  // where a kernel wants to be loaded
  u32 file_offset = 0;
  u32 file_bytes = 0;
  u32 memory_bytes = 0;  // not 0, not less than file_bytes; address + memory_bytes does not pass 2^32
  bool readable = false, writable = false, executable = false;
};

struct ElfImage {
  u32 entry = 0;
  bool position_independent = false;  // ET_DYN without an interpreter: addresses are relative to a base
  u32 program_headers = 0;            // effective address of the table, 0 if no segment holds it
  u32 program_header_count = 0;
  std::vector<ElfSegment> segments;  // sorted by address, at least one, none overlapping
  u32 lowest() const { return segments.front().address; }
  u64 end() const { return u64{segments.back().address} + segments.back().memory_bytes; }
};

inline constexpr u32 elf_program_header_bytes = 32;

// The error is "WHY (what to do)". Every segment of the result lies inside `file` and in the 32-bit address
// space.
tl::expected<ElfImage, std::string> parse_elf(std::span<const u8> file);

// Whether the file starts like an ELF file of any kind.
bool looks_like_elf(std::span<const u8> file);

}  // namespace quince::machine
