// Pages that are not cached as others are: stores go the fast way, but dcbz and stwcx. know the difference
// (PEM 4.3.2, 5.2.1; MPC750UM 4.5.6).
#include <gtest/gtest.h>

#include "tests/unit/fake_world.h"

namespace quince::ppc {
namespace {

class OneKindOfPage final : public Translation {
 public:
  bool cache_inhibited = false, write_through = false;
  tl::expected<Mapping, GuestException> translate(const CpuState&, u32 ea, Access) override {
    return Mapping{.physical = ea & ~page_mask,
                   .writable = true,
                   .cache_inhibited = cache_inhibited,
                   .write_through = write_through};
  }
};

class UncachedTest : public ::testing::Test {
 protected:
  static constexpr u32 ea = 0x5000, page = ea / page_size;
  UncachedTest() { memory.add(ea, page_size); }
  bool zeroing_traps() {
    try {
      cpu.zero_block(ea);
      return false;
    } catch (const GuestException& exception) {
      EXPECT_EQ(exception.vector, Vector::alignment);
      return true;
    }
  }
  FakeMemory memory;
  FakeClock clock;
  OneKindOfPage translation;
  Cpu cpu{cpu_750, translation, memory, clock};
};

TEST_F(UncachedTest, StoresGetAnEntry) {
  translation.cache_inhibited = true;
  cpu.store<u32>(ea, 0x1234'5678);
  EXPECT_NE(cpu.tlb.write_distance()[page], 0u);
  EXPECT_EQ(memory.word(ea), 0x1234'5678u);
}

TEST_F(UncachedTest, ZeroingTrapsBeforeAndAfterAStore) {
  for (const bool inhibited : {false, true}) {
    cpu.tlb.invalidate_all();
    translation.cache_inhibited = inhibited;
    translation.write_through = !inhibited;
    EXPECT_TRUE(zeroing_traps());
    cpu.store<u32>(ea, 0x1234'5678);
    EXPECT_TRUE(zeroing_traps());
    EXPECT_EQ(memory.word(ea), 0x1234'5678u);
  }
}

TEST_F(UncachedTest, APageThatIsCachedFromNowOn) {
  translation.cache_inhibited = true;
  cpu.store<u32>(ea, 0x1234'5678);
  cpu.tlb.invalidate_all();
  translation.cache_inhibited = false;
  cpu.store<u32>(ea + 4, 1);
  EXPECT_FALSE(zeroing_traps());
  EXPECT_EQ(memory.word(ea), 0u);
}

TEST_F(UncachedTest, ConditionalStoresToWriteThroughPagesTrap) {
  translation.write_through = true;
  cpu.store<u32>(ea, 7);
  EXPECT_THROW(cpu.store_conditional(ea, 1), GuestException);
}

}  // namespace
}  // namespace quince::ppc
