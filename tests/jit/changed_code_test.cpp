// Self-modifying code under both engines. What must come out follows from the architecture: after dcbst,
// sync, icbi and isync the new instructions are executed, whoever wrote them and however the old ones were
// reached.
#include <gtest/gtest.h>

#include "tests/jit/machine.h"
#include "tests/jit/resources.h"

namespace quince::jit_test {
namespace {

using namespace as_more;  // NOLINT(google-build-using-namespace)

struct Engine {
  const char* name;
  EngineKind kind;
  std::size_t code_cache_bytes;
};

class ChangedCode : public testing::TestWithParam<Engine> {
 protected:
  World world{GetParam().kind, 1u << 20, GetParam().code_cache_bytes};
  static constexpr u32 start = 0x1000;
};

INSTANTIATE_TEST_SUITE_P(Engines, ChangedCode,
                         testing::Values(Engine{"Interpreter", EngineKind::interpreter, 0},
                                         Engine{"Translator", EngineKind::translator, 16u << 20},
                                         Engine{"Patient", EngineKind::patient, 16u << 20},
                                         Engine{"SmallCache", EngineKind::translator, 1u << 20}),
                         [](const auto& engine) { return engine.param.name; });

// r4: what to write, r5: where. Makes it visible to fetches.
#define WRITE_CODE as::stw(4, 5, 0), dcbst(0, 5), sync, icbi(0, 5), isync

TEST_P(ChangedCode, AFunctionIsReplacedBetweenCalls) {
  const u32 function = 0x3000;
  world.put(function, {as::addi(3, 3, 1), blr});
  const u32 at = world.put(start, {as::b(function - start) | as::link});
  const u32 second = world.put(at, {WRITE_CODE});
  world.put(second, {as::b(function - second) | as::link, as::system_call});
  world.r(3) = 0, world.r(4) = as::addi(3, 3, 100), world.r(5) = function;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 101u);
}

TEST_P(ChangedCode, TheNextInstructionIsReplaced) {
  const u32 target = start + 4 * 5;
  world.put(start, {WRITE_CODE, as::li(3, 1), as::system_call});
  for (u32 round = 0; round < 20; ++round) {
    world.r(4) = as::li(3, 50 + round), world.r(5) = target;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), 50 + round);
  }
}

// Each round the loop rewrites the instruction behind its isync, so that its own blocks go while they run.
TEST_P(ChangedCode, ALoopRewritesItself) {
  const u32 patched = start + 4 * 8;
  world.put(start, {as::li(6, 1000), as::mtspr(as::ctr, 6), as::addi(4, 4, 1),  // another immediate
                    WRITE_CODE,
                    as::nop,  // addi r3, r3, n
                    as::bc(bdnz, 0, static_cast<u32>(-4 * 7)), as::system_call});
  world.r(3) = 0, world.r(4) = as::addi(3, 3, 0), world.r(5) = patched;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 1000u * 1001 / 2);
}

// The first round still goes on as it was; what is written takes effect with the next one.
TEST_P(ChangedCode, ALoopOfOneBlockRewritesItself) {
  for (const u32 places : {10u, 20u, 30u}) {
    world.put(start, {as::stw(4, 5, 0), as::addi(3, 3, 1), as::addi(7, 7, 1),
                      as::bc(bdnz, 0, static_cast<u32>(-4 * 3)), as::system_call});
    world.r(3) = world.r(7) = 0, world.r(4) = as::addi(3, 3, places), world.r(5) = start + 4;
    world.cpu.state.ctr = 100;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), 1 + 99 * places);
    EXPECT_EQ(world.r(7), 100u);
    EXPECT_EQ(world.cpu.state.ctr, 0u);
  }
}

// Code that runs often between its changes is soon translated without delay, and what runs is always the new.
TEST_P(ChangedCode, AFunctionIsReplacedManyTimes) {
  const u32 function = 0x3000;
  for (u32 round = 0; round < 60; ++round) {
    const u32 calls = round < 30 ? 20 : 1;
    world.put(function, {as::addi(3, 3, round), blr});
    const u32 loop = world.put(start, {as::li(6, calls), as::mtspr(as::ctr, 6)});
    const u32 back = world.put(loop, {as::b(function - loop) | as::link});
    world.put(back, {as::bc(bdnz, 0, loop - back), as::system_call});
    world.r(3) = 0;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), calls * round);
  }
}

// What the block leaves for is translated only then, when nobody may look at the block any more.
TEST_P(ChangedCode, ABlockThatHasChangedItselfLeavesForNewCode) {
  for (u32 n = 0; n < 100; ++n) {
    const u32 at = start + 0x100 * n, target = 0x2'0000 + 0x100 * n;
    world.put(at, {as::nop, as::stw(4, 5, 0), as::b(target - (at + 8))});
    world.put(target, {as::addi(3, 3, 1), as::system_call});
    world.r(3) = n, world.r(4) = as::nop, world.r(5) = at;
    ASSERT_TRUE(world.run(at));
    EXPECT_EQ(world.r(3), n + 1);
  }
}

