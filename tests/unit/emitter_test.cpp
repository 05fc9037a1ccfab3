// Instantiates the semantics of every instruction over a second emitter and compares what they touch with
// what the instruction table says they touch.
#include <gtest/gtest.h>

#include <random>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "tests/unit/recording_emitter.h"

namespace quince::test {
namespace {

using namespace ppc;

static_assert(Emitter<RecordingEmitter>);

struct Row {
  Op op;
  void (*emit)(RecordingEmitter&, Insn);
};
constexpr Row rows[] = {
#define INSN(id, mnemonic, mask, match, operands, part, flags, reads, writes) \
  {Op::id, [](RecordingEmitter& e, Insn i) { sem::id(e, i); }},
#include "guest-ppc/instructions.inc"
#undef INSN
};

bool within(const StateSet& part, const StateSet& whole) {
  return !(part.gpr & ~whole.gpr) && !(part.fpr & ~whole.fpr) && !(part.vr & ~whole.vr) &&
         !(part.cr & ~whole.cr) && !(part.other & ~whole.other);
}

TEST(SecondEmitter, EveryInstructionTouchesWhatItsRowSays) {
  std::mt19937 random(1);
  for (const Row& row : rows) {
    const InsnInfo& about = info(row.op);
    if (about.part == Part::optional_fsqrt) continue;  // illegal on both processors, whatever the table says
    for (unsigned n = 0; n < 200; ++n) {
      const u32 word = (static_cast<u32>(random()) & ~about.mask) | about.match;
      if (decode(word) != row.op) continue;
      const Effects declared = effects(word);
      RecordingEmitter e;
      row.emit(e, Insn(word));
      const std::string text = about.mnemonic + std::string(" ") + std::to_string(word);
      // A helper touches registers behind the emitter's back.
      EXPECT_TRUE(within(e.writes, declared.writes)) << text;
      // An unused operand (frC of fadd) may be fetched; for floating point only an upper bound is not asked
      // for.
      StateSet reads = e.reads;
      reads.fpr = 0;
      EXPECT_TRUE(within(reads, declared.reads)) << text;
      if (e.helper_calls == 0 && !about.has(flag::branch) && row.op != Op::dcba) {
        EXPECT_TRUE(within(declared.kills, e.writes)) << text;
      }
      EXPECT_EQ(e.jumps, about.has(flag::branch) ? 1u : 0u) << text;
    }
  }
}

TEST(SecondEmitter, CommonInstructionsNeedNoHelper) {
  for (const Row& row : rows) {
    const InsnInfo& about = info(row.op);
    if (about.part != Part::altivec && about.part != Part::graphics) continue;
    RecordingEmitter e;
    row.emit(e, Insn(about.match));
    EXPECT_EQ(e.helper_calls, 0u) << about.mnemonic;
  }
}

}  // namespace
}  // namespace quince::test
