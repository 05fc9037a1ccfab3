// One AltiVec instruction by an engine on a 7400, as a function from operands to results.
#pragma once

#include <algorithm>
#include <stdexcept>

#include "guest-ppc/instruction_table.h"
#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"
#include "tests/vector/qemu.h"

namespace quince::test {

// vD is v3, vA v0, vB v1, vC v2, as in guest/execute.c.
inline ppc::u32 instruction_word(ppc::vec::Op op, ppc::u32 imm, bool record) {
  const auto& table = ppc::instruction_table;
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const auto& one) { return one.mnemonic == ppc::vec::info(op).name; });
  if (row == table.end()) throw std::logic_error("no such instruction");
  const auto with = [&](ppc::u32 va, ppc::u32 vb, ppc::u32 vc) {
    return row->match | 3u << 21 | va << 16 | vb << 11 | vc << 6 | (record ? 1u << 10 : 0);
  };
  switch (ppc::vec::info(op).shape) {
    case ppc::vec::Shape::VA_VB_VC: return with(0, 1, 2);
    case ppc::vec::Shape::VA_VB_SH: return with(0, 1, imm);
    case ppc::vec::Shape::VB_UIMM:
    case ppc::vec::Shape::SIMM: return with(imm, 1, 0);
    default: return with(0, 1, 0);
  }
}

class VectorMachine {
 public:
  explicit VectorMachine(EngineKind kind) : machine_(ppc::cpu_7400, 1u << 16, maker_of(kind)) {}

  // Repeated words are executed without being written, hence translated, again.
  Outcome run(ppc::u32 word, const Operands& o) {
    ppc::CpuState& s = machine_.cpu.state;
    s.vr[0] = o.a, s.vr[1] = o.b, s.vr[2] = o.c, s.vr[3] = {}, s.vscr = o.vscr;
    s.set_cr_word(0);
    s.pc = FlatMachine::code_base;
    const ppc::GuestException end = word == word_ ? machine_.resume() : machine_.run({word});
    word_ = word;
    if (end.vector != ppc::Vector::system_call) throw std::logic_error("an exception");
    return {s.vr[3], s.vscr, s.cr_word() >> 4 & 15};
  }

 private:
  FlatMachine machine_;
  ppc::u32 word_ = 0;
};

}  // namespace quince::test
