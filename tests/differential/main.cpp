// Random instruction sequences in our engines and in qemu-ppc: registers and memory are the same
// afterwards.
//
// differential_check --qemu PROGRAM --guest PROGRAM [--instructions N] [--seed N] [--strict]
// Half of the instructions run on a 750, half on a 7400. --strict: fails as well if an instruction was never
// executed, or if QEMU was never seen to differ where a row of exclusions.cpp says so.
#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string_view>

#include "tests/differential/tester.h"

namespace quince::differential {
namespace {

struct Options {
  Tools tools;
  u64 instructions = 500'000;
  u64 seed = 1;
  bool strict = false;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int n = 1; n < argc; ++n) {
    const std::string_view name = argv[n];
    if (name == "--strict") {
      options.strict = true;
      continue;
    }
    if (n + 1 == argc) return std::nullopt;
    const char* value = argv[++n];
    if (name == "--qemu")
      options.tools.emulator = value;
    else if (name == "--guest")
      options.tools.guest = value;
    else if (name == "--instructions")
      options.instructions = std::strtoull(value, nullptr, 10);
    else if (name == "--seed")
      options.seed = std::strtoull(value, nullptr, 10);
    else
      return std::nullopt;
  }
  if (options.tools.emulator.empty() || options.tools.guest.empty()) return std::nullopt;
  return options;
}

constexpr std::size_t most_defects = 5;

// The instructions that were not executed, but should have been.
unsigned print_coverage(const ppc::Coverage& coverage, ppc::IsaSet isa) {
  unsigned missing = 0;
  const ppc::InsnInfo* rarest = nullptr;
  for (const ppc::InsnInfo& row : ppc::instruction_table) {
    const auto never = never_generated();
    const bool expected =
        isa.has(row.part) && row.op != ppc::Op::illegal &&
        std::none_of(never.begin(), never.end(), [&](const auto& n) { return n.op == row.op; });
    if (!expected) continue;
    if (!rarest || coverage.times(row.op) < coverage.times(rarest->op)) rarest = &row;
    if (coverage.times(row.op) != 0) continue;
    std::cout << "never executed: " << row.mnemonic << "\n";
    ++missing;
  }
  std::cout << "each instruction at least " << coverage.times(rarest->op) << " times (" << rarest->mnemonic
            << ")\n";
  return missing;
}

unsigned print_exclusions(const std::vector<std::unique_ptr<Tester>>& testers) {
  unsigned unproved = 0;
  for (std::size_t n = 0; n < exclusions().size(); ++n) {
    Tester::RowCount total;
    for (const auto& tester : testers) {
      total.met += tester->row(n).met;
      total.differing += tester->row(n).differing;
    }
    std::cout << std::setw(9) << total.met << (total.differing ? "  differs  " : "  not seen  ")
              << exclusions()[n].name << "\n";
    unproved += total.differing == 0;
  }
  u64 readers = 0;
  for (const auto& tester : testers) readers += tester->readers();
  std::cout << std::setw(9) << readers
            << "           instructions that would read what one of these left differing\n";
  return unproved;
}

int run(const Options& options) {
  std::vector<std::unique_ptr<Tester>> testers;
  for (const ppc::CpuModel* model : ppc::cpu_models) {
    testers.push_back(std::make_unique<Tester>(*model, options.tools, options.seed));
  }
  const auto executed = [&] { return testers[0]->executed() + testers[1]->executed(); };
  std::size_t defects = 0;
  for (const auto& tester : testers) {
    if (tester->notices_changes()) continue;
    std::cout << "the comparison does not notice when the programs are different\n";
    return 1;
  }
  while (executed() < options.instructions && defects < most_defects) {
    Tester& tester = *testers[testers[0]->executed() > testers[1]->executed()];
    tester.run_batch();
    defects = testers[0]->defects().size() + testers[1]->defects().size();
  }
  for (const auto& tester : testers) {
    for (const std::string& text : tester->defects()) std::cout << text << "\n";
  }
  std::cout << "Exclusions (times met; whether QEMU was seen to differ):\n";
  const unsigned unproved = print_exclusions(testers);
  // The 7400 has every instruction that the 750 has.
  ppc::Coverage coverage = testers[0]->coverage();
  const unsigned missing = print_coverage(coverage += testers[1]->coverage(), ppc::isa_7400);
  std::cout << executed() << " instructions in " << testers[0]->cases() + testers[1]->cases() << " cases, "
            << defects << " with a difference\n";
  return defects != 0 || (options.strict && (unproved != 0 || missing != 0)) ? 1 : 0;
}

}  // namespace
}  // namespace quince::differential

int main(int argc, char** argv) {
  const auto options = quince::differential::parse(argc, argv);
  if (!options) {
    std::cerr << "differential_check: wrong arguments (see the beginning of main.cpp)\n";
    return 2;
  }
  return quince::differential::run(*options);
}
