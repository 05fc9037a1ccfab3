// Loops of one block, whose registers and CR fields are not always where they belong: with each way out, a
// page that is not there, a device and limits of instructions, under both engines.
#include <gtest/gtest.h>

#include "tests/jit/machine.h"

namespace quince::jit_test {
namespace {

using namespace as_more;  // NOLINT(google-build-using-namespace)

constexpr u32 code = 0x1000, data = 0x4000, ram = 0x1'0000;
// Some have host registers everywhere, some have not.
constexpr unsigned few[] = {3, 4, 9, 5, 6, 20}, base = 10, other_base = 21;

constexpr u32 compare_of(u32 extended, unsigned field, unsigned a, unsigned b) {
  return as::x_form(31, field << 2, a, b, extended);
}
constexpr u32 cmpw(unsigned field, unsigned a, unsigned b) { return compare_of(0, field, a, b); }
constexpr u32 cmplw(unsigned field, unsigned a, unsigned b) { return compare_of(32, field, a, b); }
constexpr u32 cmpwi(unsigned field, unsigned a, u32 to) { return as::d_form(11, field << 2, a, to); }
constexpr u32 cmplwi(unsigned field, unsigned a, u32 to) { return as::d_form(10, field << 2, a, to); }
constexpr u32 fcmpu(unsigned field, unsigned a, unsigned b) { return as::x_form(63, field << 2, a, b, 0); }

class Loops : public testing::Test {
 protected:
  unsigned reg() { return random.pick(few); }
  unsigned field() { return random.pick(std::array{0u, 1u, 6u}); }
  u32 access() {
    constexpr unsigned opcodes[] = {32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 44, 45};  // lwz, lwzu, lbz...
    return as::d_form(random.pick(opcodes), reg(), random.one_in(3) ? other_base : base, random.below(9));
  }
  u32 comparison() {
    switch (random.below(8)) {
      case 0: return cmpw(field(), reg(), reg());
      case 1: return cmplw(field(), reg(), reg());
      case 2: return cmplwi(field(), reg(), random.bits());
      case 3: return fcmpu(field(), random.below(4), random.below(4));
      case 4: return as::x_form(31, reg(), reg(), reg(), 266) | 1;  // add.
      default: return cmpwi(field(), reg(), random.below(5) - 2);
    }
  }
  // Often of a register that no loop writes.
  u32 nor() {
    const unsigned one = random.pick(std::array{7u, 31u, reg()}), other = reg();
    const u32 word =
        random.one_in(2) ? as::x_form(31, one, reg(), other, 124) : as::x_form(31, other, reg(), one, 124);
    return word | (random.one_in(3) ? 1 : 0);
  }
  u32 instruction(u32 left) {
    switch (random.below(13)) {
      case 12: return nor();
      case 0:
      case 1:
      case 2: return access();
      case 3:
      case 4:
      case 5: return comparison();
      case 6: return as::bc(random.one_in(2) ? 12 : 4, 4 * field() + random.below(3), 4 * (left + 2));
      case 7: return random.one_in(3) ? as::x_form(31, reg(), 0, 0, 19) : as::mfspr(reg(), as::ctr);  // mfcr
      case 8: return random.one_in(3) ? as::mtspr(as::ctr, reg()) : as::x_form(31, reg(), reg(), reg(), 60);
      default:
        return random.one_in(2) ? as::addi(reg(), reg(), random.below(9) - 4) : add(reg(), reg(), reg());
    }
  }
  // Forwards it leaves for the first or the second of two instructions behind it.
  std::vector<u32> loop() {
    std::vector<u32> words;
    for (u32 left = 1 + random.below(9); left > 0; --left) words.push_back(instruction(left));
    if (random.one_in(2)) words.push_back(comparison());
    const unsigned bo = random.pick(std::array{16u, 16u, 18u, 12u, 4u, 0u, 8u, 20u});
    words.push_back(as::bc(bo, 4 * field() + random.below(3), static_cast<u32>(-4 * words.size())));
    words.insert(words.end(), {as::addi(20, 20, 1), as::system_call});
    return words;
  }

  // The field that is compared last is what the next round asks for first, or the jump to it; mostly it says
  // "equal".
  std::vector<u32> loop_while_equal() {
    const unsigned asked = field(), one = reg(), other = random.one_in(2) ? one : reg();
    std::vector<u32> words;
    if (random.one_in(2)) words.push_back(access());
    if (random.one_in(3)) words.push_back(as::x_form(31, reg(), 0, 0, 19));  // mfcr
    const u32 between = random.below(4);
    if (!random.one_in(4)) words.push_back(as::bc(4, 4 * asked + 2, 4 * (between + 4)));
    for (u32 left = between; left > 0; --left) {
      words.push_back(random.one_in(3) ? instruction(left) : random.one_in(3) ? nor() : access());
    }
    if (random.one_in(4)) {
      const unsigned changed = reg();
      words.insert(words.end(), {cmpwi(asked, changed, 1), as::addi(changed, changed, 1), access()});
    }
    if (random.one_in(2)) words.push_back(as::x_form(31, reg(), 5, reg(), 28) | 1);  // and.
    switch (random.below(4)) {
      case 0: words.push_back(cmpwi(asked, one, 0)); break;
      case 1: words.push_back(cmplw(asked, one, other)); break;
      default: words.push_back(cmpw(asked, one, other));
    }
    if (random.one_in(4)) words.push_back(as::bc(random.one_in(2) ? 12 : 4, 4 * asked + 2, 8));
    const unsigned bo = random.pick(std::array{16u, 12u, 4u, 20u});
    const unsigned at = random.one_in(2) ? 4 * asked + 2 : 2;
    words.push_back(as::bc(bo, at, static_cast<u32>(-4 * words.size())));
    words.insert(words.end(), {as::addi(20, 20, 1), as::system_call});
    return words;
  }

