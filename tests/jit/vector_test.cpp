// Generated AltiVec code against the interpreter, bit by bit: registers, VSCR, CR, memory, instruction count.
// First each instruction alone on operands that are on the edges of what the host and the guest do alike, in
// registers that generated code keeps in the host's and in others; then programs, with scalar floating point
// between the vectors, whose status must not suffer.
#include <gtest/gtest.h>

#include <cstdlib>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "guest-ppc/fpu/fpscr.h"
#include "tests/jit/engine_pair.h"
#include "tests/vector/operands.h"

namespace quince::test {
namespace {

using ppc::u32;
using ppc::u64;
using ppc::u8;
using ppc::V128;

constexpr u32 data_base = 0x8000, data_bytes = 0x400;
constexpr u32 system_call = 0x4400'0002;
constexpr u32 mtvscr_v0 = 0x1000'0644, mfvscr_v31 = 0x13e0'0604;

u64 setting(const char* name, u64 otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

// The AltiVec instructions of the table, without loads, stores and data streams.
std::vector<const ppc::InsnInfo*> computing() {
  std::vector<const ppc::InsnInfo*> rows;
  for (const ppc::InsnInfo& row : ppc::instruction_table) {
    if (row.part != ppc::Part::altivec || !row.has(ppc::flag::vec)) continue;
    if (!row.has(ppc::flag::load | ppc::flag::store)) rows.push_back(&row);
  }
  return rows;
}

u32 with_registers(u32 word, u32 d, u32 a, u32 b, u32 c) {
  return (word & 0xfc00'003f) | d << 21 | a << 16 | b << 11 | c << 6;
}

class Source {
 public:
  explicit Source(u64 seed) : operands_(seed) {}

  u32 below(u32 n) { return operands_.below(n); }
  bool one_in(u32 n) { return below(n) == 0; }

  // Few registers, so that they meet; of those that generated code keeps in the host's registers, and others.
  u32 vr() {
    static constexpr u32 numbers[] = {0, 1, 2, 13, 12, 5, 20, 31};
    return one_in(8) ? below(32) : numbers[below(std::size(numbers))];
  }
  void randomise(ppc::CpuState& state) {
    V128 last{};
    const bool floats = one_in(2);
    for (V128& value : state.vr) last = value = floats ? operands_.float_reg(last) : operands_.reg(last);
    for (u64& value : state.fpr) {
      value = one_in(4) ? operands_.random() : u64{1023 - 30 + below(60)} << 52 | operands_.random() >> 12;
    }
    state.vscr = (one_in(2) ? ppc::vec::vscr_nj : 0) | (one_in(4) ? ppc::vec::vscr_sat : 0);
    state.fpscr = ppc::fpu::with_summary(one_in(4) ? below(4) : 0);
    state.set_cr_word(static_cast<u32>(operands_.random()));
  }
  std::vector<u8> bytes(u32 count) {
    std::vector<u8> data(count);
    for (u32 at = 0; at < count; at += 16) {
      const V128 v = operands_.float_reg({});
      std::copy(v.bytes.rbegin(), v.bytes.rend(), data.begin() + at);
    }
    return data;
  }

  // Any word of the row, but for its registers.
  u32 word(const ppc::InsnInfo& row) {
    const u32 used = ppc::used_bits(row.op) & ~row.mask;
    u32 w = row.match | (static_cast<u32>(operands_.random()) & used);
    const auto field = [&](u32 shift, u64 roles) {
      if ((row.reads | row.writes) & roles) w = (w & ~(31u << shift)) | vr() << shift;
    };
    field(21, ppc::role::VD | ppc::role::VS);
    field(16, ppc::role::VA);
    field(11, ppc::role::VB);
    field(6, ppc::role::VC);
    // lvsl and lvsr
    if (row.reads & ppc::role::RB) w = (w & ~0x001f'f800u) | 3u << 16 | (4 + below(3)) << 11;
    return w;
  }

 private:
  OperandSource operands_;
};

std::string listing(const std::vector<u32>& words, const ppc::CpuState& state) {
  std::string text;
  char line[128];
  u32 pc = FlatMachine::code_base;
  for (const u32 word : words) text += ppc::disassemble(word, pc) + "\n", pc += 4;
  std::snprintf(line, sizeof line, "from VSCR %08x\n", state.vscr);
  text += line;
  for (unsigned n = 0; n < 32; ++n) {
    const V128& v = state.vr[n];
    std::snprintf(line, sizeof line, "v%u %08x %08x %08x %08x\n", n, v.element<u32>(0), v.element<u32>(1),
                  v.element<u32>(2), v.element<u32>(3));
    text += line;
  }
  return text;
}

ppc::CpuState start_state(Source& source) {
  ppc::CpuState state{};
  state.msr = ppc::msr::vec | ppc::msr::fp;
  state.pc = FlatMachine::code_base;
  source.randomise(state);
  state.gpr[3] = data_base;
  for (unsigned n = 4; n < 7; ++n) state.gpr[n] = source.below(data_bytes - 16);
  return state;
}

void start(FlatMachine& machine, const ppc::CpuState& state, const std::vector<u8>& data) {
  machine.cpu.state = state;
  std::copy(data.begin(), data.end(), machine.memory.ram.begin() + data_base);
}

// --- Instructions alone ---

// Which registers: all in the host's, none, each place of the operands alone, the result over an operand.
constexpr u32 registers[][4] = {{0, 1, 2, 3},    {20, 21, 22, 23}, {0, 21, 22, 23},  {20, 1, 22, 23},
                                {20, 21, 2, 23}, {20, 21, 22, 3},  {1, 1, 2, 3},     {2, 1, 2, 3},
                                {3, 1, 2, 3},    {1, 1, 1, 1},     {21, 21, 22, 21}, {1, 2, 2, 2}};

void compare_alone(const ppc::InsnInfo& row, EnginePair& pair, Source& source) {
  const u64 rounds = setting("QUINCE_VECTOR_ROUNDS", 8);
  for (const auto& r : registers) {
    const u32 word = source.word(row);
    const bool is_long = (row.reads & ppc::role::VC) != 0;
    u32 chosen = word;
    const auto field = [&](u32 shift, u64 roles, u32 value) {
      if ((row.reads | row.writes) & roles) chosen = (chosen & ~(31u << shift)) | value << shift;
    };
    field(21, ppc::role::VD, r[0]);
    field(16, ppc::role::VA, r[1]);
    field(11, ppc::role::VB, r[2]);
    if (is_long) field(6, ppc::role::VC, r[3]);
    const std::vector<u32> program{chosen, mfvscr_v31, system_call};
    pair.put_program(program);
    for (u64 round = 0; round < rounds; ++round) {
      const ppc::CpuState state = start_state(source);
      pair.both([&](FlatMachine& machine) { machine.cpu.state = state; });
      pair.run();
      ASSERT_EQ(pair.difference(), "") << listing(program, state);
    }
  }
}

TEST(JitVector, InstructionsAlone) {
  EnginePair pair(ppc::cpu_7400);
  Source source(setting("QUINCE_VECTOR_SEED", 1));
  const auto rows = computing();
  EXPECT_GE(rows.size(), 146u);
  for (u64 repeat = 0; repeat < 8; ++repeat) {
    for (const ppc::InsnInfo* row : rows) {
      compare_alone(*row, pair, source);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// Every pair of numbers on an edge, as the lanes of two operands, and a third.
constexpr u32 edges[] = {0,           0x8000'0000, 1,           0x8000'0001, 0x007f'ffff, 0x0080'0000,
                         0x8080'0000, 0x00ff'ffff, 0x3f80'0000, 0xbf80'0000, 0x3f7f'ffff, 0x3f7f'fffe,
                         0x4b00'0000, 0x4b80'0001, 0x4eff'ffff, 0x4f00'0000, 0xcf00'0000, 0x4f7f'ffff,
                         0x4f80'0000, 0x7f7f'ffff, 0x7f80'0000, 0xff80'0000, 0x7fc0'0001, 0xffa0'0000,
                         0x3f00'0000, 0xbf00'0001, 0x3fc0'0000, 0x7e80'0000, 0x0c80'0000, 0x3300'0000};

TEST(JitVector, EdgesOfFloats) {
  EnginePair pair(ppc::cpu_7400);
  u64 number = 0;
  for (const ppc::InsnInfo* row : computing()) {
    if ((row->match & 63) != 46 && (row->match & 63) != 47 && (row->match & 63) != 10 &&
        (row->match & 63) != 6) {
      continue;  // the opcodes of floating point, and comparisons
    }
    const bool is_long = (row->reads & ppc::role::VC) != 0;
    const u32 fields = with_registers(row->match, 5, 1, 2, is_long ? 3 : row->match >> 6 & 31);
    const u32 word = row->reads & ppc::role::VA ? fields : (fields & ~(31u << 16)) | (row->match & 31u << 16);
    pair.put_program({word, system_call});
    for (const u32 a : edges) {
      for (const u32 b : edges) {
        ppc::CpuState state{};
        state.msr = ppc::msr::vec;
        state.pc = FlatMachine::code_base;
        state.vscr = ++number % 2 ? ppc::vec::vscr_nj : 0;
        for (unsigned lane = 0; lane < 4; ++lane) {
          state.vr[1].set_element<u32>(lane, a);
          state.vr[2].set_element<u32>(lane, b);
          state.vr[3].set_element<u32>(lane, edges[(number * 4 + lane) % std::size(edges)]);
        }
        pair.both([&](FlatMachine& machine) { machine.cpu.state = state; });
        pair.run();
        ASSERT_EQ(pair.difference(), "") << listing({word}, state);
      }
    }
  }
}

// --- Programs ---

constexpr u32 x_form(u32 d, u32 b, u32 opcode) {
  return 31u << 26 | d << 21 | 3u << 16 | b << 11 | opcode << 1;
}

class Programs {
 public:
  explicit Programs(Source& source) : source_(source), computing_(computing()) {}

  std::vector<u32> next(bool faults) {
    const u32 length = 2 + source_.below(60);
    std::vector<u32> words;
    for (u32 n = 0; n < length; ++n) words.push_back(instruction(length - n, faults));
    words.push_back(system_call);
    return words;
  }

 private:
  u32 instruction(u32 left, bool faults) {
    switch (source_.below(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: return memory(faults);
      case 5:
      case 6: return scalar();
      case 7:  // bc on CR6, most often, forwards
        if (left < 4) return source_.word(*computing_[source_.below(u32(computing_.size()))]);
        return 16u << 26 | (source_.one_in(2) ? 12u : 4u) << 21 |
               (source_.one_in(4) ? source_.below(32) : 24 + source_.below(4)) << 16 |
               (8 + 4 * source_.below(2));
      case 8: return source_.one_in(3) ? mtvscr_v0 | source_.vr() << 11 : mfvscr_v31;
      default: return source_.word(*computing_[source_.below(u32(computing_.size()))]);
    }
  }
  u32 memory(bool faults) {
    static constexpr u32 opcodes[] = {7, 39, 71, 103, 103, 103, 359, 135, 167, 199, 231, 231, 231, 487};
    u32 word = x_form(source_.vr(), 4 + source_.below(3), opcodes[source_.below(std::size(opcodes))]);
    if (faults && source_.one_in(6)) word = (word & ~(31u << 16)) | 7u << 16;
    return word;
  }
  u32 scalar() {
    const u32 d = source_.below(32), a = source_.below(32), b = source_.below(32), c = source_.below(32);
    switch (source_.below(6)) {
      case 0: return 63u << 26 | d << 21 | a << 16 | b << 11 | 21u << 1;
      case 1: return 59u << 26 | d << 21 | a << 16 | c << 6 | 25u << 1;
      case 2: return 63u << 26 | d << 21 | a << 16 | b << 11 | c << 6 | 29u << 1;
      case 3: return 63u << 26 | d << 21 | 583u << 1;  // mffs
      case 4: return 50u << 26 | d << 21 | 3u << 16 | 8 * source_.below(data_bytes / 8);
      default: return 14u << 26 | 8u << 21 | 8u << 16 | 1;  // addi r8, r8, 1
    }
  }

  Source& source_;
  std::vector<const ppc::InsnInfo*> computing_;
};

void compare_programs(bool faults) {
  const u64 programs = setting("QUINCE_VECTOR_PROGRAMS", 1500);
  EnginePair pair(ppc::cpu_7400);
  Source source(setting("QUINCE_VECTOR_SEED", 1) + 1000 * faults);
  Programs random(source);
  for (u64 n = 0; n < programs; ++n) {
    const std::vector<u32> program = random.next(faults);
    pair.put_program(program);
    for (u64 run = 0; run < 8; ++run) {
      ppc::CpuState state = start_state(source);
      state.gpr[7] = 0x4000'0000;  // no memory there
      const std::vector<u8> data = source.bytes(data_bytes);
      pair.both([&](FlatMachine& machine) { start(machine, state, data); });
      pair.run();
      ASSERT_EQ(pair.difference(), "") << "program " << n << ", run " << run << "\n"
                                       << listing(program, state);
    }
  }
  std::printf("%llu instructions\n", static_cast<unsigned long long>(pair.instructions()));
  if (programs >= 1500) {
    EXPECT_GE(pair.instructions(), 200'000u);
  }
}

TEST(JitVector, ProgramsAgree) { compare_programs(false); }
TEST(JitVector, FaultsFindTheSameState) { compare_programs(true); }

}  // namespace
}  // namespace quince::test
