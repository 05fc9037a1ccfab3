// The floating-point rows of the DingusPPC vectors, whose results were recorded on a 750CL, against the
// functions of guest-ppc/fpu, and through both engines.
#include <gtest/gtest.h>

#include <map>
#include <ostream>

#include "guest-ppc/fpu/fpu.h"
#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"
#include "tests/vectors/dingus_csv.h"

namespace quince::test {
namespace {

using namespace ppc;
using fpu::ArithOp;
using fpu::Precision;

struct Outcome {
  u64 frd;
  u32 fpscr;
  u32 cr;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& o) {
    return out << std::hex << "frD " << o.frd << " FPSCR " << o.fpscr << " CR " << o.cr;
  }
};

const std::map<std::string, ArithOp> operations{
    {"FADD", ArithOp::add},     {"FSUB", ArithOp::sub},     {"FMUL", ArithOp::mul},
    {"FDIV", ArithOp::div},     {"FMADD", ArithOp::madd},   {"FMSUB", ArithOp::msub},
    {"FNMADD", ArithOp::nmadd}, {"FNMSUB", ArithOp::nmsub},
};

u64 operand(const DingusRow& row, const char* key) {
  return row.has(key) ? dingus_double(row.fields.at(key)) : 0;
}

Outcome run_arithmetic(const DingusRow& row, fpu::Quirks quirks) {
  std::string name = row.mnemonic;
  const bool record = name.back() == '.';
  if (record) name.pop_back();
  const bool single = name.back() == 'S';
  if (single) name.pop_back();
  const auto r =
      fpu::arith(operations.at(name), single ? Precision::single : Precision::double_, operand(row, "frA"),
                 operand(row, "frC"), operand(row, "frB"), dingus_fpscr(row), quirks);
  return {r.write ? r.bits : 0, r.fpscr, record ? r.fpscr >> 28 << 24 : 0};
}

Outcome run_compare(const DingusRow& row) {
  const auto r =
      fpu::compare(operand(row, "frA"), operand(row, "frB"), row.mnemonic == "FCMPO", dingus_fpscr(row));
  const unsigned crfd = row.opcode >> 23 & 7;
  return {0, r.fpscr, r.nibble << (28 - 4 * crfd)};
}

Outcome run(const DingusRow& row, fpu::Quirks quirks) {
  return row.mnemonic.starts_with("FCMP") ? run_compare(row) : run_arithmetic(row, quirks);
}

// The registers that the word names.
Outcome run(const DingusRow& row, FlatMachine& m) {
  const auto reg = [&](unsigned shift) -> u64& { return m.cpu.state.fpr[row.opcode >> shift & 31]; };
  const bool compares = row.mnemonic.starts_with("FCMP");
  reg(21) = 0;
  reg(16) = operand(row, "frA");
  reg(11) = operand(row, "frB");
  if (row.has("frC")) reg(6) = operand(row, "frC");
  m.cpu.state.fpscr = dingus_fpscr(row);
  m.cpu.state.set_cr_word(0);
  m.run({row.opcode});
  return {compares ? 0 : reg(21), m.cpu.state.fpscr, m.cpu.state.cr_word()};
}

Outcome expected(const DingusRow& row) {
  return {row.hex("frD"), static_cast<u32>(row.hex("FPSCR")), static_cast<u32>(row.hex("CR"))};
}

// The rows that tell the models apart: 0.25 * 0.35 in single precision, 0.35 being no single. The 750 rounds
// frC to 25 bits first, and the product is then exact; a 7400 as we model it rounds the full product, 0.0875,
// which is between 3fb6666660000000 and 3fb6666680000000 and nearer to the first.
struct ModelSpecific {
  const char* mnemonic;
  const char* round;
  Outcome outcome_7400;
};
constexpr ModelSpecific model_specific[] = {
    {"FMULS", "RTN", {0x3fb6666660000000, 0x82024000, 0}},
    {"FMULS", "RTZ", {0x3fb6666660000000, 0x82024001, 0}},
    {"FMULS", "RPI", {0x3fb6666680000000, 0x82064002, 0}},
    {"FMULS", "RNI", {0x3fb6666660000000, 0x82024003, 0}},
    {"FMULS", "VEN", {0x3fb6666660000000, 0x82024080, 0}},
    {"FMULS.", "RTN", {0x3fb6666660000000, 0x82024000, 0x08000000}},
    {"FMULS.", "RTZ", {0x3fb6666660000000, 0x82024001, 0x08000000}},
    {"FMULS.", "RPI", {0x3fb6666680000000, 0x82064002, 0x08000000}},
    {"FMULS.", "RNI", {0x3fb6666660000000, 0x82024003, 0x08000000}},
    {"FMULS.", "VEN", {0x3fb6666660000000, 0x82024080, 0x08000000}},
};

const ModelSpecific* find_model_specific(const DingusRow& row) {
  if (!row.has("frC") || row.fields.at("frA") != "0.25" || row.fields.at("frC") != "0.35") return nullptr;
  for (const auto& m : model_specific) {
    if (row.mnemonic == m.mnemonic && row.fields.at("round") == m.round) return &m;
  }
  return nullptr;
}

Outcome expected_7400(const DingusRow& row) {
  const ModelSpecific* m = find_model_specific(row);
  return m ? m->outcome_7400 : expected(row);
}

class DingusFloat : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = find_dingus_file("ppcfloattests.csv");
    if (!path) GTEST_SKIP() << "ppcfloattests.csv is not on this machine (set QUINCE_SHARED)";
    rows_ = read_dingus_rows(*path);
    ASSERT_EQ(rows_.size(), 2054u);
  }
  std::vector<DingusRow> rows_;
};

TEST_F(DingusFloat, The750GivesEveryRow) {
  for (const auto& row : rows_) EXPECT_EQ(run(row, fpu::quirks_750), expected(row)) << row.text;
}

TEST_F(DingusFloat, The7400GivesEveryRowButTheTenOfNarrowFrC) {
  unsigned specific = 0;
  for (const auto& row : rows_) {
    if (find_model_specific(row)) ++specific;
    EXPECT_EQ(run(row, fpu::quirks_7400), expected_7400(row)) << row.text;
  }
  EXPECT_EQ(specific, 10u);
}

TEST_F(DingusFloat, BothEnginesGiveEveryRow) {
  for (const EngineKind kind : engine_kinds) {
    FlatMachine m750(cpu_750, 1u << 20, maker_of(kind)), m7400(cpu_7400, 1u << 20, maker_of(kind));
    for (const auto& row : rows_) {
      EXPECT_EQ(run(row, m750), expected(row)) << name_of(kind) << ", 750: " << row.text;
      EXPECT_EQ(run(row, m7400), expected_7400(row)) << name_of(kind) << ", 7400: " << row.text;
    }
  }
}

}  // namespace
}  // namespace quince::test
