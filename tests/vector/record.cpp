// Writes data/altivec.txt: results of AltiVec instructions as qemu-ppc gives them.
//   vector_record > tests/vector/data/altivec.txt
#include <iostream>

#include "tests/vector/operands.h"
#include "tests/vector/record_form.h"
#include "tests/vector/recorded.h"

using namespace quince;
using namespace quince::test;
using ppc::vec::Op;

namespace {

constexpr unsigned lines_per_op = 14;

// Estimates in which qemu-ppc differs (differential.cpp says how).
bool is_own_estimate(Op op) { return op == Op::vrsqrtefp || op == Op::vexptefp; }

}  // namespace

int main() {
  Qemu qemu(QUINCE_QEMU_PPC, QUINCE_VECTOR_GUEST);
  OperandSource source(1);
  std::cout << "# AltiVec results, recorded by vector_record from qemu-ppc 7.2 -cpu 7400; see recorded.h\n";
  for (unsigned n = 0; n < ppc::vec::op_count; ++n) {
    const Op op = static_cast<Op>(n);
    if (is_own_estimate(op)) continue;
    for (unsigned line = 0; line < lines_per_op; ++line) {
      Recorded r{op,
                 ppc::vec::info(op).is_compare() && line % 2,
                 source.below(immediate_count(op)),
                 source.operands_for(op),
                 {}};
      const std::vector<Outcome> outcomes = qemu.run(op, r.imm, r.record, {&r.in, 1});
      if (outcomes.empty()) return 1;
      r.out = outcomes[0];
      std::cout << to_line(r) << '\n';
    }
  }
}
