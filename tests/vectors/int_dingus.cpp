// Integer rows of DingusPPC's vectors through both engines, on both processors.
#include <gtest/gtest.h>

#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"
#include "tests/vectors/dingus_csv.h"

namespace quince::test {
namespace {

using namespace ppc;

bool is_compare(const DingusRow& row) { return row.mnemonic.rfind("CMP", 0) == 0; }

std::string run_row(FlatMachine& m, const DingusRow& row) {
  CpuState& s = m.cpu.state;
  s.gpr[3] = static_cast<u32>(row.hex("rA"));
  s.gpr[4] = static_cast<u32>(row.hex("rB"));
  s.set_xer(0);
  s.set_cr_word(0);
  const GuestException stop = m.run({row.opcode});
  if (stop.vector != Vector::system_call) return "exception";
  std::ostringstream difference;
  difference << std::hex;
  const auto expect = [&](const char* what, u32 got) {
    const u32 want = static_cast<u32>(row.hex(what));
    if (got != want) difference << ' ' << what << '=' << got << " not " << want;
  };
  if (!is_compare(row)) expect("rD", s.gpr[3]);
  expect("XER", s.xer());
  expect("CR", s.cr_word());
  return difference.str();
}

class IntegerVectors : public testing::TestWithParam<std::tuple<const CpuModel*, EngineKind>> {};

TEST_P(IntegerVectors, AllRows) {
  const auto path = find_dingus_file("ppcinttests.csv");
  if (!path) GTEST_SKIP() << "ppcinttests.csv is not on this machine (set QUINCE_SHARED)";
  const auto rows = read_dingus_rows(*path);
  ASSERT_EQ(rows.size(), 5620u);
  const auto [model, kind] = GetParam();
  FlatMachine m(*model, 1u << 20, maker_of(kind));
  unsigned failures = 0;
  for (const DingusRow& row : rows) {
    const std::string difference = run_row(m, row);
    if (!difference.empty() && ++failures <= 20) ADD_FAILURE() << row.text << ':' << difference;
  }
  EXPECT_EQ(failures, 0u);
}

INSTANTIATE_TEST_SUITE_P(Cpu, IntegerVectors,
                         testing::Combine(testing::Values(&cpu_750, &cpu_7400),
                                          testing::ValuesIn(engine_kinds)),
                         [](const auto& param) {
                           return "ppc" + std::string(std::get<0>(param.param)->name) + "_" +
                                  name_of(std::get<1>(param.param));
                         });

}  // namespace
}  // namespace quince::test
