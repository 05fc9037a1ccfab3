// data/altivec.txt, which vector_record made with qemu-ppc: no emulator is needed to run this.
#include "tests/vector/recorded.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "guest-ppc/vector/interp_ops.h"
#include "tests/vector/by_engine.h"
#include "tests/vector/record_form.h"

namespace quince::test {
namespace {

TEST(VectorRecorded, EveryLineGivesItsResult) {
  std::ifstream file(QUINCE_VECTOR_DATA);
  ASSERT_TRUE(file) << QUINCE_VECTOR_DATA;
  std::set<ppc::vec::Op> seen;
  std::array machines{VectorMachine(EngineKind::interpreter), VectorMachine(EngineKind::translator)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const Recorded r = from_line(line);
    seen.insert(r.op);
    Recorded ours = r;
    ours.out.vscr = r.in.vscr;
    ours.out.d =
        ppc::vec::apply_function(r.op)(r.in.a, r.in.b, r.in.c, immediate_value(r.op, r.imm), ours.out.vscr);
    ours.out.cr6 = r.record ? record_field(r.op, ours.out.d) : 0;
    EXPECT_EQ(to_line(ours), line);
    for (VectorMachine& machine : machines) {
      ours.out = machine.run(instruction_word(r.op, r.imm, r.record), r.in);
      EXPECT_EQ(to_line(ours), line) << "by an engine";
    }
  }
  EXPECT_EQ(seen.size(), ppc::vec::op_count - 2);  // without vrsqrtefp and vexptefp
}

}  // namespace
}  // namespace quince::test
