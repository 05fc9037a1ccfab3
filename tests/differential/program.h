// A random program as a structure that can be shortened and still makes sense: pieces of code, branches
// between them, loops around them.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/state.h"

namespace quince::differential {

// A few instructions that belong together, for example an address being made and used.
struct Piece {
  std::vector<u32> words;
  // If `jump` is not negative, words[jump] leads to the end of the piece that is `skip` pieces further on (or
  // to the end of the body): a branch, or an addi of the distance from words[from].
  enum class Patch : u8 { none, branch14, branch24, addi } patch = Patch::none;
  u8 jump = 0;
  u8 from = 0;
  u8 skip = 0;
};

// Pieces in a row; done `count` times if that is not 0, with CTR counting down.
struct Body {
  std::vector<Piece> pieces;
  unsigned count = 0;
  unsigned counter = 0;  // the register that CTR is loaded through
};

struct Program {
  std::vector<Body> bodies;

  std::size_t size() const;  // pieces
};

// Where a word of the code comes from.
struct Origin {
  u16 body = 0, piece = 0, word = 0;
  bool in_piece = false;  // otherwise it is part of a loop
};

struct Code {
  std::vector<u32> words;
  std::vector<Origin> origins;
};

Code assemble(const Program& program);

struct Case {
  State before;
  Program program;
  unsigned base;  // the register that holds LAYOUT_CENTRE and that no instruction writes
};

// The case's code as assembly language, one instruction a line.
std::string listing(const Program& program, u32 address);

}  // namespace quince::differential
