// Writes tests/fpu/data/vectors.csv to standard output, from the MPFR model:
//   build/release/tests/fpu/fpu_make_vectors > tests/fpu/data/vectors.csv
#include <cinttypes>
#include <cstdio>

#include "tests/fpu/mpfr_model.h"
#include "tests/fpu/operands.h"
#include "tests/fpu/vectors_csv.h"

namespace quince::test {
namespace {

constexpr unsigned rows_per_mode = 40;

void clear_unused(FpCase& c) {
  const bool multiplies = c.op == FpOp::mul || (c.op >= FpOp::madd && c.op <= FpOp::nmsub);
  if (!multiplies) c.c = 0;
  if (!c.single || !multiplies) c.narrow_frc = false;
  if (c.op == FpOp::mul) c.b = 0;
  if (c.op >= FpOp::round_to_single) c.a = 0;
}

void print(const char* name, const FpCase& c, const FpOutcome& o) {
  std::printf("%s,%d,%" PRIx32 ",%" PRIx64 ",%" PRIx64 ",%" PRIx64 ",", name, c.narrow_frc, c.fpscr, c.a, c.c,
              c.b);
  if (o.write) {
    std::printf("%" PRIx64, o.bits);
  } else {
    std::printf("-");
  }
  std::printf(",%" PRIx32 "\n", o.fpscr);
}

void write_rows(const FpMnemonic& m, std::uint32_t mode) {
  MpfrModel model;
  Operands operands(static_cast<std::uint64_t>(&m - fp_mnemonics) * 4 + mode + 1000);
  for (unsigned written = 0; written < rows_per_mode;) {
    FpCase c = operands.next(m.op, m.single, mode);
    clear_unused(c);
    const FpOutcome o = model.run(c);
    if (!o.defined) continue;
    print(m.name, c, o);
    ++written;
  }
}

}  // namespace
}  // namespace quince::test

int main() {
  for (const auto& m : quince::test::fp_mnemonics) {
    for (std::uint32_t mode = 0; mode < 4; ++mode) quince::test::write_rows(m, mode);
  }
}
