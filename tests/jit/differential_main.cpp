// Interpreter and translator with the same random code: all registers, memory, exceptions and instruction
// counts are the same at every stop.
//
// jit_differential [--instructions N] [--seconds N] [--seed N] [--case N] [--first N] [--jit-off CLASS]
// Runs cases 0, 1, 2, ... of the seed (or only --case, or from --first on) until N instructions are executed
// by each engine or the time is over. A failure prints what to give to see it again.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/jit/comparison.h"

namespace quince::jit_test {
namespace {

struct Options {
  u64 instructions = 20'000'000;
  u64 seconds = ~u64{0};
  u64 seed = 1;
  u64 first = 0;
  std::optional<u64> only;
  std::optional<translator::JitPart> off;  // what the translator does without in all cases
};

std::optional<translator::JitPart> find_part(std::string_view name) {
  for (std::size_t n = 0; n < translator::jit_parts.size(); ++n) {
    if (translator::jit_parts[n].name == name) return static_cast<translator::JitPart>(n);
  }
  return std::nullopt;
}

Case case_of(const Options& options, u64 number) {
  Case c = make_case(options.seed, number);
  if (options.off) c.off = translator::JitParts().set(static_cast<std::size_t>(*options.off));
  return c;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view name = argv[n];
    const u64 value = std::strtoull(argv[n + 1], nullptr, 10);
    if (name == "--instructions") {
      options.instructions = value;
    } else if (name == "--seconds") {
      options.seconds = value;
    } else if (name == "--seed") {
      options.seed = value;
    } else if (name == "--first") {
      options.first = value;
    } else if (name == "--case") {
      options.only = value;
    } else if (name == "--jit-off") {
      options.off = find_part(argv[n + 1]);
      if (!options.off) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return argc % 2 == 1 ? std::optional(options) : std::nullopt;
}

void explain(const Options& options, u64 number, const Case& c, const Pair::Failure& failure) {
  std::cout << "DIFFERENCE: jit_differential --seed " << options.seed << " --case " << number
            << (options.off ? std::string(" --jit-off ") +
                                  translator::jit_parts[static_cast<std::size_t>(*options.off)].name
                            : "")
            << "\nat stop " << failure.stage << " of " << c.stages.size() << ":\n"
            << failure.text << "Made smaller: " << std::endl;
  std::cout << report(smaller(c)) << std::endl;
}

// A test of the test: the translator gets code in which some instructions have another target register or, in
// branches and stores, another operand. Most such cases must be found to differ (not all: what was changed
// may not be executed).
bool notices_changes(u64 seed) {
  constexpr unsigned tries = 40, expected = 25;
  unsigned noticed = 0;
  for (u64 number = 0; number < tries; ++number) {
    const Case c = make_case(seed, 32 * number);
    std::vector<u32> changed = c.code;
    for (std::size_t n = 0; n < changed.size(); n += 16) changed[n] ^= 1u << 21;
    noticed += Pair(c).run(c, changed).has_value();
  }
  return noticed >= expected;
}

int run(const Options& options) {
  if (!options.only && !notices_changes(options.seed)) {
    std::cout << "the comparison does not notice when the programs are different\n";
    return 1;
  }
  const auto started = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  std::optional<Pair> pair;
  u64 executed = 0, stops = 0, cases = 0, failures = 0;
  constexpr u64 most_failures = 3, cases_of_a_pair = 32;
  for (u64 number = options.only.value_or(options.first); failures < most_failures; ++number) {
    if (executed >= options.instructions || seconds() >= static_cast<double>(options.seconds)) break;
    const Case c = case_of(options, number);
    if (!pair || number % cases_of_a_pair == 0 || failures != 0) pair.emplace(c);
    const u64 before = pair->executed(), stops_before = pair->stops();
    const auto failure = pair->run(c);
    executed += pair->executed() - before;
    stops += pair->stops() - stops_before;
    ++cases;
    if (failure) {
      ++failures;
      explain(options, number, c, *failure);
    }
    if (options.only) break;
  }
  std::cout << "seed " << options.seed << ": " << executed << " instructions in " << cases
            << " cases, compared at " << stops << " stops, " << failures << " with a difference ("
            << seconds() << " s)\n";
  return failures != 0;
}

}  // namespace
}  // namespace quince::jit_test

int main(int argc, char** argv) {
  const auto options = quince::jit_test::parse(argc, argv);
  if (!options) {
    std::cerr << "jit_differential: wrong arguments (see the beginning of differential_main.cpp)\n";
    return 2;
  }
  return quince::jit_test::run(*options);
}