// The block that is replaced has been linked to by a hot loop, directly and from another page.
TEST_P(ChangedCode, ALinkedBlockIsReplaced) {
  for (const u32 function : {start + 0x400, start + 0x2400}) {
    world.put(function, {as::addi(3, 3, 1), blr});
    const u32 loop = world.put(start, {as::li(6, 100), as::mtspr(as::ctr, 6)});
    const u32 back = world.put(loop, {as::b(function - loop) | as::link});
    world.put(back, {as::bc(bdnz, 0, loop - back), as::system_call});
    world.put(start + 0x200, {WRITE_CODE, as::b(start - (start + 0x214))});
    world.r(3) = 0, world.r(4) = as::addi(3, 3, 7), world.r(5) = function;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), 100u);
    ASSERT_TRUE(world.run(start + 0x200));
    EXPECT_EQ(world.r(3), 800u);
  }
}

TEST_P(ChangedCode, CodeOnTwoPages) {
  const u32 function = 0x4000 - 8;
  world.put(function, {as::addi(3, 3, 1), as::addi(3, 3, 2), as::addi(3, 3, 4), as::addi(3, 3, 8), blr});
  world.put(start, {WRITE_CODE, as::b(function - (start + 20)) | as::link, as::system_call});
  world.r(3) = 0, world.r(4) = as::nop, world.r(5) = 0x100;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 15u);
  u32 expected = 15;
  for (u32 n = 0; n < 4; ++n) {
    world.r(3) = 0, world.r(4) = as::addi(3, 3, 256), world.r(5) = function + 4 * n;
    expected += 256 - (1u << n);
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), expected);
  }
}

// A store of more than a byte at the end of a page changes the next page's code, too.
TEST_P(ChangedCode, AStoreAcrossAPageBoundary) {
  world.put(0x3ffc, {as::li(3, 1), as::li(4, 1), blr});
  world.put(start, {as::b(0x3ffc - start) | as::link, as::stw(7, 5, 0), dcbst(0, 5), dcbst(0, 6), sync,
                    icbi(0, 5), icbi(0, 6), isync, as::b(0x3ffc - (start + 32)) | as::link, as::system_call});
  // The low half of the first instruction and the high half of the second.
  world.r(7) = 9u << 16 | (as::li(4, 0) >> 16), world.r(5) = 0x3ffe, world.r(6) = 0x4000;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 9u);
  EXPECT_EQ(world.r(4), 1u);
}

// A subroutine replaces the code that it returns to: what the host would return to is gone.
TEST_P(ChangedCode, TheReturnAddressIsReplaced) {
  const u32 function = 0x3000, here = start + 8;
  for (const u32 kind : {0u, 1u}) {
    world.put(function, {WRITE_CODE, blr});
    // Directly, and through CTR.
    world.put(start, {as::mtspr(as::ctr, 6), kind == 0 ? as::b(function - start - 4) | as::link : bctrl,
                      as::li(3, 1), as::system_call});
    for (u32 round = 0; round < 10; ++round) {
      world.r(3) = 0, world.r(4) = as::li(3, 20 + round), world.r(5) = here, world.r(6) = function;
      ASSERT_TRUE(world.run(start));
      EXPECT_EQ(world.r(3), 20 + round);
    }
  }
}

// The target of a branch changes: what was linked must be unlinked.
TEST_P(ChangedCode, ABranchIsReplaced) {
  const u32 branch = 0x3000;
  world.put(0x3100, {as::addi(3, 3, 1), blr});
  world.put(0x5200, {as::addi(3, 3, 10), blr});
  world.put(branch, {as::b(0x100)});
  const u32 loop = world.put(start, {as::li(6, 50), as::mtspr(as::ctr, 6)});
  world.put(loop, {as::b(branch - loop) | as::link, as::bc(bdnz, 0, static_cast<u32>(-4)), as::system_call});
  world.put(0x200, {WRITE_CODE, as::b(start - 0x214)});
  world.r(3) = 0;
  ASSERT_TRUE(world.run(start));
  for (u32 round = 0; round < 4; ++round) {
    world.r(4) = round % 2 == 0 ? as::b(0x2200) : as::b(0x100), world.r(5) = branch;
    ASSERT_TRUE(world.run(0x200));
  }
  EXPECT_EQ(world.r(3), 50u * (1 + 10 + 1 + 10 + 1));
}

TEST_P(ChangedCode, DmaBetweenRuns) {
  const u32 function = 0x3000;
  world.put(start, {as::b(function - start) | as::link, as::system_call});
  for (u32 round = 0; round < 300; ++round) {
    world.put(function, {as::li(3, round), blr});
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), round);
  }
}

