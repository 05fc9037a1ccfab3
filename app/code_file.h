// Guest code as it lies in a file, for looking at it: an executable's segments, or a file that is nothing but
// code.
#pragma once

#include <array>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "guest-ppc/address_space.h"
#include "machine/error.h"

namespace quince::app {

using ppc::u32;
using ppc::u64;
using ppc::u8;

struct CodePiece {
  u32 address = 0;
  std::vector<u8> bytes;
  u64 end() const { return u64{address} + bytes.size() / 4 * 4; }  // of whole instructions
  bool contains(u32 at) const { return at >= address && u64{at} + 4 <= end(); }
  // The page that holds this address; zeros where the piece has nothing.
  std::array<u8, ppc::page_size> page(u32 at) const;
};

struct CodeFile {
  std::vector<CodePiece> pieces;  // with at least one instruction each; sorted by address
  u32 entry = 0;                  // in one of the pieces
  bool is_program = false;        // of Linux, for `quince exec`; else something that has a machine to itself
};

// The executable segments of an ELF file; any other file is code for address 0. Errors: one line.
tl::expected<CodeFile, machine::Error> read_code(const std::string& path);

}  // namespace quince::app
