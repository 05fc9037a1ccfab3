// A guest that executes at a million addresses, that turns translation on and off, or that switches between
// address spaces without end: memory stays bounded and nothing gets slower.
#include <cstdlib>

#include "tests/jit/machine.h"
#include "tests/jit/resources.h"

namespace quince::jit_test {
namespace {

using namespace as_more;  // NOLINT(google-build-using-namespace)

constexpr u32 start = 0x1000;
constexpr std::size_t small_cache = 1u << 20, mebibyte = 1u << 20;

// Each program runs ten times, or so many times more often as the environment says.
unsigned parts() {
  const char* times = std::getenv("QUINCE_BOUNDS_TIMES");
  return 10 * (times ? static_cast<unsigned>(std::strtoul(times, nullptr, 10)) : 1);
}

// The time of each run, and nothing may grow after the second.
void expect_bounded(World& world, const std::function<void()>& prepare, std::size_t growth) {
  std::vector<double> seconds;
  std::size_t resident = 0;
  for (unsigned part = 0; part < parts(); ++part) {
    prepare();
    const Stopwatch watch;
    ASSERT_TRUE(world.run(start));
    seconds.push_back(watch.seconds());
    if (part == 1) resident = resident_bytes();
  }
  expect_resident_below(resident + growth);
  expect_no_slowdown(seconds);
}

// r3 goes through addresses r8 apart, each of which holds a subroutine.
void put_wanderer(World& world) {
  world.memory.where = [](const ppc::CpuState&, u32 ea) { return ea & 0xffff; };
  for (u32 page = 0; page < 16; ++page) world.put(page * ppc::page_size + 0x800, {as::addi(5, 5, 1), blr});
  const u32 loop = world.put(
      start, {as::mtspr(as::ctr, 3), bctrl, add(3, 3, 8), as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0)});
  world.put(loop, {as::bc(if_false, eq, start - loop), as::system_call});
}

TEST(Bounds, CodeOnAMillionPages) {
  constexpr u32 pages = 1u << 20;
  World world(EngineKind::translator, 1u << 16, 4 * mebibyte);
  put_wanderer(world);
  constexpr u32 each = sanitized ? 10'000 : 100'000;
  u32 next = 0x800, calls = 0;
  world.r(5) = 0;
  // Two rounds over all pages before anything is measured: the tables for a million pages are there then.
  if (!sanitized) {
    world.r(3) = next, world.r(4) = pages, world.r(8) = ppc::page_size;
    ASSERT_TRUE(world.run(start));
    calls = pages;
  }
  expect_bounded(
      world,
      [&] {
        world.r(3) = next, world.r(4) = each, world.r(8) = ppc::page_size;
        next += each * ppc::page_size;
        calls += each;
      },
      16 * mebibyte);
  EXPECT_EQ(world.r(5), calls);
}

// Targets four bytes apart on few pages: a sled of a million branches.
TEST(Bounds, AMillionTargets) {
  constexpr u32 ram = 8u << 20, first = 0x10'0000, targets = 1'000'000;
  World world(EngineKind::translator, ram, 4 * mebibyte);
  for (u32 n = 0; n < targets; ++n) {
    differential::put_word(std::span(world.memory.ram).subspan(first + 4 * n, 4), blr);
  }
  world.cpu.memory_written(first, 4 * targets);
  const u32 loop = world.put(
      start, {as::mtspr(as::ctr, 3), bctrl, add(3, 3, 8), as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0)});
  world.put(loop, {as::bc(if_false, eq, start - loop), as::system_call});
  constexpr u32 each = sanitized ? 10'000 : targets / 10;
  u32 next = first;
  expect_bounded(
      world,
      [&] {
        world.r(3) = next, world.r(4) = each, world.r(8) = 4;
        next += 4 * each;
        if (next == first + 4 * targets) next = first;
      },
      16 * mebibyte);
}

// Each way takes the processor to the other of two address spaces.
TEST(Bounds, TranslationOnAndOff) {
  World world(EngineKind::translator, 1u << 20, small_cache);
  world.put(start, {mfmsr(5), xori(5, 5, ppc::msr::ir | ppc::msr::dr), mtmsr(5), isync, as::lwz(6, 7, 0),
                    as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0),
                    as::bc(if_false, eq, static_cast<u32>(-28)), as::system_call});
  constexpr u32 each = sanitized ? 5'000 : 200'000;
  expect_bounded(
      world, [&] { world.r(4) = each, world.r(7) = 0x8000; }, 2 * mebibyte);
}

