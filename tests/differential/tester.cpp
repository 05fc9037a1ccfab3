#include "tests/differential/tester.h"

#include <algorithm>
#include <sstream>

#include "guest-ppc/effects.h"
#include "tests/differential/assembler.h"

namespace quince::differential {

namespace {

constexpr u64 most_examples = 500;  // of one exclusion, until QEMU is seen to differ

// A program with one piece less, in every way there is; and with a loop turned into straight code.
std::vector<Program> shorter(const Program& program) {
  std::vector<Program> result;
  for (std::size_t b = 0; b < program.bodies.size(); ++b) {
    Program less = program;
    less.bodies.erase(less.bodies.begin() + static_cast<std::ptrdiff_t>(b));
    result.push_back(std::move(less));
    if (program.bodies[b].count != 0) {
      result.push_back(program);
      result.back().bodies[b].count = 0;
    }
  }
  for (std::size_t b = 0; b < program.bodies.size(); ++b) {
    for (std::size_t p = 0; p < program.bodies[b].pieces.size(); ++p) {
      Program less = program;
      auto& pieces = less.bodies[b].pieces;
      pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(p));
      result.push_back(std::move(less));
    }
  }
  return result;
}

// What the program's instructions read of the state before it.
std::string inputs(const Case& c) {
  State read;  // zero where nothing reads
  bool memory = false;
  for (const u32 word : assemble(c.program).words) {
    const ppc::StateSet reads = ppc::effects(word).reads;
    for (unsigned n = 0; n < 32; ++n) {
      if (reads.gpr >> n & 1) read.gpr[n] = c.before.gpr[n];
      if (reads.fpr >> n & 1) read.fpr[n] = c.before.fpr[n];
      if (reads.vr >> n & 1) read.vr[n] = c.before.vr[n];
    }
    memory |= (reads.other & ppc::state::memory) != 0;
  }
  read.cr = c.before.cr, read.xer = c.before.xer, read.ctr = c.before.ctr, read.lr = c.before.lr;
  read.fpscr = c.before.fpscr, read.vscr = c.before.vscr;
  if (memory) read.memory = c.before.memory;
  return "before (what may matter and is not 0):\n" + listing(read);
}

}  // namespace

Tester::Tester(const ppc::CpuModel& model, const Tools& tools, u64 seed)
    : model_(model),
      generator_(model, seed),
      random_(seed),
      rehearsal_(model, seed, 8, [this](const Example& example) { try_example(example); }),
      quiet_(model, seed, 1, nullptr),
      interpreter_(model, test::EngineKind::interpreter),
      translator_(model, test::EngineKind::translator),
      qemu_(tools.emulator, tools.guest, std::string(model.name), model.has_altivec()),
      single_(tools.emulator, tools.guest, std::string(model.name), model.has_altivec()),
      tried_(exclusions().size()),
      differing_(exclusions().size()) {}

bool Tester::notices_changes() {
  constexpr unsigned tries = 200, expected = 120;
  unsigned noticed = 0;
  for (unsigned n = 0; n < tries; ++n) noticed += notices_change(generator_.next());
  return noticed >= expected;
}

bool Tester::notices_change(const Case& c) {
  const Rehearsed mine = quiet_.run(c, 0);
  Case changed = mine.c;
  std::vector<u32*> computations;
  for (Body& body : changed.program.bodies) {
    for (Piece& piece : body.pieces) {
      if (piece.words.size() == 1 && piece.words[0] != assembler::nop)
        computations.push_back(&piece.words[0]);
    }
  }
  if (computations.empty()) return false;
  constexpr u32 target_register = 1u << 21;
  *random_.pick(computations) ^= target_register;
  const auto other = theirs(changed);
  return !other || !compare(mine, 0, *other).empty();
}

