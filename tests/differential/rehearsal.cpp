#include "tests/differential/rehearsal.h"

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/effects.h"
#include "guest-ppc/insn.h"
#include "tests/differential/assembler.h"

namespace quince::differential {

namespace {

constexpr u64 most_steps = 10'000;

// The program up to and including this instruction.
Program up_to(const Program& program, const Origin& origin) {
  Program part = program;
  part.bodies.resize(origin.body + 1u);
  auto& pieces = part.bodies.back().pieces;
  pieces.resize(origin.piece + 1u);
  Piece& last = pieces.back();
  last.words.resize(origin.word + 1u);
  if (last.jump > origin.word) last.patch = Piece::Patch::none;
  return part;
}

u32 scratch_word(std::span<const u8> scratch, u32 address) {
  const u32 at = address - LAYOUT_SCRATCH;
  if (at > scratch.size() - 4) return 0;
  return u32{scratch[at]} << 24 | u32{scratch[at + 1]} << 16 | u32{scratch[at + 2]} << 8 | scratch[at + 3];
}

bool is_reservation(ppc::Op op) { return op == ppc::Op::lwarx || op == ppc::Op::stwcx_rc; }

}  // namespace

struct Rehearsal::Attempt {
  Rehearsed result;
  Code code;
  u32 start;
  std::vector<bool> visited;
  std::optional<Reservation> reservation;
};

Rehearsal::Rehearsal(const ppc::CpuModel& model, u64 seed, u32 read_checks,
                     std::function<void(const Example&)> on_example)
    : model_(model),
      stepper_(model),
      random_(seed),
      read_checks_(read_checks),
      on_example_(std::move(on_example)),
      hits_(exclusions().size()) {}

Rehearsed Rehearsal::run(Case c, unsigned slot) {
  for (;;) {
    Attempt attempt{{c, {}, {}, 0, {}}, assemble(c.program), program_address(slot), {}, {}};
    attempt.visited.resize(attempt.code.words.size());
    stepper_.load(c.before);
    stepper_.registers().pc = attempt.start;
    Next next = Next::go_on;
    while (next == Next::go_on) next = one_instruction(attempt);
    if (next == Next::stop) {
      attempt.result.after = stepper_.store();
      return std::move(attempt.result);
    }
    c = attempt.result.c;  // without an instruction that a loop had already executed
  }
}

Rehearsal::Next Rehearsal::one_instruction(Attempt& attempt) {
  const u32 pc = stepper_.registers().pc;
  const std::size_t index = (pc - attempt.start) / 4;
  if (index == attempt.code.words.size()) return Next::stop;
  if (index > attempt.code.words.size() || attempt.result.executed > most_steps) {
    attempt.result.defect = "the program goes astray";
    return Next::stop;
  }
  const u32 word = attempt.code.words[index];
  const ppc::Op op = ppc::decode(word);
  const Moment before = Moment::of(stepper_);
  const auto exception = stepper_.step(word);
  const u32 at_address =
      is_reservation(op) ? scratch_word(before.memory, indexed_address(before.registers, word)) : 0;
  const ppc::CpuState after = stepper_.registers();
  const Step step{word,       op,     before.registers, after,        exception, attempt.reservation,
                  at_address, model_, fpscr_after,      result_after, this};
  if (excluded(attempt, step, index)) return take_out(attempt, index, before);
  if (exception) {
    attempt.result.defect = "our interpreter raises an exception at " + ppc::disassemble(word, pc);
    return Next::stop;
  }
  if (op == ppc::Op::lwarx) attempt.reservation = {indexed_address(before.registers, word), at_address};
  if (op == ppc::Op::stwcx_rc) attempt.reservation.reset();
  const std::string finding = check_effects(word, before);
  if (!finding.empty()) {
    attempt.result.defect = ppc::disassemble(word, pc) + ": " + finding;
    return Next::stop;
  }
  attempt.visited[index] = true;
  if (word != assembler::nop) {
    ++attempt.result.executed;
    coverage_.count(op);
  }
  return Next::go_on;
}

// Makes the instruction a nop, which comes next; if it has been executed before, all begins again.
Rehearsal::Next Rehearsal::take_out(Attempt& attempt, std::size_t index, const Moment& before) {
  const Origin& origin = attempt.code.origins[index];
  attempt.result.c.program.bodies[origin.body].pieces[origin.piece].words[origin.word] = assembler::nop;
  attempt.code.words[index] = assembler::nop;
  if (attempt.visited[index]) return Next::start_again;
  before.restore(stepper_);
  return Next::go_on;
}

bool Rehearsal::excluded(Attempt& attempt, const Step& step, std::size_t index) {
  if (step.word == assembler::nop) return false;
  Ignored fresh;
  for (std::size_t row = 0; row < exclusions().size(); ++row) {
    const Exclusion& exclusion = exclusions()[row];
    if (exclusion.skips && exclusion.skips(step)) {
      example(attempt, row, index, {});
      return true;
    }
    if (step.exception) continue;
    Ignored mine;
    if (exclusion.fpscr) mine.fpscr = exclusion.fpscr(step);
    if (exclusion.fpr_high && exclusion.fpr_high(step)) mine.fpr_high = ppc::effects(step.word).writes.fpr;
    if (mine.fpscr || mine.fpr_high) example(attempt, row, index, mine);
    fresh.fpscr |= mine.fpscr;
    fresh.fpr_high |= mine.fpr_high;
  }
  if (step.exception) return false;
  const Ignored after = ignored_after(step, attempt.result.ignored, fresh);
  if (reads_ignored(step, attempt.result.ignored, after)) {
    ++readers_;
    return true;
  }
  attempt.result.ignored = after;
  return false;
}

void Rehearsal::example(const Attempt& attempt, std::size_t row, std::size_t index, Ignored expected) {
  ++hits_[row];
  if (!on_example_) return;
  const Case& c = attempt.result.c;
  on_example_({row,
               {c.before, up_to(c.program, attempt.code.origins[index]), c.base},
               attempt.result.ignored,
               expected});
}

std::string Rehearsal::check_effects(u32 word, const Moment& before) {
  const Moment after = Moment::of(stepper_);
  std::string writes = undeclared_writes(word, before, after);
  if (!writes.empty() || !random_.one_in(read_checks_)) return writes;
  return undeclared_reads(word, before, after, stepper_, random_);
}

// Only for instructions that leave memory alone.
ppc::CpuState Rehearsal::again(const Step& step, u32 fpscr_before) {
  const ppc::CpuState now = stepper_.registers();
  stepper_.registers() = step.before;
  stepper_.registers().fpscr = fpscr_before;
  stepper_.step(step.word);
  const ppc::CpuState result = stepper_.registers();
  stepper_.registers() = now;
  return result;
}
u32 Rehearsal::fpscr_after(void* self, const Step& step, u32 fpscr_before) {
  return static_cast<Rehearsal*>(self)->again(step, fpscr_before).fpscr;
}
u64 Rehearsal::result_after(void* self, const Step& step, u32 fpscr_before) {
  return static_cast<Rehearsal*>(self)->again(step, fpscr_before).fpr[ppc::Insn(step.word).rd()];
}

}  // namespace quince::differential
