// The bare board, and with it run_machine(): programs of a few instructions.
#include <gtest/gtest.h>

#include "guest-ppc/interpreter.h"
#include "machine/machine.h"
#include "tests/machine/files.h"

namespace quince::machine {
namespace {

constexpr u32 li(unsigned rd, u32 value) { return 14u << 26 | rd << 21 | (value & 0xffff); }
constexpr u32 lis(unsigned rd, u32 value) { return 15u << 26 | rd << 21 | (value & 0xffff); }
constexpr u32 stb(unsigned rs, u32 offset, unsigned ra) { return 38u << 26 | rs << 21 | ra << 16 | offset; }
constexpr u32 stw(unsigned rs, u32 offset, unsigned ra) { return 36u << 26 | rs << 21 | ra << 16 | offset; }
constexpr u32 mtspr(unsigned spr, unsigned rs) {
  return 31u << 26 | rs << 21 | (spr & 31) << 16 | (spr >> 5) << 11 | 467 << 1;
}
constexpr u32 mtmsr(unsigned rs) { return 31u << 26 | rs << 21 | 146 << 1; }
constexpr u32 branch_to_itself = 0x4800'0000, fadd = 0xfc00'002a, vxor = 0x1000'04c4;
constexpr unsigned spr_decrementer = 22, spr_hid0 = 1008;

class BareTest : public ::testing::Test {
 protected:
  BareTest() {
    options.board = BoardKind::bare;
    options.ram_bytes = 1 << 20;
    options.engine = [](ppc::Cpu& cpu) {
      return std::make_unique<ppc::Interpreter>(cpu, ppc::ExceptionHandling::deliver);
    };
    options.serial = "file:" + folder.path("console");
    options.clock = VirtualClock::Kind::instructions;
    options.timeout_seconds = 20;
    options.finished = [this](const Core& core, const StorageCounters&) {
      instructions = core.cpu.instructions();
    };
  }
  tl::expected<int, Error> run(const std::vector<u32>& words) {
    options.image = folder.put("program", test::make_elf(0x1000, 0x1000, words));
    return run_machine(options);
  }
  test::Folder folder;
  MachineOptions options;
  u64 instructions = 0;
};

const std::vector<u32> hello = {lis(9, 0xf100), li(3, 'h'),    stb(3, 0, 9), li(3, 'i'),
                                stb(3, 0, 9),   li(3, 0x1207), stw(3, 4, 9), branch_to_itself};

TEST_F(BareTest, ConsoleAndExit) {
  EXPECT_EQ(run(hello), 7);
  EXPECT_EQ(folder.get("console"), "hi");
  EXPECT_GE(instructions, 7u);
  EXPECT_LE(instructions, 10u);
}

TEST_F(BareTest, Until) {
  options.until = "hi";
  EXPECT_EQ(run(hello), 0);
  options.until = "ho";
  EXPECT_EQ(run(hello), 7);
}

TEST_F(BareTest, Timeout) {
  options.timeout_seconds = 0.05;
  EXPECT_EQ(run({branch_to_itself}), status::timeout);
}

TEST_F(BareTest, FloatingPointIsOn) {
  EXPECT_EQ(run({fadd, lis(9, 0xf100), li(3, 5), stw(3, 4, 9), branch_to_itself}), 5);
  options.cpu = &ppc::cpu_7400;
  EXPECT_EQ(run({vxor, lis(9, 0xf100), li(3, 6), stw(3, 4, 9), branch_to_itself}), 6);
}

TEST_F(BareTest, CheckstopIsStuck) {
  // A jump to where no memory is, with MSR[ME] off.
  const auto result = run({lis(3, 0x4000), mtspr(9, 3), 0x4e80'0420});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().status, status::stuck);
  EXPECT_NE(result.error().message.find("0x40000000"), std::string::npos) << result.error().message;
}

TEST_F(BareTest, SleepWithoutInterruptsIsStuck) {
  const auto result = run({lis(3, 0x0080), mtspr(spr_hid0, 3), lis(4, 0x0004), mtmsr(4), branch_to_itself});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().status, status::stuck);
}

// Sleeps for 100 s of guest time until the decrementer wakes it: the repeatable clock skips them.
TEST_F(BareTest, IdleTimeIsSkipped) {
  constexpr u32 handler = 0x900, entry = 0x1000;
  std::vector<u32> image = {lis(9, 0xf100), li(3, 9), stw(3, 4, 9), branch_to_itself};
  image.resize((entry - handler) / 4);
  for (const u32 word : {lis(3, 0x62f1), mtspr(spr_decrementer, 3), lis(4, 0x0080), mtspr(spr_hid0, 4),
                         lis(5, 0x0004), 0x60a5'8000u, mtmsr(5), branch_to_itself}) {
    image.push_back(word);
  }
  std::string file = test::make_elf(handler, handler, image);
  constexpr std::size_t entry_in_header = 24;
  file.replace(entry_in_header, 4, std::string("\0\0\x10\0", 4));
  options.image = folder.put("program", file);
  EXPECT_EQ(run_machine(options), 9);
  EXPECT_LT(instructions, 100u);
}

TEST_F(BareTest, RefusesWhatDoesNotFit) {
  options.image = folder.put("program", test::make_elf(0x1000, 0x1000, hello, 1 << 20));
  const auto result = run_machine(options);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().status, status::unusable_image);
  options.ram_bytes = 100;
  EXPECT_EQ(run_machine(options).error().status, status::usage);
}

}  // namespace
}  // namespace quince::machine
