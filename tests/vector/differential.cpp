// Every computational instruction on random and boundary operands against an independent implementation:
// qemu-ppc running guest/execute.c. All bits of the result, VSCR and CR6 must agree, but for the table below;
// and what the translator makes of the instruction does what the function does, without exception.
//
// QUINCE_VECTOR_RECORDS: how many operand triples in all (default 200,000).
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <sstream>

#include "guest-ppc/vector/interp_ops.h"
#include "tests/vector/by_engine.h"
#include "tests/vector/operands.h"
#include "tests/vector/qemu.h"
#include "tests/vector/record_form.h"

namespace quince::test {
namespace {

using namespace ppc::vec;
using ppc::i64;
using ppc::u32;
using ppc::u8;
using ppc::V128;

// Where QEMU 7.2 is no reference: lanes of such an instruction may differ by so many units in the last place,
// and are not compared if the operand is finite and its magnitude above `largest`.
struct Exclusion {
  Op op;
  i64 ulps;
  float largest;
  const char* reason;
};
constexpr Exclusion exclusions[] = {
    {Op::vrsqrtefp, 1, std::numeric_limits<float>::max(),
     "an estimate: QEMU rounds the root and then its reciprocal, ours is rounded once"},
    {Op::vexptefp, 2, 1.0f,
     "an estimate: QEMU sums the power series at 0 without reducing the operand; -16 gives -1501, -50000 "
     "-infinity"},
};

const Exclusion* exclusion_of(Op op) {
  for (const Exclusion& exclusion : exclusions) {
    if (exclusion.op == op) return &exclusion;
  }
  return nullptr;
}

// Of a float's bits: neighbours differ by one, also across zero.
i64 rank(u32 bits) { return bits >> 31 ? -i64{bits & 0x7fff'ffff} : i64{bits}; }

bool is_nan(u32 bits) { return (bits & 0x7fff'ffff) > 0x7f80'0000; }

bool lanes_agree(const Exclusion* exclusion, u32 operand, u32 ours, u32 theirs) {
  if (ours == theirs) return true;
  if (exclusion == nullptr || is_nan(operand)) return false;
  const float x = std::bit_cast<float>(operand);
  if (std::isfinite(x) && std::abs(x) > exclusion->largest) return true;
  return !is_nan(ours) && !is_nan(theirs) && std::abs(rank(ours) - rank(theirs)) <= exclusion->ulps;
}

bool results_agree(Op op, const Operands& o, const V128& ours, const V128& theirs) {
  const Exclusion* exclusion = exclusion_of(op);
  for (unsigned i = 0; i < 4; ++i) {
    if (!lanes_agree(exclusion, o.b.element<u32>(i), ours.element<u32>(i), theirs.element<u32>(i)))
      return false;
  }
  return true;
}

std::string show(const V128& v) {
  std::ostringstream out;
  for (unsigned i = 0; i < 4; ++i) out << ' ' << std::hex << v.element<u32>(i);
  return out.str();
}

struct Instruction {
  Op op;
  u32 imm;      // the field's bits
  bool record;  // compares only
};

Outcome by_function(const Instruction& insn, const Operands& o) {
  Outcome outcome{{}, o.vscr, 0};
  outcome.d = apply_function(insn.op)(o.a, o.b, o.c, immediate_value(insn.op, insn.imm), outcome.vscr);
  if (insn.record) outcome.cr6 = record_field(insn.op, outcome.d);
  return outcome;
}

// Empty if all agree.
std::string difference(const Instruction& insn, const Operands& o, const Outcome& theirs,
                       VectorMachine& translated) {
  const auto [d, vscr, cr6] = by_function(insn, o);
  const Outcome translation = translated.run(instruction_word(insn.op, insn.imm, insn.record), o);
  const bool same = d == translation.d && vscr == translation.vscr && cr6 == translation.cr6;
  if (same && results_agree(insn.op, o, d, theirs.d) && vscr == theirs.vscr && cr6 == theirs.cr6) return {};
  std::ostringstream out;
  out << (same ? "" : "the translator: ") << info(insn.op).name << (insn.record ? "." : "") << " imm "
      << insn.imm << "\n  vA    " << show(o.a) << "\n  vB    " << show(o.b) << "\n  vC    " << show(o.c)
      << "\n  VSCR   " << std::hex << o.vscr << "\n  ours  " << show(d) << " VSCR " << vscr << " CR6 " << cr6
      << "\n  theirs" << show(theirs.d) << " VSCR " << theirs.vscr << " CR6 " << theirs.cr6 << "\n  JIT   "
      << show(translation.d) << " VSCR " << translation.vscr << " CR6 " << translation.cr6;
  return out.str();
}

u32 records_wanted() {
  const char* text = std::getenv("QUINCE_VECTOR_RECORDS");
  return text ? static_cast<u32>(std::stoul(text)) : 200'000;
}

TEST(VectorDifferential, AgreesWithQemu) {
  Qemu qemu(QUINCE_QEMU_PPC, QUINCE_VECTOR_GUEST);
  VectorMachine translated(EngineKind::translator);
  OperandSource source(2);
  // Short runs, so that an instruction meets many immediates.
  const u32 per_op = records_wanted() / op_count + 1, run = std::clamp(per_op / 64, 16u, Qemu::batch);
  u32 compared = 0, differences = 0;
  for (unsigned n = 0; n < op_count; ++n) {
    for (u32 done = 0; done < per_op; done += run) {
      const Op op = static_cast<Op>(n);
      const Instruction insn{op, source.below(immediate_count(op)), info(op).is_compare() && source.below(2)};
      std::vector<Operands> operands;
      for (u32 i = 0; i < run; ++i) operands.push_back(source.operands_for(op));
      const std::vector<Outcome> outcomes = qemu.run(op, insn.imm, insn.record, operands);
      ASSERT_EQ(outcomes.size(), operands.size()) << "qemu-ppc has gone at " << info(op).name;
      for (u32 i = 0; i < run; ++i) {
        const std::string text = difference(insn, operands[i], outcomes[i], translated);
        if (!text.empty() && ++differences <= 20) ADD_FAILURE() << text;
      }
      compared += run;
    }
  }
  std::cout << compared << " results compared\n";
  EXPECT_EQ(differences, 0u);
  EXPECT_GE(compared, records_wanted());
}

}  // namespace
}  // namespace quince::test
