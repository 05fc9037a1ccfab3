#include "tests/differential/effects_check.h"

#include <algorithm>

#include "guest-ppc/effects.h"
#include "guest-ppc/fpu/fpscr.h"

namespace quince::differential {

namespace {

using ppc::CpuState;
using ppc::StateSet;

// Pieces of state other than the numbered registers and memory, as one number each.
struct Part {
  u32 state;
  const char* name;
  u32 (*get)(const CpuState&);
};
constexpr Part parts[] = {
    {ppc::state::ca, "XER[CA]", [](const CpuState& s) { return u32{s.xer_ca}; }},
    {ppc::state::ov, "XER[OV]", [](const CpuState& s) { return u32{s.xer_ov}; }},
    {ppc::state::so, "XER[SO]", [](const CpuState& s) { return u32{s.xer_so}; }},
    {ppc::state::xer_count, "XER's byte count", [](const CpuState& s) { return s.xer_rest; }},
    {ppc::state::lr, "LR", [](const CpuState& s) { return s.lr; }},
    {ppc::state::ctr, "CTR", [](const CpuState& s) { return s.ctr; }},
    {ppc::state::fpscr, "FPSCR", [](const CpuState& s) { return s.fpscr; }},
    {ppc::state::vscr, "VSCR", [](const CpuState& s) { return s.vscr; }},
    {ppc::state::vrsave, "VRSAVE", [](const CpuState& s) { return s.vrsave; }},
    {ppc::state::reservation, "the reservation", [](const CpuState& s) { return u32{s.reservation}; }},
    {ppc::state::msr, "MSR", [](const CpuState& s) { return s.msr; }},
};

template <class T>
std::string registers_that_differ(const char* letter, u32 set, const std::array<T, 32>& a,
                                  const std::array<T, 32>& b) {
  std::string text;
  for (unsigned n = 0; n < 32; ++n) {
    if ((set >> n & 1) && a[n] != b[n]) text += " " + (letter + std::to_string(n));
  }
  return text;
}

// Of the state in the set, what differs.
std::string differences(const StateSet& set, const CpuState& a, const CpuState& b) {
  std::string text = registers_that_differ("r", set.gpr, a.gpr, b.gpr);
  text += registers_that_differ("f", set.fpr, a.fpr, b.fpr);
  text += registers_that_differ("v", set.vr, a.vr, b.vr);
  if ((a.cr_word() ^ b.cr_word()) & set.cr) text += " CR";
  for (const Part& part : parts) {
    if ((set.other & part.state) && part.get(a) != part.get(b)) text += std::string(" ") + part.name;
  }
  return text;
}

StateSet complement(const StateSet& set) { return {~set.gpr, ~set.fpr, ~set.vr, ~set.cr, ~set.other}; }

// What an instruction leaves in `kills` does not depend on what was there before; what it reads has not been
// changed.
StateSet determined(const ppc::Effects& effects) {
  const StateSet &k = effects.kills, &w = effects.writes, &r = effects.reads;
  return {k.gpr | (w.gpr & r.gpr), k.fpr | (w.fpr & r.fpr), k.vr | (w.vr & r.vr), k.cr | (w.cr & r.cr),
          k.other | (w.other & r.other)};
}

void change_registers(CpuState& s, const StateSet& reads, Random& random) {
  for (unsigned n = 0; n < 32; ++n) {
    if (!(reads.gpr >> n & 1)) s.gpr[n] = random.bits();
    if (!(reads.fpr >> n & 1)) s.fpr[n] = random.bits64();
    if (!(reads.vr >> n & 1)) s.vr[n] = V128::from_lanes<u64>({random.bits64(), random.bits64()});
  }
  s.set_cr_word((s.cr_word() & reads.cr) | (random.bits() & ~reads.cr));
}

void change_others(CpuState& s, u32 reads, Random& random) {
  namespace fp = ppc::fpu::fpscr;
  const u32 changes = ~reads;
  if (changes & ppc::state::ca) s.xer_ca ^= 1;
  if (changes & ppc::state::ov) s.xer_ov ^= 1;
  if (changes & ppc::state::so) s.xer_so ^= 1;
  if (changes & ppc::state::xer_count) s.xer_rest ^= random.bits() & 0x7f;
  if (changes & ppc::state::lr) s.lr = random.bits();
  if (changes & ppc::state::ctr) s.ctr = random.bits();
  if (changes & ppc::state::fpscr) s.fpscr = ppc::fpu::with_summary(random.bits() & fp::implemented);
  if (changes & ppc::state::vscr) s.vscr = random.bits() & 0x1'0001;
  if (changes & ppc::state::vrsave) s.vrsave = random.bits();
  if (changes & ppc::state::reservation) s.reservation = !s.reservation;
}

std::string memory_that_differs(const Moment& before, const Moment& after, const Memory& again) {
  for (std::size_t n = 0; n < again.size(); ++n) {
    if (before.memory[n] != after.memory[n] && after.memory[n] != again[n]) return " memory";
  }
  return "";
}

}  // namespace

Moment Moment::of(Machine& machine) {
  Moment moment{machine.registers(), {}};
  std::copy(machine.scratch().begin(), machine.scratch().end(), moment.memory.begin());
  return moment;
}

void Moment::restore(Machine& machine) const {
  machine.registers() = registers;
  std::copy(memory.begin(), memory.end(), machine.scratch().begin());
}

std::string undeclared_writes(u32 word, const Moment& before, const Moment& after) {
  const StateSet writes = ppc::effects(word).writes;
  std::string text = differences(complement(writes), before.registers, after.registers);
  if (!(writes.other & ppc::state::memory) && before.memory != after.memory) text += " memory";
  return text.empty() ? text : "not declared as written, but changed:" + text;
}

std::string undeclared_reads(u32 word, const Moment& before, const Moment& after, Stepper& stepper,
                             Random& random) {
  const ppc::Effects effects = ppc::effects(word);
  before.restore(stepper);
  change_registers(stepper.registers(), effects.reads, random);
  change_others(stepper.registers(), effects.reads.other, random);
  if (!(effects.reads.other & ppc::state::memory)) {
    for (u8& byte : stepper.scratch()) byte = static_cast<u8>(random.bits());
  }
  std::string text;
  if (stepper.step(word)) {
    text = " an exception";
  } else {
    const Moment again = Moment::of(stepper);
    text = differences(determined(effects), after.registers, again.registers);
    text += memory_that_differs(before, after, again.memory);
    if (again.registers.pc != after.registers.pc) text += " the next address";
  }
  after.restore(stepper);
  return text.empty() ? text : "depends on what is not declared as read:" + text;
}

}  // namespace quince::differential