// A new address space each time, as if without end.
TEST(Bounds, ManyAddressSpaces) {
  World world(EngineKind::translator, 1u << 20, small_cache);
  world.put(start, {mtsr(3, 9), isync, as::lwz(6, 7, 0), as::stw(6, 7, 4), as::addi(9, 9, 1),
                    as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0),
                    as::bc(if_false, eq, static_cast<u32>(-28)), as::system_call});
  world.cpu.set_msr(world.cpu.state.msr | ppc::msr::ir | ppc::msr::dr);
  world.r(9) = 1;
  constexpr u32 each = sanitized ? 500 : 5'000;
  expect_bounded(
      world, [&] { world.r(4) = each, world.r(7) = 0x8000; }, 16 * mebibyte);
}

// Stores to a page that is executed at a hundred thousand addresses, with a translation for each.
TEST(Bounds, OnePageAtManyAddresses) {
  constexpr u32 page = 0x8000, calls = sanitized ? 10'000 : 200'000;
  World world(EngineKind::translator, 1u << 20, 64 * mebibyte);
  const u32 loop = world.put(
      start, {as::mtspr(as::ctr, 3), bctrl, add(3, 3, 8), as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0)});
  world.put(loop, {as::bc(if_false, eq, start - loop), as::system_call});
  world.put(page, {as::addi(5, 5, 1), blr});
  world.memory.where = [](const ppc::CpuState&, u32 ea) { return ea < page ? ea : page | (ea & 0xfff); };
  world.r(3) = page, world.r(4) = calls, world.r(5) = 0, world.r(8) = ppc::page_size;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(5), calls);
  const Stopwatch watch;
  for (u32 n = 0; n < 1000; ++n) world.put(page + 0x800, {n});  // data beside the code
  world.put(page, {as::addi(5, 5, 2)});
  EXPECT_LT(watch.seconds(), 0.2 * patience);
  world.r(3) = page, world.r(4) = 10;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(5), calls + 20);
}

// A hundred thousand blocks that all lead to one, which is then changed.
TEST(Bounds, ManyBlocksLeadToOne) {
  constexpr u32 first = 0x10'0000, blocks = sanitized ? 5'000 : 150'000, common = 0x8000;
  World world(EngineKind::translator, 2u << 20, 64 * mebibyte);
  for (u32 n = 0; n < blocks; ++n) {
    differential::put_word(std::span(world.memory.ram).subspan(first + 4 * n, 4),
                           as::b(common - (first + 4 * n)));
  }
  world.cpu.memory_written(first, 4 * blocks);
  world.put(common, {as::addi(5, 5, 1), blr});
  const u32 loop = world.put(
      start, {as::mtspr(as::ctr, 3), bctrl, add(3, 3, 8), as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0)});
  world.put(loop, {as::bc(if_false, eq, start - loop), as::system_call});
  for (const u32 step : {1u, 2u}) {  // linked the first time, changed, linked again
    world.r(3) = first, world.r(4) = blocks, world.r(5) = 0, world.r(8) = 4;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(5), blocks * step);
    const Stopwatch watch;
    world.put(common, {as::addi(5, 5, step + 1)});
    EXPECT_LT(watch.seconds(), 0.2 * patience);
  }
}

TEST(Bounds, InvalidatedAgainAndAgain) {
  World world(EngineKind::translator, 1u << 20, small_cache);
  world.put(start, {tlbie(7), sync, as::lwz(6, 7, 0), as::stw(6, 7, 4), as::addi(4, 4, static_cast<u32>(-1)),
                    cmpwi(4, 0), as::bc(if_false, eq, static_cast<u32>(-24)), as::system_call});
  constexpr u32 each = sanitized ? 5'000 : 100'000;
  expect_bounded(
      world, [&] { world.r(4) = each, world.r(7) = 0x8000; }, 2 * mebibyte);
}

// Calls nest deeper than any stack of return addresses, and returns come that no call was made for.
TEST(Bounds, CallsWithoutEnd) {
  World world(EngineKind::translator, 1u << 20, small_cache);
  // Calls itself r4 times without returning.
  world.put(start, {as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0), as::bc(12, eq, 8),
                    as::b(static_cast<u32>(-12)) | as::link, as::system_call});
  constexpr u32 each = sanitized ? 50'000 : 1'000'000;
  expect_bounded(
      world, [&] { world.r(4) = each; }, 2 * mebibyte);
}

TEST(Bounds, ReturnsWithoutCalls) {
  World world(EngineKind::translator, 1u << 20, small_cache);
  world.put(start, {as::addi(4, 4, static_cast<u32>(-1)), cmpwi(4, 0), as::bc(12, eq, 12),
                    as::mtspr(as::lr, 7), blr, as::system_call});
  constexpr u32 each = sanitized ? 50'000 : 1'000'000;
  expect_bounded(
      world, [&] { world.r(4) = each, world.r(7) = start; }, 2 * mebibyte);
}

}  // namespace
}  // namespace quince::jit_test
