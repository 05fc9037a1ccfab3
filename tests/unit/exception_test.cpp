// Exceptions and the machine state register against PEM chapter 6 and the user's manuals, chapter 4.
#include <gtest/gtest.h>

#include "guest-ppc/spr_table.h"
#include "tests/unit/fake_world.h"

namespace quince::ppc {
namespace {

constexpr u32 all = 0xffff'ffff;
constexpr u32 msr_750 = 0x0005'ff77, msr_7400 = 0x0205'ff77;

class ExceptionTest : public ::testing::TestWithParam<const CpuModel*> {
 protected:
  bool g4() const { return GetParam() == &cpu_7400; }
  FakeWorld world;
  Cpu cpu{*GetParam(), world.translation, world.memory, world.clock};
};
INSTANTIATE_TEST_SUITE_P(Models, ExceptionTest, ::testing::ValuesIn(cpu_models),
                         [](const auto& model) { return std::string(model.param->name); });

TEST_P(ExceptionTest, TheMsrHasTheBitsOfTheModel) {
  cpu.set_msr(all);
  EXPECT_EQ(cpu.state.msr, g4() ? msr_7400 : msr_750);
  cpu.set_msr(0);
  EXPECT_EQ(cpu.state.msr, 0u);
}

struct Row {
  Vector vector;
  u32 offset;
  u32 cause;      // what the exception puts into SRR1
  bool sets_dar;  // and DSISR
};
constexpr Row rows[] = {
    {Vector::system_reset, 0x0100, 0, false},
    {Vector::machine_check, 0x0200, 0x0004'0000, false},
    {Vector::dsi, 0x0300, 0, true},
    {Vector::isi, 0x0400, 0x4000'0000, false},
    {Vector::external_interrupt, 0x0500, 0, false},
    {Vector::alignment, 0x0600, 0, true},
    {Vector::program, 0x0700, 0x0008'0000, false},
    {Vector::fp_unavailable, 0x0800, 0, false},
    {Vector::decrementer, 0x0900, 0, false},
    {Vector::system_call, 0x0c00, 0, false},
    {Vector::trace, 0x0d00, 0, false},
    {Vector::performance_monitor, 0x0f00, 0, false},
    {Vector::vector_unavailable, 0x0f20, 0, false},
    {Vector::instruction_breakpoint, 0x1300, 0, false},
    {Vector::system_management, 0x1400, 0, false},
    {Vector::vector_assist, 0x1600, 0, false},
    {Vector::thermal, 0x1700, 0, false},
};

TEST_P(ExceptionTest, EveryVector) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.offset);
    const bool machine_check = row.vector == Vector::machine_check;
    const auto before = cpu.counters.exceptions[row.offset >> 8];
    cpu.set_msr(all);
    cpu.state.dar = 0x1111'1111;
    cpu.state.dsisr = 0x2222'2222;
    cpu.deliver({row.vector, row.cause, 0x3333'3333, 0x4444'4444}, 0x89ab'cdec);
    EXPECT_EQ(cpu.state.pc, 0xfff0'0000 + row.offset);
    EXPECT_EQ(cpu.state.srr0, 0x89ab'cdecu);
    EXPECT_EQ(cpu.state.srr1, row.cause | 0xff77 | (g4() && !machine_check ? 0x0200'0000 : 0));
    EXPECT_EQ(cpu.state.msr, machine_check ? 0x0001'0041u : 0x0001'1041u);  // ILE, ME, IP; LE from ILE
    EXPECT_EQ(cpu.state.dar, row.sets_dar ? 0x3333'3333u : 0x1111'1111u);
    EXPECT_EQ(cpu.state.dsisr, row.sets_dar ? 0x4444'4444u : 0x2222'2222u);
    EXPECT_EQ(cpu.counters.exceptions[row.offset >> 8], before + 1);
    EXPECT_FALSE(cpu.checkstop);
  }
}

TEST_P(ExceptionTest, EachMsrBitBeforeAndAfter) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    if (!((g4() ? msr_7400 : msr_750) & bit32(bit))) continue;
    SCOPED_TRACE(bit);
    cpu.set_msr(bit32(bit));
    cpu.deliver({.vector = Vector::system_call}, 0x1000);
    EXPECT_EQ(cpu.state.pc, bit == 25 ? 0xfff0'0c00u : 0x0000'0c00u);
    const bool saved = bit != 13 && bit != 15;  // POW and ILE are not
    EXPECT_EQ(cpu.state.srr1, saved ? bit32(bit) : 0);
    const bool kept = bit == 15 || bit == 19 || bit == 25;  // ILE, ME, IP
    EXPECT_EQ(cpu.state.msr, (kept ? bit32(bit) : 0) | (bit == 15 ? 1 : 0));
  }
}

TEST_P(ExceptionTest, ReturnRestoresTheSavedBits) {
  cpu.set_msr(0x0001'0000);  // ILE is not restored
  cpu.state.srr0 = 0x1234'5677;
  cpu.state.srr1 = all;
  cpu.return_from_interrupt();
  EXPECT_EQ(cpu.state.pc, 0x1234'5674u);
  EXPECT_EQ(cpu.state.msr, (g4() ? 0x0200'0000u : 0) | 0x0001'ff77u);
  cpu.state.srr1 = 0x7838'0000;  // causes of exceptions do not reach the MSR
  cpu.return_from_interrupt();
  EXPECT_EQ(cpu.state.msr, 0x0001'0000u);
}

TEST_P(ExceptionTest, RoundTrip) {
  cpu.set_msr(0x0000'f932);
  const u32 before = cpu.state.msr;
  cpu.deliver({.vector = Vector::program, .srr1 = program_cause::trap}, 0x0200'0100);
  EXPECT_EQ(cpu.state.srr1, before | 0x0002'0000);
  cpu.return_from_interrupt();
  EXPECT_EQ(cpu.state.msr, before);
  EXPECT_EQ(cpu.state.pc, 0x0200'0100u);
}

TEST_P(ExceptionTest, MachineCheckWhileDisabledIsACheckstop) {
  cpu.set_msr(msr::ee | msr::ir);
  cpu.state.pc = 0x100;
  cpu.state.srr0 = 7;
  cpu.limit = 1000;
  cpu.deliver({.vector = Vector::machine_check, .srr1 = 0x0004'0000}, 0x1000);
  EXPECT_TRUE(cpu.checkstop);
  EXPECT_EQ(cpu.limit, 0u);
  EXPECT_EQ(cpu.state.pc, 0x100u);
  EXPECT_EQ(cpu.state.srr0, 7u);
  EXPECT_EQ(cpu.state.msr, msr::ee | msr::ir);
  cpu.reset();
  EXPECT_FALSE(cpu.checkstop);
}

TEST_P(ExceptionTest, RelocationAndPrivilegeLeaveTheWindowOtherBitsDoNot) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    cpu.set_msr(0);
    cpu.tlb.select(cpu.state);
    cpu.set_msr(bit32(bit));
    EXPECT_EQ(cpu.tlb.window_selected(), bit != 17 && bit != 26 && bit != 27) << bit;
  }
  cpu.set_msr(msr::pr);
  cpu.tlb.select(cpu.state);
  cpu.deliver({.vector = Vector::system_call}, 0);
  EXPECT_FALSE(cpu.tlb.window_selected());
  cpu.tlb.select(cpu.state);
  cpu.return_from_interrupt();
  EXPECT_FALSE(cpu.tlb.window_selected());
}

TEST_P(ExceptionTest, EnabledFloatingPointExceptionsWaitForTheMsr) {
  constexpr u32 fex = 0x4000'0000;
  for (const u32 mode : {0u, 0x0800u, 0x0100u, 0x0900u}) {  // FE0, FE1
    for (const u32 fpscr : {0u, fex, ~fex}) {
      cpu.state.fpscr = fpscr;
      cpu.set_msr(mode);
      EXPECT_EQ(cpu.fp_exception_waiting(), mode != 0 && fpscr == fex);
    }
  }
}

TEST_P(ExceptionTest, NappingNeedsPowAndAMode) {
  for (const u32 mode : {0u, 0x0080'0000u, 0x0040'0000u, 0x0020'0000u}) {  // DOZE, NAP, SLEEP
    cpu.write_spr(spr::hid0, mode | 0x0010'8000);
    cpu.set_msr(msr::ee);
    cpu.limit = 5;
    EXPECT_FALSE(cpu.napping());
    cpu.set_msr(msr::ee | msr::pow);
    EXPECT_EQ(cpu.napping(), mode != 0);
    EXPECT_EQ(cpu.limit, mode != 0 ? 0u : 5u);
    cpu.set_external_interrupt(true);
    EXPECT_TRUE(cpu.take_interrupt());
    EXPECT_FALSE(cpu.napping()) << "the interrupt clears POW";
    cpu.set_external_interrupt(false);
  }
}

}  // namespace
}  // namespace quince::ppc
