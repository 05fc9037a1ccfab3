// Two machines of the same kind, one for each engine, that must do the same.
#pragma once

#include <string>
#include <vector>

#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"

namespace quince::test {

class EnginePair {
 public:
  static constexpr ppc::u32 ram_bytes = 0x1'0000;

  explicit EnginePair(const ppc::CpuModel& model)
      : interpreted_(model, ram_bytes), translated_(model, ram_bytes, maker_of(EngineKind::translator)) {}

  void put_program(const std::vector<ppc::u32>& words) {
    ppc::u32 at = FlatMachine::code_base;
    for (const ppc::u32 word : words) {
      interpreted_.put_word(at, word);
      translated_.put_word(at, word);
      at += 4;
    }
  }
  template <class F>
  void both(F f) {
    f(interpreted_);
    f(translated_);
  }
  void run() {
    interpreted_.cpu.limit = translated_.cpu.limit = ~ppc::u64{0};
    expected_ = interpreted_.engine->run();
    got_ = translated_.engine->run();
  }
  // How the machines differ, empty if they do not.
  std::string difference() const {
    std::string text;
    const auto differ = [&](const std::string& what, ppc::u64 want, ppc::u64 have) {
      if (want == have) return;
      char line[100];
      std::snprintf(line, sizeof line, "%s: interpreter %016llx, translator %016llx\n", what.c_str(),
                    static_cast<unsigned long long>(want), static_cast<unsigned long long>(have));
      text += line;
    };
    const ppc::CpuState &want = interpreted_.cpu.state, &have = translated_.cpu.state;
    for (unsigned n = 0; n < 32; ++n) {
      for (unsigned half = 0; half < 2; ++half) {
        differ("v" + std::to_string(n) + (half ? " right" : " left"), want.vr[n].element<ppc::u64>(half),
               have.vr[n].element<ppc::u64>(half));
      }
    }
    for (unsigned n = 0; n < 32; ++n) differ("f" + std::to_string(n), want.fpr[n], have.fpr[n]);
    for (unsigned n = 0; n < 32; ++n) differ("r" + std::to_string(n), want.gpr[n], have.gpr[n]);
    differ("VSCR", want.vscr, have.vscr);
    differ("FPSCR", want.fpscr, have.fpscr);
    differ("CR", want.cr_word(), have.cr_word());
    differ("pc", want.pc, have.pc);
    differ("instructions", interpreted_.cpu.retired, translated_.cpu.retired);
    differ("exception", static_cast<ppc::u64>(expected_.what.vector),
           static_cast<ppc::u64>(got_.what.vector));
    differ("DAR", expected_.what.dar, got_.what.dar);
    differ("memory", 0, interpreted_.memory.ram != translated_.memory.ram);
    return text;
  }
  ppc::u64 instructions() const { return translated_.cpu.retired; }

 private:
  FlatMachine interpreted_, translated_;
  ppc::Stop expected_{}, got_{};
};

}  // namespace quince::test
