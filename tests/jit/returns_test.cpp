// Returns whose LR is not what the call left there: generated code compares it with what calls have left on
// the host's stack.
#include <gtest/gtest.h>

#include "tests/jit/machine.h"

namespace quince::jit_test {
namespace {

using namespace as_more;  // NOLINT(google-build-using-namespace)

constexpr u32 start = 0x1000, function = 0x2000, elsewhere = 0x3000;
constexpr u32 blrl = 0x4e80'0021, beqlr = 0x4d82'0020, mtlr_r4 = as::mtspr(as::lr, 4);

class Returns : public testing::TestWithParam<EngineKind> {
 protected:
  // Twice, so that what was looked up is known the second time.
  void run(u32 expected) {
    for (unsigned time = 0; time < 2; ++time) {
      world.r(3) = 0;
      ASSERT_TRUE(world.run(start));
      EXPECT_EQ(world.r(3), expected);
    }
  }
  void put_elsewhere(u32 at) { world.put(at, {as::addi(3, 3, 100), as::system_call}); }
  World world{GetParam()};
};

// Where no call is, there is no return address: not even those of a host that marks the end with one.
TEST_P(Returns, WithoutACallToAnyAddress) {
  put_elsewhere(0);
  put_elsewhere(elsewhere);
  world.put(start, {as::addi(3, 3, 1), mtlr_r4, blr});
  for (const u32 low : {0u, 1u, 2u, 3u}) {
    for (const u32 target : {0u, elsewhere}) {
      world.r(4) = target | low;
      run(101);
    }
  }
}

TEST_P(Returns, WithLowBitsInLr) {
  world.put(function, {as::addi(3, 3, 1), as::mfspr(4, as::lr), as::addi(4, 4, 3), mtlr_r4, blr});
  const u32 next = world.put(start, {as::b(function - start) | as::link});
  world.put(next, {as::addi(3, 3, 10), as::system_call});
  run(11);
}

TEST_P(Returns, ToSomewhereElse) {
  put_elsewhere(elsewhere);
  world.put(function, {as::addi(3, 3, 1), mtlr_r4, blr});
  const u32 next = world.put(start, {as::b(function - start) | as::link});
  world.put(next, {as::addi(3, 3, 10), as::system_call});
  for (const u32 low : {0u, 1u, 3u}) {
    world.r(4) = elsewhere | low;
    run(101);
  }
}

// As an executable's entry point or a debugger may say: the two lowest bits are no part of an address.
TEST_P(Returns, TheFirstAddressIsOdd) {
  put_elsewhere(0);
  put_elsewhere(start);
  for (const u32 first : {1u, 2u, 3u, start | 1, start | 2}) {
    world.r(3) = 0;
    ASSERT_TRUE(world.run(first));
    EXPECT_EQ(world.r(3), 100u);
  }
}

// LR is read before the same instruction writes it.
TEST_P(Returns, ThatLinkGoWhereLrWas) {
  world.put(elsewhere, {as::mfspr(5, as::lr), as::addi(3, 3, 100), as::system_call});
  world.put(start, {mtlr_r4, blrl});
  world.r(4) = elsewhere | 1;
  run(100);
  EXPECT_EQ(world.r(5), start + 8);
}

TEST_P(Returns, OnACondition) {
  world.put(function, {as::addi(3, 3, 1), cmpwi(6, 0), beqlr, as::addi(3, 3, 5), blr});
  const u32 next = world.put(start, {as::b(function - start) | as::link});
  world.put(next, {as::addi(3, 3, 10), as::system_call});
  world.r(6) = 0;
  run(11);
  world.r(6) = 1;
  run(16);
}

INSTANTIATE_TEST_SUITE_P(Engines, Returns, testing::Values(EngineKind::interpreter, EngineKind::translator));

}  // namespace
}  // namespace quince::jit_test