  void put(const std::vector<u32>& words) {
    for (World* world : worlds) {
      u32 at = code;
      for (const u32 word : words) at = world->put(at, {word});
    }
  }
  void set_registers() {
    const u32 seed = random.bits(), rounds = 1 + random.below(random.one_in(3) ? 500 : 6);
    const u32 places[] = {random.below(ram - data) + data, ram - random.below(40)};
    for (World* world : worlds) {
      ppc::CpuState& state = world->cpu.state;
      for (unsigned n = 0; n < 32; ++n) world->r(n) = n % 3 == 0 ? n : seed * n;
      for (unsigned n = 0; n < 4; ++n) state.fpr[n] = n == 3 ? 0x7ff8'0000'0000'0000 : u64{n / 2} << 62;
      world->r(base) = places[0], world->r(other_base) = places[1];
      state.ctr = rounds;
      state.set_cr_word(0);
      state.xer_so = false;
    }
  }
  void compare(unsigned round) {
    const ppc::CpuState &one = interpreted.cpu.state, &other = translated.cpu.state;
    for (unsigned n = 0; n < 32; ++n) ASSERT_EQ(one.gpr[n], other.gpr[n]) << "r" << n << ", " << round;
    ASSERT_EQ(one.cr_word(), other.cr_word()) << round;
    ASSERT_EQ(one.ctr, other.ctr) << round;
    ASSERT_EQ(one.pc, other.pc) << round;
    ASSERT_EQ(interpreted.stop.what.vector, translated.stop.what.vector) << round;
    ASSERT_EQ(interpreted.stop.what.dar, translated.stop.what.dar) << round;
    ASSERT_EQ(interpreted.cpu.retired, translated.cpu.retired) << round;
    ASSERT_EQ(interpreted.memory.ram, translated.memory.ram) << round;
  }

  Random random{11};
  World interpreted{EngineKind::interpreter, ram}, translated{EngineKind::translator, ram};
  World* const worlds[2] = {&interpreted, &translated};
};

TEST_F(Loops, DoAsTheInterpreter) {
  for (unsigned round = 0; round < 12'000; ++round) {
    put(round % 2 == 0 ? loop() : loop_while_equal());
    for (unsigned turn = 0; turn < 3; ++turn) {
      set_registers();
      const u32 limit = random.one_in(2) ? 1 + random.below(60) : 3000;
      for (World* world : worlds) world->run(code, limit);
      compare(round);
      if (HasFatalFailure()) return;
      for (World* world : worlds) world->resume(limit);
      compare(round);
      if (HasFatalFailure()) return;
    }
  }
}

// The field that the round before owes is not the one that is there when a load faults.
TEST_F(Loops, AFieldThatFloatsWriteIsNotOwed) {
  put({fcmpu(0, 0, 3), as::d_form(33, 4, base, 4), as::addi(9, 9, static_cast<u32>(-1)), cmpwi(0, 9, 0),
       as::bc(4, 2, static_cast<u32>(-16)), as::system_call});
  set_registers();
  for (World* world : worlds) {
    world->r(9) = 100, world->r(base) = ram - 40;
    world->cpu.state.fpr[0] = 0;
    EXPECT_FALSE(world->run(code));
    EXPECT_EQ(world->cpu.state.cr_word(), 0x1000'0000u);  // unordered
  }
  compare(0);
}

// A device changes the loop that stores to it: the round is done as it was, the next one is new.
TEST_F(Loops, ADeviceChangesTheLoop) {
  for (World* world : worlds) {
    world->put(code, {add(5, 5, 6), as::stw(4, 21, 0), as::addi(6, 6, 1),
                      as::bc(bdnz, 0, static_cast<u32>(-12)), as::system_call});
    unsigned stores = 0;
    world->memory.on_store = [=, &stores](u32) {
      if (++stores == 7) world->put(code + 8, {as::addi(6, 6, 5)});
    };
    world->r(5) = 0, world->r(6) = 1, world->r(21) = WorldMemory::device, world->cpu.state.ctr = 10;
    ASSERT_TRUE(world->run(code));
    EXPECT_EQ(world->r(5), 1u + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 13 + 18);
    EXPECT_EQ(world->r(6), 23u);
    EXPECT_EQ(world->cpu.state.ctr, 0u);
    world->memory.on_store = {};
  }
}

}  // namespace
}  // namespace quince::jit_test
