#include "tests/differential/program.h"

#include <algorithm>
#include <cstdio>

#include "guest-ppc/disassembler.h"
#include "tests/differential/assembler.h"

namespace quince::differential {
namespace {

void patch(Piece::Patch kind, u32& word, u32 distance) {
  switch (kind) {
    case Piece::Patch::none: return;
    case Piece::Patch::branch14: word = (word & ~0xfffcu) | (distance & 0xfffc); return;
    case Piece::Patch::branch24: word = (word & ~0x03ff'fffcu) | (distance & 0x03ff'fffc); return;
    case Piece::Patch::addi: word = (word & ~0xffffu) | (distance & 0xffff); return;
  }
}

// Where each piece of the body ends, in words.
std::vector<std::size_t> ends(const Body& body, std::size_t start) {
  std::vector<std::size_t> result;
  for (const Piece& piece : body.pieces) result.push_back(start += piece.words.size());
  return result;
}

void append(Code& code, u32 word, Origin origin) {
  code.words.push_back(word);
  code.origins.push_back(origin);
}

void append_pieces(Code& code, const Body& body, u16 body_number) {
  const auto piece_ends = ends(body, code.words.size());
  for (std::size_t n = 0; n < body.pieces.size(); ++n) {
    const Piece& piece = body.pieces[n];
    const std::size_t start = code.words.size();
    for (std::size_t w = 0; w < piece.words.size(); ++w) {
      append(code, piece.words[w], {body_number, static_cast<u16>(n), static_cast<u16>(w), true});
    }
    const std::size_t target = piece_ends[std::min(n + piece.skip, piece_ends.size() - 1)];
    const std::size_t from = start + (piece.patch == Piece::Patch::addi ? piece.from : piece.jump);
    patch(piece.patch, code.words[start + piece.jump], static_cast<u32>(4 * (target - from)));
  }
}

}  // namespace

std::size_t Program::size() const {
  std::size_t total = 0;
  for (const Body& body : bodies) total += body.pieces.size();
  return total;
}

Code assemble(const Program& program) {
  using namespace assembler;
  Code code;
  const auto end = static_cast<u16>(program.bodies.size());
  for (u16 n = 0; n < end; ++n) {
    const Body& body = program.bodies[n];
    if (body.pieces.empty()) continue;
    if (body.count != 0) {
      append(code, li(body.counter, body.count), {});
      append(code, mtspr(ctr, body.counter), {});
    }
    const std::size_t start = code.words.size();
    append_pieces(code, body, n);
    if (body.count != 0) append(code, bc(16, 0, static_cast<u32>(4 * (start - code.words.size()))), {});
  }
  return code;
}

std::string listing(const Program& program, u32 address) {
  std::string text;
  for (const u32 word : assemble(program).words) {
    char prefix[32];
    std::snprintf(prefix, sizeof prefix, "  %08x: %08x  ", address, word);
    text += prefix + ppc::disassemble(word, address) + "\n";
    address += 4;
  }
  return text;
}

}  // namespace quince::differential
