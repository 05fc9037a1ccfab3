// Compares guest-ppc/fpu with the MPFR model on many operands.
//   fpu_mpfr_check [--cases N] [--seed S] [--op NAME]
// N (default 100000) is for each operation and rounding mode. Status 0: no difference; 1: some; 2: usage.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tests/fpu/mpfr_model.h"
#include "tests/fpu/operands.h"
#include "tests/fpu/ours.h"
#include "tests/fpu/vectors_csv.h"

namespace quince::test {
namespace {

bool agree(const FpOutcome& want, const ppc::fpu::Result& got) {
  return got.write == want.write && (!got.write || got.bits == want.bits) && got.fpscr == want.fpscr &&
         got.enabled_exception == ((want.fpscr >> 30 & 1) != 0);
}

void report(const char* name, const FpCase& c, const FpOutcome& want, const ppc::fpu::Result& got) {
  std::printf("%s a=%016" PRIx64 " c=%016" PRIx64 " b=%016" PRIx64
              " fpscr=%08x narrow_frc=%d\n"
              "  want %016" PRIx64 " %08x write=%d\n  got  %016" PRIx64 " %08x write=%d\n",
              name, c.a, c.c, c.b, c.fpscr, c.narrow_frc, want.bits, want.fpscr, want.write, got.bits,
              got.fpscr, got.write);
}

// How often what was wanted came about, beside the differences: a check that never meets an underflow proves
// nothing about it.
struct Counts {
  std::uint64_t compared = 0, undefined = 0, different = 0;
  std::uint64_t rounded_up = 0, inexact = 0, overflow = 0, underflow = 0, denormal = 0, invalid = 0, kept = 0;

  void meet(const FpCase& c, const FpOutcome& want) {
    const std::uint32_t raised = want.fpscr & ~c.fpscr;
    ++compared;
    rounded_up += want.fpscr >> 18 & 1;
    inexact += want.fpscr >> 17 & 1;
    overflow += raised >> 28 & 1;
    underflow += raised >> 27 & 1;
    const std::uint32_t kind = want.fpscr & 0x1e000;
    denormal += c.op < FpOp::to_int && (kind == 0x14000 || kind == 0x18000);
    invalid += (raised & 0x01f8'0100) != 0;
    kept += !want.write;
  }
  void add(const Counts& o) {
    compared += o.compared, undefined += o.undefined, different += o.different;
    rounded_up += o.rounded_up, inexact += o.inexact, overflow += o.overflow, underflow += o.underflow;
    denormal += o.denormal, invalid += o.invalid, kept += o.kept;
  }
  void print(const char* name) const {
    std::printf("%-8s", name);
    for (const std::uint64_t n : {compared, rounded_up, inexact, overflow, underflow, denormal, invalid, kept,
                                  undefined, different}) {
      std::printf(" %10" PRIu64, n);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
};

Counts check(const FpMnemonic& t, std::uint32_t mode, std::uint64_t cases, std::uint64_t seed) {
  MpfrModel model;
  Operands operands(seed);
  Counts counts;
  for (std::uint64_t i = 0; i < cases; ++i) {
    const FpCase c = operands.next(t.op, t.single, mode);
    const FpOutcome want = model.run(c);
    if (!want.defined) {
      ++counts.undefined;
      continue;
    }
    counts.meet(c, want);
    for (Arith* arith : {&ppc::fpu::arith, &ppc::fpu::arith_exactly}) {
      const auto got = run_ours(c, arith);
      if (!agree(want, got) && ++counts.different <= 5) report(t.name, c, want, got);
      if (c.op >= FpOp::round_to_single) break;
    }
  }
  return counts;
}

struct Arguments {
  std::uint64_t cases = 100'000, seed = 1;
  std::string op;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    if (key == "--cases") {
      arguments.cases = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (key == "--seed") {
      arguments.seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (key == "--op") {
      arguments.op = argv[i + 1];
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && arguments.cases > 0;
}

int run(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  Counts total;
  std::printf(
      "           compared         FR         FI         OX         UX   denormal    invalid   frD kept  "
      "undefined  different\n");
  for (const FpMnemonic& t : fp_mnemonics) {
    if (!arguments.op.empty() && arguments.op != t.name) continue;
    Counts counts;
    for (std::uint32_t mode = 0; mode < 4; ++mode) {
      const std::uint64_t seed =
          arguments.seed * 1000 + static_cast<std::uint64_t>(&t - fp_mnemonics) * 4 + mode;
      counts.add(check(t, mode, arguments.cases, seed));
    }
    counts.print(t.name);
    total.add(counts);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%" PRIu64 " compared, %" PRIu64 " different, %.0f s\n", total.compared, total.different,
              seconds.count());
  return total.compared > 0 && total.different == 0 ? 0 : 1;
}

}  // namespace
}  // namespace quince::test

int main(int argc, char** argv) {
  quince::test::Arguments arguments;
  if (!quince::test::parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: fpu_mpfr_check [--cases N] [--seed S] [--op NAME]\n");
    return 2;
  }
  return quince::test::run(arguments);
}
