// The committed vectors, made by the MPFR model (make_vectors.cpp): needs no MPFR, and stays the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fpu/ours.h"
#include "tests/fpu/vectors_csv.h"

namespace quince::test {
namespace {

std::uint64_t hex(const std::string& text) { return std::stoull(text, nullptr, 16); }

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> cells;
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

FpCase parse(const std::vector<std::string>& cells) {
  const auto* m = std::find_if(std::begin(fp_mnemonics), std::end(fp_mnemonics),
                               [&](const FpMnemonic& candidate) { return candidate.name == cells[0]; });
  return {m->op,
          m->single,
          cells[1] == "1",
          hex(cells[3]),
          hex(cells[4]),
          hex(cells[5]),
          static_cast<std::uint32_t>(hex(cells[2]))};
}

void check(const std::string& line, Arith* arith) {
  const auto cells = split(line);
  const auto got = run_ours(parse(cells), arith);
  EXPECT_EQ(got.write, cells[6] != "-") << line;
  if (got.write) {
    EXPECT_EQ(got.bits, hex(cells[6])) << line;
  }
  EXPECT_EQ(got.fpscr, hex(cells[7])) << line;
}

TEST(FpVectors, AreGivenExactly) {
  std::ifstream in(QUINCE_SOURCE_DIR "/tests/fpu/data/vectors.csv");
  unsigned rows = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    check(line, &ppc::fpu::arith);
    check(line, &ppc::fpu::arith_exactly);
  }
  EXPECT_EQ(rows, 3040u);
}

}  // namespace
}  // namespace quince::test
