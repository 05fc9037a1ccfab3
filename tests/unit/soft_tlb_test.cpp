// The software TLB's own memory: what it notes about pages does not grow with how often they are filled.
#include "guest-ppc/soft_tlb.h"

#include <gtest/gtest.h>

#include "tests/jit/resources.h"

namespace quince::ppc {
namespace {

constexpr u32 physical = 0x3000, alias = 0x3100'0000;

struct World {
  World() {
    state.msr = msr::ir | msr::dr;
    tlb.select(state);
  }
  void fill() {
    tlb.fill_write(alias, {.physical = physical, .writable = true, .in_tlb = true}, page.data());
  }
  bool is_writable() const { return tlb.write_distance()[alias / page_size] != 0; }

  CpuState state{};
  SoftTlb tlb;
  std::vector<u8> page = std::vector<u8>(page_size);
};

// A page that is written here and executed elsewhere: each round fills its entry and takes it away again.
TEST(SoftTlb, FilledAgainAndAgain) {
  World world;
  const auto round = [&world] {
    world.fill();
    world.tlb.protect_page(physical);
  };
  round();
  const std::size_t before = jit_test::resident_bytes();
  for (int n = 0; n < 4'000'000; ++n) round();
  jit_test::expect_resident_below(before + (1u << 20));
}

TEST(SoftTlb, NotesOutliveAnEntry) {
  World world;
  for (int n = 0; n < 2; ++n) {
    world.fill();
    world.tlb.protect_page(physical);
    EXPECT_FALSE(world.is_writable());
    world.fill();
    EXPECT_TRUE(world.is_writable());
    world.tlb.invalidate_class(alias);
    EXPECT_FALSE(world.is_writable());
  }
}

// Pages that are writable at several addresses lose all their entries at once, and tlbie still finds them.
TEST(SoftTlb, NotesOutliveAllEntries) {
  World world;
  world.fill();
  world.tlb.fill_write(alias + page_size, {.physical = physical, .writable = true, .in_tlb = true},
                       world.page.data());
  world.tlb.protect_page(physical);
  EXPECT_FALSE(world.is_writable());
  world.fill();
  world.tlb.invalidate_class(alias);
  EXPECT_FALSE(world.is_writable());
}

}  // namespace
}  // namespace quince::ppc
