// Loads and stores with one base register, which share a look-up where they are in one page: at the edges of
// pages that lie apart, are missing or belong to a device, of all sizes and alignments, under both engines.
#include <gtest/gtest.h>

#include "tests/jit/machine.h"

namespace quince::jit_test {
namespace {

constexpr u32 code = 0x1000, data = 0x4000'0000, pages = 4, ram = 0x2'0000;
constexpr u32 page_of_data[] = {0x8000, 0x3000, 0x9000, 0x6000};  // where they are

struct Form {
  unsigned opcode;
  u32 bytes;
};
constexpr Form loads[] = {{32, 4}, {34, 1}, {40, 2}, {42, 2}}, stores[] = {{36, 4}, {38, 1}, {44, 2}};
constexpr unsigned update = 1, load_multiple = 46;  // added to an opcode: the base becomes the address

class Neighbours : public testing::Test {
 protected:
  Neighbours() {
    for (World* world : {&interpreted, &translated}) {
      world->memory.where = [](const ppc::CpuState&, u32 ea) -> u32 {
        if (ea < data) return ea;
        const u32 page = (ea - data) / ppc::page_size;
        return page < pages ? page_of_data[page] | ea % ppc::page_size : ~0u;
      };
    }
  }

  // One register as base for most of them, which may change on the way.
  std::vector<u32> accesses(unsigned base) {
    std::vector<u32> words;
    const u32 middle = random.below(64), reach = random.one_in(8) ? 3000 : 40;
    const bool storing = random.one_in(2), tidy = random.one_in(2);
    for (u32 count = 3 + random.below(10); count > 0; --count) {
      const bool stores_now = storing != random.one_in(12);
      const Form form = stores_now ? stores[random.below(3)] : loads[random.below(4)];
      u32 displacement = middle + random.below(reach) - reach / 2;
      if (tidy) displacement &= -form.bytes;
      const unsigned other = random.one_in(12) ? base : 3 + random.below(20);
      if (random.one_in(10)) words.push_back(as::addi(other, 3 + random.below(20), random.below(8)));
      const bool updates = random.one_in(16) && (stores_now || other != base);
      const unsigned from = random.one_in(24) ? 11 : base;
      const bool valid = !updates || stores_now || from != other;
      words.push_back(as::d_form(form.opcode + (updates && valid ? update : 0), other, from, displacement));
    }
    if (random.one_in(8)) words.push_back(as::d_form(load_multiple + random.below(2), 24, base, 0));
    words.push_back(as::system_call);
    return words;
  }
  void compare(unsigned round) {
    for (unsigned n = 0; n < 32; ++n)
      ASSERT_EQ(interpreted.r(n), translated.r(n)) << "r" << n << ", " << round;
    ASSERT_EQ(interpreted.cpu.state.pc, translated.cpu.state.pc) << round;
    ASSERT_EQ(interpreted.stop.what.vector, translated.stop.what.vector) << round;
    ASSERT_EQ(interpreted.stop.what.dar, translated.stop.what.dar) << round;
    ASSERT_EQ(interpreted.cpu.retired, translated.cpu.retired) << round;
    ASSERT_EQ(interpreted.memory.ram, translated.memory.ram) << round;
  }

  Random random{7};
  World interpreted{EngineKind::interpreter, ram}, translated{EngineKind::translator, ram};
};

// Each of the programs at several places, near the edges of pages above all.
TEST_F(Neighbours, DoAsTheInterpreter) {
  for (unsigned round = 0; round < 3000; ++round) {
    const unsigned base = random.one_in(2) ? 10 : 20;  // in a register of the host, in memory
    const auto words = accesses(base);
    for (unsigned turn = 0; turn < 6; ++turn) {
      const u32 edge = random.below(pages + 1) * ppc::page_size, aligned = turn < 4 ? ~3u : ~0u;
      const u32 at = data + ((edge + random.below(200) - 120) & aligned), seed = random.bits();
      for (World* world : {&interpreted, &translated}) {
        if (turn == 0) {
          for (std::size_t n = 0; n < words.size(); ++n)
            world->put(code + 4 * static_cast<u32>(n), {words[n]});
        }
        for (unsigned n = 0; n < 32; ++n) world->r(n) = seed * (2 * n + 1);
        world->r(base) = at;
        world->r(11) = at + 8;
        world->run(code);
      }
      compare(round);
    }
  }
}

// A device among them sees each store, in order, and each load after it finds what it left.
TEST_F(Neighbours, StoresToADeviceArriveInOrder) {
  std::vector<u32> seen[2];
  World* const worlds[] = {&interpreted, &translated};
  for (unsigned n = 0; n < 2; ++n) {  // NOLINT(modernize-loop-convert): both lists
    worlds[n]->memory.on_store = [&to = seen[n]](u32 value) { to.push_back(value); };
    worlds[n]->put(
        code, {as::stw(4, 10, 0), as::stw(5, 10, 4), as::stw(6, 10, 8), as::stw(7, 10, 12), as::system_call});
    for (const u32 at : {WorldMemory::device, WorldMemory::device + 0x100, data}) {
      for (unsigned r = 4; r < 8; ++r) worlds[n]->r(r) = at + r;
      worlds[n]->r(10) = at;
      ASSERT_TRUE(worlds[n]->run(code));
    }
  }
  EXPECT_EQ(seen[0].size(), 8u);
  EXPECT_EQ(seen[0], seen[1]);
  compare(0);
}

}  // namespace
}  // namespace quince::jit_test
