// Generated floating-point code against the interpreter, bit by bit: registers, FPSCR, CR, memory,
// instruction count, at the end and at every fault on the way.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/jit/engine_pair.h"
#include "tests/jit/float_program.h"

namespace quince::test {
namespace {

using ppc::u32;
using ppc::u64;

u64 setting(const char* name, u64 otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

void start(FlatMachine& machine, const ppc::CpuState& state, const std::vector<ppc::u8>& data) {
  machine.cpu.state = state;
  std::copy(data.begin(), data.end(), machine.memory.ram.begin() + FloatPrograms::data_base);
}

std::string listing(const std::vector<u32>& words, const ppc::CpuState& state) {
  std::string text;
  char line[64];
  for (const u32 word : words) {
    std::snprintf(line, sizeof line, "  .long 0x%08x\n", word);
    text += line;
  }
  std::snprintf(line, sizeof line, "from FPSCR %08x CR %08x\n", state.fpscr, state.cr_word());
  text += line;
  for (unsigned n = 0; n < 32; ++n) {
    std::snprintf(line, sizeof line, "f%u %016llx\n", n, static_cast<unsigned long long>(state.fpr[n]));
    text += line;
  }
  return text;
}

void compare(const ppc::CpuModel& model, bool faults) {
  constexpr u64 runs = 12;
  const u64 first_seed = setting("QUINCE_FLOAT_SEED", 1), programs = setting("QUINCE_FLOAT_PROGRAMS", 2500);
  EnginePair pair(model);
  u64 expected_instructions = 0;
  for (u64 seed = first_seed; seed < first_seed + programs; ++seed) {
    FloatPrograms random(seed);
    const std::vector<u32> program = random.program(faults);
    pair.put_program(program);
    for (u64 run = 0; run < runs; ++run) {
      ppc::CpuState state{};
      state.msr = ppc::msr::fp;
      state.pc = FlatMachine::code_base;
      state.gpr[3] = FloatPrograms::data_base + FloatPrograms::data_bytes;
      state.gpr[4] = 0x4000'0000;
      state.gpr[5] = 8 * (run % 4);
      random.randomise(state);
      std::vector<ppc::u8> data(3 * FloatPrograms::data_bytes);
      for (std::size_t at = 0; at < data.size(); at += 8) {
        const u64 value = random.operand();
        for (unsigned n = 0; n < 8; ++n) data[at + n] = static_cast<ppc::u8>(value >> (56 - 8 * n));
      }
      pair.both([&](FlatMachine& machine) { start(machine, state, data); });
      pair.run();
      expected_instructions = pair.instructions();
      ASSERT_EQ(pair.difference(), "") << "seed " << seed << ", run " << run << ", " << model.name << "\n"
                                       << listing(program, state);
    }
  }
  std::printf("%llu instructions\n", static_cast<unsigned long long>(expected_instructions));
  if (programs >= 2500) {
    EXPECT_GE(expected_instructions, 500'000u);
  }
}

// Values whose sums, products and quotients lie on the edges of what the host and the guest do alike.
constexpr u64 edges[] = {
    0,
    0x8000'0000'0000'0000,
    0x3ff0'0000'0000'0000,  // 1
    0x3ff0'0100'0000'0000,  // 1 + 2^-8
    0x3ff0'0010'0000'0000,  // 1 + 2^-12: its square lies halfway between two singles
    0xbff0'0010'0000'0000,
    0x3ff0'0000'0000'0001,  // 1 + 2^-52
    0x3fef'ffff'ffff'ffff,  // 1 - 2^-53: times 2^-1022 it is tiny, but rounds to 2^-1022
    0x3fef'ffff'e000'0000,  // 1 - 2^-24: the same for singles
    0x3fef'ffff'f000'0000,  // 1 - 2^-25
    0x0010'0000'0000'0000,  // 2^-1022
    0x8010'0000'0000'0000,
    0x000f'ffff'ffff'ffff,  // the largest denormal
    0x0000'0000'0000'0001,
    0x3810'0000'0000'0000,  // 2^-126
    0x380f'ffff'e000'0000,
    0x36a0'0000'0000'0000,  // 2^-149
    0xb690'0000'0000'0000,  // -2^-150
    0x3af0'0000'0000'0000,  // 2^-80
    0xbaf0'0000'0000'0000,
    0x2000'0000'0000'0000,  // far below singles
    0x47ef'ffff'e000'0000,  // the largest single
    0x7fef'ffff'ffff'ffff,
    0x4008'0000'0000'0000,  // 3
    0x41df'ffff'ffe0'0000,  // 2^31 - 0.5
    0xc1e0'0000'0010'0000,  // -2^31 - 0.25
    0xbfd0'0000'0000'0000,  // -0.25
    0x7ff0'0000'0000'0000,
    0xfff0'0000'0000'0000,
    0x7ff8'0000'0000'0001,
    0x7ff4'0000'2000'0000,
};

// Each instruction, f5 := f1, f2, f3, with all of these; then FPSCR is saved, cleared, and restored.
void compare_edges(u32 instruction, bool three_operands) {
  EnginePair pair(ppc::cpu_750);
  constexpr u32 mffs_f6 = 0xfcc0'048e, mtfsf_f8 = 0xfdfe'458e, mtfsf_f6 = 0xfdfe'358e, sc = 0x4400'0002;
  pair.put_program({instruction, mffs_f6, mtfsf_f8, mtfsf_f6, sc});
  u32 rounding = 0;
  for (const u64 a : edges) {
    for (const u64 b : edges) {
      for (const u64 c : edges) {
        ppc::CpuState state{};
        state.msr = ppc::msr::fp;
        state.pc = FlatMachine::code_base;
        state.fpr[1] = a;
        state.fpr[2] = b;
        state.fpr[3] = c;
        rounding = (rounding + 1) % 5;
        state.fpscr = rounding == 4 ? 0 : rounding;
        pair.both([&](FlatMachine& machine) { machine.cpu.state = state; });
        pair.run();
        ASSERT_EQ(pair.difference(), "") << std::hex << instruction << ": " << a << " " << b << " " << c;
        if (!three_operands) break;
      }
    }
  }
}

constexpr u32 edge_form(u32 primary, u32 opcode) {
  return primary << 26 | 5u << 21 | 1u << 16 | 2u << 11 | 3u << 6 | opcode << 1;
}

TEST(JitFloat, EdgesOfSumsAndQuotients) {
  for (const u32 primary : {59u, 63u}) {
    for (const u32 opcode : {18u, 20u, 21u}) compare_edges(edge_form(primary, opcode), false);
  }
}
TEST(JitFloat, EdgesOfProducts) {
  for (const u32 primary : {59u, 63u}) {
    for (const u32 opcode : {25u, 28u, 29u, 30u, 31u}) compare_edges(edge_form(primary, opcode), true);
  }
}
TEST(JitFloat, EdgesOfConversionsAndCompares) {
  for (const u32 opcode : {0u, 12u, 14u, 15u, 32u}) {
    const u32 d = opcode == 0 || opcode == 32 ? 1u << 23 : 5u << 21;
    compare_edges(63u << 26 | d | 1u << 16 | 2u << 11 | opcode << 1, false);
  }
}

TEST(JitFloat, ProgramsAgreeOn750) { compare(ppc::cpu_750, false); }
TEST(JitFloat, ProgramsAgreeOn7400) { compare(ppc::cpu_7400, false); }
TEST(JitFloat, FaultsFindTheSameStatus) { compare(ppc::cpu_750, true); }

}  // namespace
}  // namespace quince::test
