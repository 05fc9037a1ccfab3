// How instructions, blocks, exceptions and self-modifying code meet in the interpreter.
#include "guest-ppc/interpreter.h"

#include <gtest/gtest.h>

#include "tests/jit/resources.h"
#include "tests/support/flat_machine.h"
#include "tests/unit/fake_world.h"

namespace quince::test {
namespace {

using namespace ppc;

constexpr u32 li(unsigned rd, u32 value) { return 14u << 26 | rd << 21 | (value & 0xffff); }
constexpr u32 d_form(u32 opcd, unsigned rd, unsigned ra, u32 d) {
  return opcd << 26 | rd << 21 | ra << 16 | (d & 0xffff);
}
constexpr u32 x_form(unsigned rd, unsigned ra, unsigned rb, u32 xo) {
  return 31u << 26 | rd << 21 | ra << 16 | rb << 11 | xo << 1;
}

class InterpreterTest : public testing::Test {
 protected:
  FlatMachine m{cpu_750};
};

TEST_F(InterpreterTest, CountsEveryInstructionOnce) {
  EXPECT_EQ(m.run({li(3, 1), li(4, 2)}).vector, Vector::system_call);
  EXPECT_EQ(m.cpu.retired, 3u);
  EXPECT_EQ(m.cpu.state.pc, FlatMachine::code_base + 12);
}

TEST_F(InterpreterTest, LoopRunsAsOftenAsCtrSays) {
  // li r3,100; mtctr r3; addi r4,r4,1; bdnz -4
  m.run({li(3, 100), 0x7c69'03a6, d_form(14, 4, 4, 1), 0x4200'fffc});
  EXPECT_EQ(m.cpu.state.gpr[4], 100u);
  EXPECT_EQ(m.cpu.retired, 2u + 200u + 1u);
}

TEST_F(InterpreterTest, FaultingLoadLeavesEverythingAsItWas) {
  m.cpu.state.gpr[4] = 0x8000'0000;
  m.cpu.state.gpr[3] = 0x1234'5678;
  const GuestException e = m.run({li(5, 7), d_form(33, 3, 4, 16), li(5, 9)});  // lwzu r3,16(r4)
  EXPECT_EQ(e.vector, Vector::dsi);
  EXPECT_EQ(e.dar, 0x8000'0010u);
  EXPECT_EQ(e.dsisr, dsi_cause::no_translation);
  EXPECT_EQ(m.cpu.state.pc, FlatMachine::code_base + 4);
  EXPECT_EQ(m.cpu.retired, 1u);
  EXPECT_EQ(m.cpu.state.gpr[3], 0x1234'5678u);
  EXPECT_EQ(m.cpu.state.gpr[4], 0x8000'0000u);
  EXPECT_EQ(m.cpu.state.gpr[5], 7u);
}

TEST_F(InterpreterTest, LoadMultipleAcrossIntoNothingChangesNoRegister) {
  m.cpu.state.gpr[4] = (1u << 20) - 8;
  for (unsigned r = 24; r < 32; ++r) m.cpu.state.gpr[r] = r;
  const GuestException e = m.run({d_form(46, 24, 4, 0)});  // lmw r24,0(r4): two words fit
  EXPECT_EQ(e.vector, Vector::dsi);
  EXPECT_EQ(e.dar, 1u << 20);
  for (unsigned r = 24; r < 32; ++r) EXPECT_EQ(m.cpu.state.gpr[r], r);
}

TEST_F(InterpreterTest, StoreAcrossIntoNothingWritesNoByte) {
  m.cpu.state.gpr[4] = (1u << 20) - 2;
  m.cpu.state.gpr[3] = 0xaabb'ccdd;
  const GuestException e = m.run({d_form(36, 3, 4, 0)});  // stw r3,0(r4)
  EXPECT_EQ(e.vector, Vector::dsi);
  EXPECT_EQ(e.dsisr, dsi_cause::no_translation | dsi_cause::store);
  EXPECT_EQ(m.memory.ram[(1u << 20) - 2], 0);
}

TEST_F(InterpreterTest, UnalignedWordsCrossPages) {
  m.put_word(0x2ffc, 0x0011'2233);
  m.put_word(0x3000, 0x4455'6677);
  m.cpu.state.gpr[4] = 0x2ffe;
  m.run({d_form(32, 3, 4, 0), d_form(36, 3, 4, 0x100)});
  EXPECT_EQ(m.cpu.state.gpr[3], 0x2233'4455u);
  EXPECT_EQ(m.word(0x30fc) & 0xffff, 0x2233u);
  EXPECT_EQ(m.word(0x3100) >> 16, 0x4455u);
}

TEST_F(InterpreterTest, AlignmentExceptionDescribesTheInstruction) {
  m.cpu.state.gpr[7] = 0x2001;
  const GuestException e = m.run({d_form(46, 30, 7, 4)});  // lmw r30,4(r7)
  EXPECT_EQ(e.vector, Vector::alignment);
  EXPECT_EQ(e.dar, 0x2005u);
  // lmw is D-form 46 = 0b101110: bits 15-16 zero, bit 17 = opcode bit 5, bits 18-21 = opcode bits 1-4.
  EXPECT_EQ(e.dsisr, (0b0'0111u << 10) | 30u << 5 | 7u);
}

TEST_F(InterpreterTest, AlignmentOfIndexedFormUsesTheExtendedOpcode) {
  m.cpu.state.gpr[7] = 0x2002;
  // stwcx. r5,0,r7: extended opcode 150 = 0b0010'0'101'10, instruction bits 21-24, 25, 26-28, 29-30.
  const GuestException e = m.run({x_form(5, 0, 7, 150) | 1});
  EXPECT_EQ(e.vector, Vector::alignment);
  EXPECT_EQ(e.dsisr, (0b10u << 15) | (0u << 14) | (0b0010u << 10) | 5u << 5 | 0u);
}

TEST_F(InterpreterTest, CodeChangedByAStoreRunsAnewAfterTheBlock) {
  // First run decodes li r3,1; then a store rewrites it.
  m.run({li(3, 1)});
  EXPECT_EQ(m.cpu.state.gpr[3], 1u);
  m.cpu.state.gpr[4] = FlatMachine::code_base;
  m.cpu.state.gpr[5] = li(3, 2);
  m.put_word(0x8000, d_form(36, 5, 4, 0));  // stw r5,0(r4)
  m.put_word(0x8004, 0x4c00'012c);          // isync
  m.put_word(0x8008, 0x4bff'8ff8);          // b 0x1000
  m.cpu.state.pc = 0x8000;
  m.resume();
  EXPECT_EQ(m.cpu.state.gpr[3], 2u);
}

TEST_F(InterpreterTest, IcbiIsNotNeededForDmaEither) {
  m.run({li(3, 1)});
  m.put_word(FlatMachine::code_base, li(3, 5));
  m.cpu.state.pc = FlatMachine::code_base;
  m.resume();
  EXPECT_EQ(m.cpu.state.gpr[3], 5u);
}

TEST_F(InterpreterTest, StwcxNeedsAReservation) {
  m.cpu.state.gpr[4] = 0x2000;
  m.cpu.state.gpr[5] = 77;
  m.run({x_form(5, 0, 4, 150) | 1});  // stwcx. r5,0,r4
  EXPECT_EQ(m.cpu.state.cr_word() >> 28, 0u);
  EXPECT_EQ(m.word(0x2000), 0u);
  m.run({x_form(6, 0, 4, 20), x_form(5, 0, 4, 150) | 1});
  EXPECT_EQ(m.cpu.state.cr_word() >> 28, 2u);
  EXPECT_EQ(m.word(0x2000), 77u);
  EXPECT_FALSE(m.cpu.state.reservation);
}

TEST_F(InterpreterTest, DmaToTheReservedBlockLosesTheReservation) {
  m.cpu.state.gpr[4] = 0x2000;
  m.run({x_form(6, 0, 4, 20)});
  m.cpu.memory_written(0x2020, 4);
  EXPECT_TRUE(m.cpu.state.reservation);
  m.cpu.memory_written(0x201f, 1);
  EXPECT_FALSE(m.cpu.state.reservation);
}

TEST_F(InterpreterTest, StringsWrapAroundTheRegisters) {
  m.put_word(0x2000, 0x0102'0304);
  m.put_word(0x2004, 0x0506'0708);
  m.cpu.state.gpr[4] = 0x2000;
  m.run({x_form(31, 4, 6, 597)});  // lswi r31,r4,6
  EXPECT_EQ(m.cpu.state.gpr[31], 0x0102'0304u);
  EXPECT_EQ(m.cpu.state.gpr[0], 0x0506'0000u);
}

TEST_F(InterpreterTest, UserModeMayNotRunPrivilegedInstructions) {
  m.cpu.state.msr |= msr::pr;
  const GuestException e = m.run({0x7c60'00a6});  // mfmsr r3
  EXPECT_EQ(e.vector, Vector::program);
  EXPECT_EQ(e.srr1, program_cause::privileged);
}

TEST_F(InterpreterTest, AltivecIsIllegalOnThe750AndUnavailableOnThe7400) {
  EXPECT_EQ(m.run({0x1000'0000}).vector, Vector::program);  // vaddubm
  FlatMachine g4(cpu_7400);
  g4.cpu.state.msr = 0;
  EXPECT_EQ(g4.run({0x1000'0000}).vector, Vector::vector_unavailable);
}

TEST_F(InterpreterTest, FloatingPointUnavailable) {
  m.cpu.state.msr = 0;
  EXPECT_EQ(m.run({0xfc20'1090}).vector, Vector::fp_unavailable);  // fmr
}

TEST_F(InterpreterTest, TrapOnCondition) {
  const GuestException e = m.run({0x7fe0'0008});  // trap
  EXPECT_EQ(e.vector, Vector::program);
  EXPECT_EQ(e.srr1, program_cause::trap);
}

TEST_F(InterpreterTest, TimebaseCountsTheInstructionsBeforeIt) {
  m.cpu.set_timebase(0);
  m.run({li(3, 0), li(3, 0), li(3, 0), 0x7c6c'42e6});  // mftb r3
  EXPECT_EQ(m.cpu.state.gpr[3], 3u);
}

TEST_F(InterpreterTest, WildJumpIsAnInstructionStorageException) {
  const GuestException e = m.run({0x3c60'9000, 0x7c69'03a6, 0x4e80'0420});  // lis r3,0x9000; mtctr r3; bctr
  EXPECT_EQ(e.vector, Vector::isi);
  EXPECT_EQ(e.srr1, isi_cause::no_translation);
  EXPECT_EQ(m.cpu.state.pc, 0x9000'0000u);
  EXPECT_EQ(m.cpu.retired, 3u);
}

TEST_F(InterpreterTest, LimitStopsAnEndlessLoop) {
  m.put_word(0x1000, 0x4800'0000);  // b .
  m.cpu.state.pc = 0x1000;
  m.cpu.limit = m.cpu.retired + 1000;
  const Stop stop = m.engine->run();
  EXPECT_FALSE(stop.exception);
  EXPECT_EQ(m.cpu.retired, 1000u);
}

// Nothing is at the vectors but words that no processor knows.
TEST(Exceptions, AHandlerThatFaultsAtOnceStillReachesTheLimit) {
  FlatMachine m(cpu_750);
  Interpreter engine(m.cpu, ExceptionHandling::deliver);
  m.cpu.state.pc = 0x1000;
  m.cpu.limit = 1000;
  engine.run();
  EXPECT_EQ(m.cpu.state.pc, 0x700u);
  EXPECT_EQ(m.cpu.retired, 1000u);
}

// A machine with vectors: traced code enters 0xd00 after every instruction, and rfi goes on.
TEST(Tracing, EveryInstructionEntersTheTraceVector) {
  FlatMachine m(cpu_750);
  Interpreter engine(m.cpu, ExceptionHandling::deliver);
  m.put_word(0xd00, d_form(14, 10, 10, 1));  // addi r10,r10,1
  m.put_word(0xd04, 0x4c00'0064);            // rfi
  m.put_word(0x700, 0x4800'0000);            // b . for the program exception that ends the test
  m.put_word(0x1000, li(3, 1));
  m.put_word(0x1004, 0x4800'0008);  // b +8
  m.put_word(0x100c, li(3, 2));
  m.put_word(0x1010, 0x7fe0'0008);  // trap
  m.cpu.state.pc = 0x1000;
  m.cpu.state.msr = msr::se;
  m.cpu.limit = 1000;
  engine.run();
  EXPECT_EQ(m.cpu.state.gpr[10], 3u);
  EXPECT_EQ(m.cpu.state.gpr[3], 2u);
  EXPECT_EQ(m.cpu.state.srr0, 0x1010u);
  EXPECT_EQ(m.cpu.state.srr1 & msr::se, msr::se);
}

TEST(Tracing, BranchTracingEntersOnlyAfterBranches) {
  FlatMachine m(cpu_750);
  Interpreter engine(m.cpu, ExceptionHandling::deliver);
  m.put_word(0xd00, 0x7d5a'02a6);  // mfsrr0 r10
  m.put_word(0xd04, 0x4800'0000);  // b .
  m.put_word(0x1000, li(3, 1));
  m.put_word(0x1004, 0x4082'0008);  // bne +8: CR0[EQ] is 0, taken
  m.put_word(0x100c, li(3, 2));
  m.cpu.state.pc = 0x1000;
  m.cpu.state.msr = msr::be;
  m.cpu.limit = 100;
  engine.run();
  EXPECT_EQ(m.cpu.state.gpr[10], 0x100cu);
  EXPECT_EQ(m.cpu.state.gpr[3], 1u);
}

// Jumps to a million places where no memory is leave nothing behind.
TEST(InterpreterMemory, CodeThatIsNotThere) {
  FakeWorld world;
  Cpu cpu(cpu_750, world.translation, world.memory, world.clock);
  Interpreter engine(cpu, ExceptionHandling::stop);
  const auto jump = [&](u32 address) {
    cpu.state.pc = address;
    cpu.limit = cpu.retired + 1;
    const Stop stop = engine.run();
    ASSERT_TRUE(stop.exception && stop.what.vector == Vector::machine_check);
  };
  jump(0x4000'0000);
  const std::size_t before = jit_test::resident_bytes();
  constexpr u32 jumps = sanitized ? 10'000 : 1'000'000;
  for (u32 n = 0; n < jumps; ++n) jump(0x4000'0000 + 4 * n);
  jit_test::expect_resident_below(before + (8u << 20));
}

}  // namespace
}  // namespace quince::test