// The store to the device makes it write the code behind the isync, whose block is the one that runs.
TEST_P(ChangedCode, DmaWhileRunning) {
  const u32 patched = start + 4 * 5;
  world.memory.on_store = [&](u32 value) { world.put(patched, {as::addi(3, 3, value)}); };
  world.put(start, {as::li(6, 500), as::mtspr(as::ctr, 6), as::addi(4, 4, 1), as::stw(4, 5, 0), isync,
                    as::nop, as::bc(bdnz, 0, static_cast<u32>(-4 * 4)), as::system_call});
  world.r(3) = 0, world.r(4) = 0, world.r(5) = WorldMemory::device;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 500u * 501 / 2);
}

TEST_P(ChangedCode, DmaOverManyPages) {
  constexpr u32 first = 0x10000, pages = 64;
  for (u32 n = 0; n < pages; ++n) {
    const u32 at = first + n * ppc::page_size;
    world.put(at, {as::addi(3, 3, 1), n + 1 < pages ? as::b(ppc::page_size - 4) : as::system_call});
  }
  world.r(3) = 0;
  ASSERT_TRUE(world.run(first));
  ASSERT_EQ(world.r(3), pages);
  for (u32 n = 0; n < pages; ++n) {
    differential::put_word(std::span(world.memory.ram).subspan(first + n * ppc::page_size, 4),
                           as::addi(3, 3, 2));
  }
  world.cpu.memory_written(first, pages * ppc::page_size);
  world.r(3) = 0;
  ASSERT_TRUE(world.run(first));
  EXPECT_EQ(world.r(3), 2 * pages);
}

