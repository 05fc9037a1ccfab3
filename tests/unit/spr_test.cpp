// Special-purpose registers: who may use them, and what they do besides storing.
#include <gtest/gtest.h>

#include <set>

#include "guest-ppc/spr_table.h"
#include "tests/unit/fake_world.h"

namespace quince::ppc {
namespace {

constexpr bool mfspr = false, mtspr = true, supervisor_mode = false, user_mode = true;

TEST(SprTable, UserReachesTheseAndNoOthers) {
  const std::set<unsigned> reads{1, 8, 9, 268, 269, 936, 937, 938, 939, 940, 941, 942};
  const std::set<unsigned> writes{1, 8, 9};
  const std::set<unsigned> reads_7400{256, 928, 935}, writes_7400{256};
  for (const CpuModel* model : cpu_models) {
    const bool g4 = model == &cpu_7400;
    for (unsigned n = 0; n < 1024; ++n) {
      const auto expected = [&](bool allowed) {
        return allowed ? SprAccess::allowed : n & 0x10 ? SprAccess::privileged : SprAccess::illegal;
      };
      EXPECT_EQ(check_spr(*model, n, mfspr, user_mode),
                expected(reads.count(n) || (g4 && reads_7400.count(n))))
          << n;
      EXPECT_EQ(check_spr(*model, n, mtspr, user_mode),
                expected(writes.count(n) || (g4 && writes_7400.count(n))))
          << n;
    }
  }
}

TEST(SprTable, SupervisorMayDoAllThatExistsAndUnknownNumbersDoNothing) {
  for (const CpuModel* model : cpu_models) {
    for (unsigned n = 0; n < 1024; ++n) {
      const SprRow* row = find_spr(*model, n);
      const bool power = n == 0 || n == 4 || n == 5 || n == 6;
      const auto absent = power ? SprAccess::illegal : SprAccess::ignored;
      EXPECT_EQ(check_spr(*model, n, mfspr, supervisor_mode),
                row && row->read != SprLevel::none ? SprAccess::allowed : absent)
          << n;
      EXPECT_EQ(check_spr(*model, n, mtspr, supervisor_mode),
                row && row->write != SprLevel::none ? SprAccess::allowed : absent)
          << n;
    }
  }
}

// MPC750UM table 2-44 and figure 2-1; MPC7400UM tables 2-45, 2-46.
TEST(SprTable, TheModelsHaveTheRegistersOfTheirManuals) {
  std::set<unsigned> g3{1,   8,   9,   18,  19,  22,   25,   26,   27,   268,  269,  272,  273,  274,
                        275, 282, 284, 285, 287, 936,  937,  938,  939,  940,  941,  942,  952,  953,
                        954, 955, 956, 957, 958, 1008, 1009, 1010, 1013, 1017, 1019, 1020, 1021, 1022};
  for (unsigned n = 528; n <= 543; ++n) g3.insert(n);
  std::set<unsigned> g4 = g3;
  g4.insert({256, 928, 935, 944, 951, 1014, 1015, 1023});
  for (unsigned n = 0; n < 1024; ++n) {
    EXPECT_EQ(find_spr(cpu_750, n) != nullptr, g3.count(n) != 0) << n;
    EXPECT_EQ(find_spr(cpu_7400, n) != nullptr, g4.count(n) != 0) << n;
  }
}

TEST(SprTable, RowsAgreeWithTheRuleOfTheNumber) {
  for (const SprRow& row : spr_rows()) {
    const SprLevel of_number = row.number & 0x10 ? SprLevel::supervisor : SprLevel::user;
    EXPECT_TRUE(row.read == of_number || row.read == SprLevel::none) << row.name;
    EXPECT_TRUE(row.write == of_number || row.write == SprLevel::none) << row.name;
    EXPECT_TRUE(row.read == of_number || row.write == of_number) << row.name;
    EXPECT_EQ(row.write == SprLevel::none, row.writable == 0) << row.name;
    EXPECT_EQ(row.reset & ~row.writable, row.name == "HID1" ? row.reset : 0) << row.name;
  }
}

class SprTest : public ::testing::TestWithParam<const CpuModel*> {
 protected:
  // Writes ones, then zeros; says which bits changed. Both must leave the other bits at their value after
  // reset.
  u32 changing_bits(unsigned n) {
    cpu.write_spr(n, 0xffff'ffff);
    const u32 ones = cpu.read_spr(n);
    cpu.write_spr(n, 0);
    return ones ^ cpu.read_spr(n);
  }
  FakeWorld world;
  Cpu cpu{*GetParam(), world.translation, world.memory, world.clock};
};
INSTANTIATE_TEST_SUITE_P(Models, SprTest, ::testing::ValuesIn(cpu_models),
                         [](const auto& model) { return std::string(model.param->name); });

TEST_P(SprTest, EveryReadableRegisterAnswersAndEveryWritableOneTakesItsBits) {
  for (const SprRow& row : spr_rows()) {
    if (find_spr(*GetParam(), row.number) != &row || row.read == SprLevel::none) continue;
    const u32 after_reset = cpu.read_spr(row.number);
    if (row.kind == SprKind::storage) {
      EXPECT_EQ(after_reset, row.reset) << row.name;
    }
    if (row.write == SprLevel::none || row.number == spr::hid0) continue;
    EXPECT_EQ(changing_bits(row.number), row.writable) << row.name;
  }
}

TEST_P(SprTest, RegistersAreIndependent) {
  u32 value = 0;
  const auto stores = [&](const SprRow& row) {
    return find_spr(*GetParam(), row.number) == &row && row.read != SprLevel::none &&
           row.write != SprLevel::none && row.number != spr::hid0;
  };
  for (const SprRow& row : spr_rows()) {
    if (stores(row)) cpu.write_spr(row.number, ++value * 0x0101'0101);
  }
  value = 0;
  for (const SprRow& row : spr_rows()) {
    if (stores(row)) {
      EXPECT_EQ(cpu.read_spr(row.number), ++value * 0x0101'0101 & row.writable) << row.name;
    }
  }
}

TEST_P(SprTest, WellKnownValuesAfterReset) {
  EXPECT_EQ(cpu.read_spr(spr::pvr), GetParam() == &cpu_750 ? 0x0008'0301u : 0x000c'0209u);
  EXPECT_EQ(cpu.read_spr(spr::hid1), 0xa000'0000u);
  EXPECT_EQ(cpu.read_spr(spr::l2cr), 0u);
  EXPECT_EQ(cpu.read_spr(spr::dec), 0xffff'ffffu);
  EXPECT_EQ(cpu.read_spr(spr::tbl), 0u);
  EXPECT_EQ(cpu.read_spr(spr::xer), 0u);
  EXPECT_EQ(cpu.state.pc, 0xfff0'0100u);
  EXPECT_EQ(cpu.state.msr, 0x0000'0040u);
  EXPECT_EQ(cpu.state.cr_word(), 0u);
  EXPECT_EQ(cpu.state.vscr, GetParam() == &cpu_750 ? 0u : 0x0001'0000u);
}

TEST_P(SprTest, UserCopiesShowThePerformanceMonitor) {
  for (const unsigned n : {952, 953, 954, 955, 956, 957, 958}) {
    cpu.write_spr(n, 0x1111'0000 + n);
    EXPECT_EQ(cpu.read_spr(n - 16), 0x1111'0000 + n);
  }
  if (GetParam() == &cpu_7400) {
    cpu.write_spr(944, 0x8765'4321);
    cpu.write_spr(951, 0x1234'5678);
    EXPECT_EQ(cpu.read_spr(928), 0x8765'4321u);
    EXPECT_EQ(cpu.read_spr(935), 0x1234'5678u);
  }
}

// HID0: ICE 0x8000, DCE 0x4000, ICFI 0x0800, DCFI 0x0400.
TEST_P(SprTest, FlashInvalidateClearsItselfWhileTheCacheIsEnabled) {
  cpu.write_spr(spr::hid0, 0x0010'0c00);
  EXPECT_EQ(cpu.read_spr(spr::hid0), 0x0010'0c00u);
  cpu.write_spr(spr::hid0, 0x0010'8c00);
  EXPECT_EQ(cpu.read_spr(spr::hid0), 0x0010'8400u);
  cpu.write_spr(spr::hid0, 0xffff'ffff);
  EXPECT_EQ(cpu.read_spr(spr::hid0), 0xffff'f3ffu);
}

TEST_P(SprTest, NothingThatSoftwarePollsStaysBusy) {
  cpu.write_spr(spr::l2cr, 0x8020'0801);  // L2E, L2I; L2HWF and L2IP are done at once
  EXPECT_EQ(cpu.read_spr(spr::l2cr), 0x8020'0000u);
  if (GetParam() == &cpu_7400) {
    cpu.write_spr(spr::msscr0, 0x0080'0000);  // DL1HWF
    EXPECT_EQ(cpu.read_spr(spr::msscr0), 0u);
  }
  cpu.write_spr(spr::thrm1, 0xffff'ffff);
  EXPECT_EQ(cpu.read_spr(spr::thrm1) & 0xc000'0000, 0u);
}

struct CodeWatcher : ExecutionHooks {
  std::set<u32> invalidated;
  void invalidate_code(u32 physical, u32) override { invalidated.insert(physical & ~page_mask); }
  u32 uncounted_instructions() const override { return 0; }
  void system_call(u32) override {}
};

TEST_P(SprTest, InvalidatingTheInstructionCacheForgetsAllDecodedCode) {
  CodeWatcher watcher;
  cpu.set_hooks(&watcher);
  cpu.watch_code(0x0000'0100, 64);
  cpu.watch_code(0x00ab'cf00, 256);
  cpu.watch_code(0xffff'f000, 4);
  cpu.write_spr(spr::hid0, 0x8000);
  EXPECT_TRUE(watcher.invalidated.empty());
  cpu.write_spr(spr::hid0, 0x8800);
  EXPECT_EQ(watcher.invalidated, (std::set<u32>{0, 0x00ab'c000, 0xffff'f000}));
}

// The software TLB's window is left when what decides about translation changes, and only then.
TEST_P(SprTest, AddressSpaceRegisters) {
  const auto in_window = [&] { return cpu.tlb.window_selected(); };
  const auto enter = [&] { cpu.tlb.select(cpu.state); };
  for (unsigned n = 528; n <= 543; ++n) {
    enter();
    cpu.write_spr(n, 0);
    EXPECT_TRUE(in_window()) << n;
    cpu.write_spr(n, 0x0002'0002);
    EXPECT_FALSE(in_window()) << n;
    EXPECT_EQ(cpu.read_spr(n), 0x0002'0002u);
  }
  for (unsigned n = 0; n < 16; ++n) {
    enter();
    cpu.write_segment(n, 0);
    EXPECT_TRUE(in_window()) << n;
    cpu.write_segment(n, 0x2000'0400 + n);
    EXPECT_FALSE(in_window()) << n;
    EXPECT_EQ(cpu.state.sr[n], 0x2000'0400 + n);
  }
  EXPECT_EQ(cpu.state.ibat[3].lower, 0x0002'0002u);
}

TEST_P(SprTest, Sdr1AndTlbieDropTranslations) {
  u8 host[page_size];
  const auto filled = [&] { return cpu.tlb.read_distance()[5] != 0; };
  const auto fill = [&] {
    cpu.tlb.select(cpu.state);
    cpu.tlb.fill_read(5 * page_size, {.physical = 0, .in_tlb = true}, host);
  };
  const auto forgotten = world.translation.forgotten;
  fill();
  cpu.tlb_invalidate_entry(6 * page_size);
  EXPECT_TRUE(filled());
  cpu.tlb_invalidate_entry(0xfff0'5000);  // same congruence class, other segment
  EXPECT_FALSE(filled());
  fill();
  cpu.write_spr(spr::sdr1, 0x0010'0000);
  EXPECT_FALSE(filled());
  fill();
  cpu.tlb_invalidate_all();
  EXPECT_FALSE(filled());
  EXPECT_EQ(world.translation.forgotten, forgotten + 4);
}

}  // namespace
}  // namespace quince::ppc
