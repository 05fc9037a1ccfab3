// One random case under both engines: the same code, registers and limits, and everything compared at each
// stop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tests/jit/board.h"

namespace quince::jit_test {

// What one run() of the engines is given.
struct Stage {
  u64 seed;    // of Chaos::set_registers; 0: goes on where it is
  u32 budget;  // instructions
  // Code that changes before: index and word.
  std::vector<std::pair<u32, u32>> patches;
  // What else is to be in the registers; empty: nothing. Reports do not show it.
  std::function<void(ppc::CpuState&)> adjust{};
};

struct Case {
  const ppc::CpuModel* model;
  BoardKind board;
  EngineKind engine;  // against the interpreter
  std::size_t code_cache_bytes;
  translator::JitParts off;  // what the translator does without
  u64 seed;                  // of memory, and of everything else when the case is made
  std::vector<u32> code;
  std::vector<Stage> stages;
};

Case make_case(u64 seed, u64 number);

class Pair {
 public:
  explicit Pair(const Case& c);
  bool fits(const Case& c) const;
  // As if the boards were new, as far as a case can tell.
  void forget();

  struct Failure {
    std::size_t stage;
    std::string text;
  };
  std::optional<Failure> run(const Case& c) { return run(c, c.code); }
  // The translator gets other code, to see whether that is noticed.
  std::optional<Failure> run(const Case& c, std::span<const u32> translators_code);

  u64 executed() const { return executed_; }  // instructions, by one of the engines
  u64 stops() const { return stops_; }
  u64 exceptions() const { return exceptions_; }

 private:
  std::string difference();

  const ppc::CpuModel* model_;
  BoardKind kind_;
  EngineKind engine_;
  std::size_t code_cache_bytes_;
  translator::JitParts off_;
  std::unique_ptr<Board> ours_, reference_;
  u64 executed_ = 0, stops_ = 0, exceptions_ = 0;
};

// The case with everything turned into nops, and every stage left out, that the failure does not need.
Case smaller(Case c);
// What a person needs to see what is wrong with a failing case.
std::string report(const Case& c);

}  // namespace quince::jit_test
