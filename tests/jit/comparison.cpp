#include "tests/jit/comparison.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "guest-ppc/disassembler.h"
#include "tests/differential/assembler.h"
#include "tests/jit/chaos.h"

namespace quince::jit_test {

namespace as = differential::assembler;

namespace {

std::string hex(u64 value, int digits = 8) {
  char text[20];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
  return text;
}

class Differences {
 public:
  void number(const std::string& name, u64 interpreter, u64 translator) {
    if (interpreter != translator) add(name, hex(interpreter), hex(translator));
  }
  template <class T, std::size_t n>
  void array(const std::string& name, const std::array<T, n>& interpreter,
             const std::array<T, n>& translator) {
    for (std::size_t at = 0; at < n; ++at) number(name + std::to_string(at), interpreter[at], translator[at]);
  }
  void vectors(const std::array<ppc::V128, 32>& interpreter, const std::array<ppc::V128, 32>& translator) {
    for (unsigned n = 0; n < 32; ++n) {
      for (unsigned half = 0; half < 2; ++half) {
        number("v" + std::to_string(n) + "[" + std::to_string(half) + "]", interpreter[n].element<u64>(half),
               translator[n].element<u64>(half));
      }
    }
  }
  void add(const std::string& name, const std::string& interpreter, const std::string& translator) {
    text += "  " + name + ": interpreter " + interpreter + ", translator " + translator + "\n";
  }
  std::string text;
};

void compare_state(Differences& d, const ppc::CpuState& a, const ppc::CpuState& b) {
  d.number("pc", a.pc, b.pc);
  d.array("r", a.gpr, b.gpr);
  if (std::memcmp(&a.fpr, &b.fpr, sizeof a.fpr) != 0) d.array("f", a.fpr, b.fpr);
  if (std::memcmp(&a.vr, &b.vr, sizeof a.vr) != 0) d.vectors(a.vr, b.vr);
  struct Word {
    const char* name;
    u32 ppc::CpuState::*member;
  };
  constexpr Word words[] = {
      {"LR", &ppc::CpuState::lr},       {"CTR", &ppc::CpuState::ctr},   {"MSR", &ppc::CpuState::msr},
      {"FPSCR", &ppc::CpuState::fpscr}, {"VSCR", &ppc::CpuState::vscr}, {"VRSAVE", &ppc::CpuState::vrsave},
      {"SRR0", &ppc::CpuState::srr0},   {"SRR1", &ppc::CpuState::srr1}, {"DAR", &ppc::CpuState::dar},
      {"DSISR", &ppc::CpuState::dsisr}, {"SDR1", &ppc::CpuState::sdr1},
  };
  for (const Word& word : words) d.number(word.name, a.*word.member, b.*word.member);
  d.number("CR", a.cr_word(), b.cr_word());
  d.number("XER", a.xer(), b.xer());
  d.number("reservation", a.reservation, b.reservation);
  if (std::memcmp(&a.spr, &b.spr, sizeof a.spr) != 0) d.array("spr", a.spr, b.spr);
  d.array("sr", a.sr, b.sr);
  for (unsigned n = 0; n < 4; ++n) {
    d.number("ibatu", a.ibat[n].upper, b.ibat[n].upper);
    d.number("ibatl", a.ibat[n].lower, b.ibat[n].lower);
    d.number("dbatu", a.dbat[n].upper, b.dbat[n].upper);
    d.number("dbatl", a.dbat[n].lower, b.dbat[n].lower);
  }
}

void compare_memory(Differences& d, Board& interpreter, Board& translator) {
  const auto a = interpreter.memory(), b = translator.memory();
  d.number("pieces of memory", a.size(), b.size());
  for (std::size_t n = 0; n < std::min(a.size(), b.size()); ++n) {
    if (std::memcmp(a[n].data(), b[n].data(), a[n].size()) == 0) continue;
    const auto at = std::mismatch(a[n].begin(), a[n].end(), b[n].begin());
    d.add("memory " + std::to_string(n) + " at " + hex(static_cast<u64>(at.first - a[n].begin())),
          hex(*at.first, 2), hex(*at.second, 2));
  }
}

void compare_stops(Differences& d, const ppc::Stop& a, const ppc::Stop& b) {
  d.number("stop: exception", a.exception, b.exception);
  if (!a.exception || !b.exception) return;
  d.number("stop: vector", static_cast<u32>(a.what.vector), static_cast<u32>(b.what.vector));
  d.number("stop: srr1", a.what.srr1, b.what.srr1);
  d.number("stop: dar", a.what.dar, b.what.dar);
  d.number("stop: dsisr", a.what.dsisr, b.what.dsisr);
}

}  // namespace

Case make_case(u64 seed, u64 number) {
  Random random((seed << 32) ^ number * 0x9e37'79b9'7f4a'7c15);
  // Neighbours share their boards, so that old translations are about.
  Random neighbours((seed << 32) ^ (number / 32) * 0x517c'c1b7'2722'0a95);
  Case c{};
  c.model = ppc::cpu_models[neighbours.below(2)];
  c.board = neighbours.one_in(3) ? BoardKind::process : BoardKind::system;
  c.code_cache_bytes = neighbours.one_in(3) ? std::size_t{1} << 20 : std::size_t{16} << 20;
  c.engine = neighbours.one_in(4) ? EngineKind::patient : EngineKind::translator;
  if (neighbours.one_in(8)) c.off.set(neighbours.below(static_cast<u32>(c.off.size())));
  c.seed = random.bits64();
  Chaos chaos(*c.model, c.board, c.seed);
  c.code = chaos.code();
  const u32 stages = random.between(10, 120);
  for (u32 n = 0; n < stages; ++n) {
    static constexpr u32 ranges[] = {1, 20, 300, 300, 3000, 3000, 30000};
    const u32 budget = random.below(random.pick(ranges));
    c.stages.push_back({random.one_in(5) ? 0 : random.bits64() | 1, budget, {}});
    if (!random.one_in(4)) continue;
    for (u32 patches = random.between(1, 12); patches > 0; --patches) {
      c.stages.back().patches.emplace_back(random.below(places::code_bytes / 4), chaos.another_word());
    }
  }
  c.stages.front().seed |= 1;
  return c;
}

Pair::Pair(const Case& c)
    : model_(c.model),
      kind_(c.board),
      engine_(c.engine),
      code_cache_bytes_(c.code_cache_bytes),
      off_(c.off),
      ours_(make_board(c.board, *c.model, c.engine, c.code_cache_bytes, c.off)),
      reference_(make_board(c.board, *c.model, EngineKind::interpreter, c.code_cache_bytes)) {}

bool Pair::fits(const Case& c) const {
  return model_ == c.model && kind_ == c.board && engine_ == c.engine &&
         code_cache_bytes_ == c.code_cache_bytes && off_ == c.off;
}

// The boards' timebases tick every fourth instruction.
void Pair::forget() {
  for (Board* board : {reference_.get(), ours_.get()}) {
    board->engine().flush();
    board->cpu().retired = (board->cpu().retired + 3) & ~u64{3};
  }
}

std::optional<Pair::Failure> Pair::run(const Case& c, std::span<const u32> translators_code) {
  for (Board* board : {reference_.get(), ours_.get()}) {
    board->cpu().reset();
    board->prepare(Random(c.seed));
    board->put_code(0, board == ours_.get() ? translators_code : c.code);
  }
  const u64 before = reference_->cpu().retired;
  std::optional<Failure> failure;
  for (std::size_t n = 0; n < c.stages.size() && !failure; ++n) {
    const Stage& stage = c.stages[n];
    ppc::Stop stops[2];
    unsigned at = 0;
    for (Board* board : {reference_.get(), ours_.get()}) {
      ppc::Cpu& cpu = board->cpu();
      for (const auto& [index, word] : stage.patches) board->put_code(index, {&word, 1});
      if (stage.seed != 0) Chaos(*c.model, c.board, stage.seed).set_registers(*board);
      if (stage.adjust) stage.adjust(cpu.state);
      cpu.limit = cpu.retired + stage.budget;
      stops[at] = board->engine().run();
      // After a trap to the operating system things go on behind it.
      if (stops[at].exception && stops[at].what.vector != ppc::Vector::system_call) cpu.state.pc += 4;
      ++at;
    }
    exceptions_ += stops[0].exception;
    ++stops_;
    Differences d;
    compare_stops(d, stops[0], stops[1]);
    d.text += difference();
    if (!d.text.empty()) failure = Failure{n, std::move(d.text)};
  }
  executed_ += reference_->cpu().retired - before;
  return failure;
}

namespace {

// Where a board's memory is differs. What the guest can't change is not told apart.
u64 place_of_reserved_word(Board& board) {
  const u64 word = board.cpu().state.reserved_word;
  u64 piece = 0;
  for (const std::span<const u8> bytes : board.memory()) {
    const u64 offset = word - reinterpret_cast<u64>(bytes.data());
    ++piece;
    if (offset < bytes.size()) return piece << 32 | offset;
  }
  return word == 0;
}

}  // namespace

std::string Pair::difference() {
  Differences d;
  ppc::Cpu &a = reference_->cpu(), &b = ours_->cpu();
  d.number("instructions", a.retired, b.retired);
  d.number("instructions (exact)", a.instructions(), b.instructions());
  compare_state(d, a.state, b.state);
  if (a.state.reservation && b.state.reservation) {
    d.number("place of the reserved word", place_of_reserved_word(*reference_),
             place_of_reserved_word(*ours_));
  }
  d.number("timebase", a.timebase(), b.timebase());
  d.number("decrementer", a.decrementer(), b.decrementer());
  d.number("checkstop", a.checkstop, b.checkstop);
  d.number("accesses to devices", a.counters.mmio_accesses, b.counters.mmio_accesses);
  d.array("exceptions / 0x100 = ", a.counters.exceptions, b.counters.exceptions);
  d.number("record of the bus", reference_->bus_record(), ours_->bus_record());
  compare_memory(d, *reference_, *ours_);
  return d.text;
}

// --- Failures ---

namespace {

std::optional<Pair::Failure> run_alone(const Case& c) { return Pair(c).run(c); }

}  // namespace

Case smaller(Case c) {
  auto failure = run_alone(c);
  if (!failure) return c;
  c.stages.resize(failure->stage + 1);
  const auto try_this = [&](Case&& candidate) {
    const auto found = run_alone(candidate);
    if (!found) return false;
    candidate.stages.resize(found->stage + 1);
    c = std::move(candidate);
    return true;
  };
  const auto less_stages = [&] {
    for (std::size_t count = c.stages.size(); count >= 1; count /= 2) {
      for (std::size_t n = 0; n + count < c.stages.size();) {
        Case candidate = c;
        const auto from = candidate.stages.begin() + static_cast<std::ptrdiff_t>(n);
        candidate.stages.erase(from, from + static_cast<std::ptrdiff_t>(count));
        if (!try_this(std::move(candidate))) n += count;
      }
    }
  };
  less_stages();
  for (std::size_t count = 1024; count >= 1; count /= 2) {
    for (std::size_t n = 0; n < c.code.size(); n += count) {
      const auto first = c.code.begin() + static_cast<std::ptrdiff_t>(n);
      const auto last = first + static_cast<std::ptrdiff_t>(std::min(count, c.code.size() - n));
      if (std::all_of(first, last, [](u32 word) { return word == as::nop; })) continue;
      Case candidate = c;
      std::fill_n(candidate.code.begin() + static_cast<std::ptrdiff_t>(n), last - first, as::nop);
      try_this(std::move(candidate));
    }
  }
  less_stages();
  for (std::size_t n = 0; n < c.stages.size(); ++n) {
    for (std::size_t patch = c.stages[n].patches.size(); patch-- > 0;) {
      Case candidate = c;
      candidate.stages[n].patches.erase(candidate.stages[n].patches.begin() +
                                        static_cast<std::ptrdiff_t>(patch));
      if (n < c.stages.size()) try_this(std::move(candidate));
      if (n >= c.stages.size()) break;
    }
  }
  for (Stage& stage : c.stages) {
    for (u32 step = stage.budget / 2; step >= 1; step /= 2) {
      Case candidate = c;
      candidate.stages[static_cast<std::size_t>(&stage - c.stages.data())].budget -= step;
      if (candidate.stages.size() == c.stages.size() && run_alone(candidate)) stage.budget -= step;
    }
  }
  return c;
}

static std::string names(translator::JitParts off) {
  std::string text;
  for (std::size_t n = 0; n < off.size(); ++n) {
    if (off[n]) text += std::string(", without ") + translator::jit_parts[n].name;
  }
  return text;
}

std::string report(const Case& c) {
  const auto failure = run_alone(c);
  std::string text = std::string(c.model->name) + (c.board == BoardKind::system ? ", system" : ", process") +
                     (c.engine == EngineKind::patient ? ", patient" : "") + names(c.off) +
                     ", code cache of " + std::to_string(c.code_cache_bytes >> 20) + " MiB\n";
  if (!failure) return text + "  no difference when the case is alone\n";
  for (const Stage& stage : c.stages) {
    text += "  stage: seed " + hex(stage.seed, 16) + ", budget " + std::to_string(stage.budget) + "\n";
    for (const auto& [index, word] : stage.patches) {
      const u32 at = places::code + 4 * index;
      text +=
          "    before it, " + hex(at) + " becomes " + hex(word) + "  " + ppc::disassemble(word, at) + "\n";
    }
  }
  for (std::size_t n = 0; n < c.code.size(); ++n) {
    if (c.code[n] == as::nop) continue;
    const u32 at = places::code + 4 * static_cast<u32>(n);
    text += "  " + hex(at) + "  " + hex(c.code[n]) + "  " + ppc::disassemble(c.code[n], at) + "\n";
  }
  return text + failure->text;
}

}  // namespace quince::jit_test