// Written at one effective address, executed at another.
TEST_P(ChangedCode, WrittenThroughAnotherMapping) {
  world.memory.where = [](const ppc::CpuState&, u32 ea) { return ea & 0xf'ffff; };
  const u32 function = 0x3000, alias = 0x5550'0000;
  world.put(function, {as::li(3, 1), blr});
  const u32 call = start + 4 * 5;
  world.put(start, {WRITE_CODE, as::b(function - call) | as::link, as::system_call});
  for (u32 round = 0; round < 10; ++round) {
    world.r(4) = as::li(3, 30 + round), world.r(5) = alias + function;
    ASSERT_TRUE(world.run(start));
    EXPECT_EQ(world.r(3), 30 + round);
  }
}

// dcbz and stmw and stswi and stvx over code.
TEST_P(ChangedCode, WrittenByInstructionsOfAllSizes) {
  const u32 function = 0x3000;
  struct Writer {
    u32 word;
    u32 expected;
  };
  const Writer writers[] = {
      {as::x_form(31, 0, 0, 5, 1014), 0},   // dcbz: illegal instructions
      {as::d_form(47, 30, 5, 0), 42},       // stmw r30, 0(r5)
      {as::x_form(31, 30, 5, 8, 725), 42},  // stswi r30, r5, 8
      {as::x_form(31, 1, 0, 5, 231), 42},   // stvx v1, 0, r5
      {as::d_form(54, 1, 5, 0), 42},        // stfd f1, 0(r5)
      {as::d_form(44, 29, 5, 2), 42},       // sth r29, 2(r5)
      {as::d_form(38, 29, 5, 3), 42},       // stb r29, 3(r5)
      {as::x_form(31, 30, 0, 5, 662), 1},   // stwbrx: cmpli
  };
  world.r(29) = 42, world.r(30) = as::li(3, 42), world.r(31) = blr;
  world.cpu.state.fpr[1] = u64{as::li(3, 42)} << 32 | blr;
  world.cpu.state.vr[1] = ppc::V128::from_lanes<u64>({0, u64{as::li(3, 42)} << 32 | blr});
  for (const Writer& writer : writers) {
    SCOPED_TRACE(testing::Message() << std::hex << writer.word);
    world.put(function, {as::li(3, 1), blr});
    world.put(start, {as::b(function - start) | as::link, writer.word, dcbst(0, 5), sync, icbi(0, 5), isync,
                      as::b(function - start - 24) | as::link, as::system_call});
    world.r(3) = 0, world.r(5) = function;
    const bool done = world.run(start);
    EXPECT_EQ(done, writer.expected != 0);
    if (done) {
      EXPECT_EQ(world.r(3), writer.expected);
    } else {
      EXPECT_EQ(world.stop.what.vector, ppc::Vector::program);
      EXPECT_EQ(world.cpu.state.pc, function);
    }
  }
}

// --- Mappings change under the code ---

// Two pages show different code depending on a segment register, which the loop itself changes; the branches
// to the page are linked.
TEST_P(ChangedCode, AnotherAddressSpaceHasOtherCode) {
  const u32 function = 0x3000;
  world.cpu.set_msr(world.cpu.state.msr | ppc::msr::ir | ppc::msr::dr);
  world.memory.where = [](const ppc::CpuState& state, u32 ea) {
    return ea / ppc::page_size == 3 ? ea + (state.sr[0] & 1) * ppc::page_size : ea;
  };
  world.put(function, {as::addi(3, 3, 1), blr});
  world.put(function + ppc::page_size, {as::addi(3, 3, 1000), blr});
  const u32 loop = world.put(start, {as::li(6, 200), as::mtspr(as::ctr, 6)});
  const u32 call = world.put(loop, {as::addi(4, 4, 1), mtsr(0, 4), isync});
  const u32 end = world.put(call, {as::b(function - call) | as::link});
  world.put(end, {as::bc(bdnz, 0, loop - end), as::system_call});
  world.r(3) = 0, world.r(4) = 0;
  ASSERT_TRUE(world.run(start));
  EXPECT_EQ(world.r(3), 100u * 1001);
}

// The same by tlbie, and the page from which the call comes changes while the subroutine runs: the return
// leads to the new page's code.
TEST_P(ChangedCode, ThePageReturnedToChanges) {
  u32 shown = 0;
  world.memory.where = [&](const ppc::CpuState&, u32 ea) {
    return ea / ppc::page_size == 3 ? ea + shown * ppc::page_size : ea;
  };
  world.memory.on_store = [&](u32 value) { shown = value; };
  const u32 function = 0x8000, caller = 0x3000;
  world.put(caller, {as::b(function - caller) | as::link, as::li(3, 1), as::system_call});
  world.put(caller + ppc::page_size, {as::b(function - caller) | as::link, as::li(3, 2), as::system_call});
  world.put(function, {as::stw(4, 5, 0), tlbie(6), sync, isync, blr});
  for (u32 round = 0; round < 20; ++round) {
    world.r(4) = round % 2, world.r(5) = WorldMemory::device, world.r(6) = caller;
    ASSERT_TRUE(world.run(caller));
    EXPECT_EQ(world.r(3), 1 + round % 2);
  }
}

// --- For a long time ---

TEST_P(ChangedCode, APageIsRewrittenAMillionTimes) {
  constexpr u32 parts = 10, rounds = sanitized ? 10'000 : 100'000;
  const u32 function = 0x3000;
  world.put(function, {as::nop, blr});
  const u32 call = world.put(start, {as::addi(7, 7, static_cast<u32>(-1)), xori(4, 4, 3), WRITE_CODE});
  const u32 end = world.put(call, {as::b(function - call) | as::link, cmpwi(7, 0)});
  world.put(end, {as::bc(if_false, eq, start - end), as::system_call});
  world.r(3) = 0, world.r(4) = as::addi(3, 3, 1), world.r(5) = function;
  std::vector<double> seconds;
  std::size_t resident = 0;
  for (u32 part = 0; part < parts; ++part) {
    world.r(7) = rounds;
    const Stopwatch watch;
    ASSERT_TRUE(world.run(start));
    seconds.push_back(watch.seconds());
    EXPECT_EQ(world.r(3), (part + 1) * rounds / 2 * 3);
    if (part == 1) resident = resident_bytes();
  }
  // The interpreter drops its decoded code when there are 100 MiB of it.
  const std::size_t kept =
      GetParam().kind == EngineKind::interpreter ? 110u << 20 : GetParam().code_cache_bytes;
  expect_resident_below(resident + kept + (8u << 20));
  expect_no_slowdown(seconds);
}

// Data and code on one page, as compilers of the time and interpreters' stubs have it: stores far from the
// code, in the same 64 bytes, and right behind it. None is reason to decode or translate anything again.
TEST_P(ChangedCode, DataBesideCode) {
  std::vector<double> fastest;
  for (const u32 distance : {0x200u, 0x2cu, 0x20u}) {
    fastest.push_back(1e9);
    constexpr u32 rounds = 200'000;
    const u32 loop =
        world.put(start, {as::lis(6, rounds >> 16), as::ori(6, 6, rounds & 0xffff), as::mtspr(as::ctr, 6)});
    world.put(loop, {as::lwz(4, 5, 0), as::addi(4, 4, 1), as::stw(4, 5, 0),
                     as::bc(bdnz, 0, static_cast<u32>(-12)), as::system_call});
    world.put(start + distance, {0});
    world.r(5) = start + distance;
    for (u32 run = 1; run <= 4; ++run) {
      const Stopwatch watch;
      ASSERT_TRUE(world.run(start));
      EXPECT_EQ(world.word(start + distance), run * rounds);
      fastest.back() = std::min(fastest.back(), watch.seconds());
    }
    EXPECT_LT(fastest.back(), 4 * fastest.front() + 0.01);
  }
}

}  // namespace
}  // namespace quince::jit_test