void Tester::run_batch() {
  std::vector<Rehearsed> rehearsed;
  std::vector<Case> batch;
  for (unsigned slot = 0; slot < LAYOUT_SLOTS; ++slot) {
    rehearsed.push_back(rehearsal_.run(generator_.next(), slot));
    executed_ += rehearsed.back().executed;
    batch.push_back(rehearsed.back().c);
  }
  cases_ += batch.size();
  qemu_.send(batch);
  const auto states = qemu_.receive();
  for (unsigned slot = 0; slot < LAYOUT_SLOTS; ++slot) {
    const Rehearsed& mine = rehearsed[slot];
    const std::string found = states ? compare(mine, slot, (*states)[slot]) : finding(mine.c);
    if (!found.empty()) report(mine.c, found);
  }
}

std::optional<State> Tester::ours_as_a_whole(Machine& machine, const Case& c, unsigned slot) {
  machine.load(c.before);
  if (machine.run(assemble(c.program).words, program_address(slot))) return std::nullopt;
  return machine.store();
}

std::optional<State> Tester::theirs(const Case& c) {
  single_.send({&c, 1});
  auto states = single_.receive();
  if (!states) return std::nullopt;
  return (*states)[0];
}

// Shows once that the row is needed: QEMU does differ there.
void Tester::try_example(const Example& example) {
  if (differing_[example.row] != 0 || tried_[example.row] >= most_examples) return;
  ++tried_[example.row];
  const auto ours = ours_as_a_whole(interpreter_, example.c, 0);
  const auto other = theirs(example.c);
  const bool anything = example.expected.fpscr == 0 && example.expected.fpr_high == 0;
  bool seen = !other;
  if (ours && other) {
    if (anything) {
      seen = differs(*ours, *other, example.ignored);
    } else {
      seen = ((ours->fpscr ^ other->fpscr) & example.expected.fpscr) != 0;
      for (unsigned n = 0; n < 32; ++n) {
        seen |= (example.expected.fpr_high >> n & 1) && ours->fpr[n] != other->fpr[n];
      }
    }
  }
  differing_[example.row] += seen;
}

std::string Tester::compare(const Rehearsed& rehearsed, unsigned slot, const State& other) {
  if (!rehearsed.defect.empty()) return rehearsed.defect + "\n";
  std::string found = compare_engine(interpreter_, rehearsed, slot, other);
  if (!found.empty()) return "the interpreter: " + found;
  found = compare_engine(translator_, rehearsed, slot, other);
  return found.empty() ? "" : "the translator: " + found;
}

std::string Tester::compare_engine(Machine& machine, const Rehearsed& rehearsed, unsigned slot,
                                   const State& other) {
  const auto ours = ours_as_a_whole(machine, rehearsed.c, slot);
  if (!ours) return "an exception where executing instruction by instruction meets none\n";
  if (*ours != rehearsed.after) {
    return "\"theirs\" is our own interpreter, instruction by instruction:\n" +
           difference(*ours, rehearsed.after, {});
  }
  if (!differs(*ours, other, rehearsed.ignored)) return "";
  return difference(*ours, other, rehearsed.ignored);
}

// What is wrong with one case on its own; empty if nothing is.
std::string Tester::finding(const Case& c) {
  const Rehearsed rehearsed = quiet_.run(c, 0);
  if (!rehearsed.defect.empty()) return rehearsed.defect + "\n";
  const auto other = theirs(rehearsed.c);
  return other ? compare(rehearsed, 0, *other) : "the guest program has ended in QEMU: a signal\n";
}

Case Tester::shrink(Case c) {
  for (bool shorter_found = true; shorter_found;) {
    shorter_found = false;
    for (Program& less : shorter(c.program)) {
      Case candidate{c.before, std::move(less), c.base};
      if (finding(candidate).empty()) continue;
      c = std::move(candidate);
      shorter_found = true;
      break;
    }
  }
  return c;
}

void Tester::report(const Case& c, const std::string& found) {
  std::ostringstream out;
  out << model_.name << ": a difference";
  if (finding(c).empty()) {
    out << " that does not come again when the case is alone\n"
        << found << listing(c.program, program_address(0));
  } else {
    const Case small = quiet_.run(shrink(c), 0).c;
    out << "\n" << listing(small.program, program_address(0)) << finding(small) << inputs(small);
  }
  defects_.push_back(out.str());
}

}  // namespace quince::differential
