// Guest code made of the input, on the machine and in the process of tests/jit: the translator does what the
// interpreter does, to the register, the byte and the instruction.
#include <map>
#include <tuple>

#include "guest-ppc/decoder.h"
#include "guest-ppc/disassembler.h"
#include "tests/differential/assembler.h"
#include "tests/fuzz/bytes.h"
#include "tests/jit/chaos.h"
#include "tests/jit/comparison.h"

namespace quince::fuzz {
namespace {

using namespace jit_test;
namespace as = differential::assembler;

constexpr std::size_t code_words = places::code_bytes / 4;
constexpr u32 most_instructions = 2'000;  // of a stage

// Addresses at which accesses do something, of all kinds of pages.
u32 place_of(u32 bits) {
  const u32 at = places::data - 64 + (bits & 0x7fff);
  switch (bits >> 29) {
    case 0: return places::data_alias + (bits & 0x7fff);
    case 1: return places::device + (bits & 0xfff);
    case 2: return places::code + (bits & 0x3fff);
    case 3: return (at + ppc::page_size) & ~ppc::page_mask;
    default: return bits & 1 << 28 ? at : at & ~u32{15};
  }
}

// One or two instructions: a row of the table and what stands in its operands, so that nearly every input is
// a program.
void put_instruction(std::vector<u32>& code, u32 selector, u32 bits) {
  const auto rows = std::span(ppc::instruction_table);
  if (selector >= 0xf000) return code.push_back(bits);
  if (selector >= 0xe000) {  // a number in a register
    const unsigned r = selector & 31;
    const u32 value = selector & 32 ? bits : place_of(bits);
    code.push_back(as::lis(r, value >> 16));
    return code.push_back(as::ori(r, r, value & 0xffff));
  }
  const ppc::InsnInfo& row = rows[selector % rows.size()];
  u32 word = row.match | (bits & ppc::used_bits(row.op) & ~row.mask);
  // Branches go where there is code.
  const u32 distance = static_cast<u32>(static_cast<std::int8_t>(bits >> 4)) * 4;
  if (row.op == ppc::Op::b) word = as::b(distance) | (word & 1);
  if (row.op == ppc::Op::bc) word = (word & ~0xfffeu) | (distance & 0xfffc);
  code.push_back(word);
}

Stage make_stage(Bytes& in, bool first) {
  const ppc::u8 how = in.u8();
  Stage stage{.seed = first || how & 1 ? u64{in.u8()} << 1 | 1 : 0,
              .budget = in.u16() % most_instructions,
              .patches = {}};
  std::vector<std::pair<unsigned, u32>> registers;
  for (unsigned n = how >> 1 & 3; n > 0; --n) {
    const unsigned r = in.u8();
    const u32 bits = in.u32();
    registers.emplace_back(r & 31, r & 0x80 ? bits : place_of(bits));
  }
  if (how & 8) {
    const u32 index = in.u16() % code_words;
    const u32 word = in.u32();
    stage.patches.emplace_back(index, word);
  }
  const bool from_start = (how & 0xe0) != 0;
  stage.adjust = [registers, from_start](ppc::CpuState& state) {
    for (const auto& [r, value] : registers) state.gpr[r] = value;
    if (from_start) state.pc = places::code;
  };
  if (!first && !from_start) stage.adjust = nullptr;
  return stage;
}

Case make_case(Bytes in) {
  const ppc::u8 what = in.u8(), parts = in.u8();
  Case c{};
  c.model = ppc::cpu_models[what & 1];
  c.board = what & 2 ? BoardKind::process : BoardKind::system;
  c.engine = what & 4 ? EngineKind::patient : EngineKind::translator;
  c.code_cache_bytes = 1 << 20;
  if (parts < c.off.size()) c.off.set(parts);
  c.seed = in.u8();
  const unsigned stages = 1 + (what >> 4 & 3);
  for (unsigned n = 0; n < stages; ++n) c.stages.push_back(make_stage(in, n == 0));
  std::vector<u32> code;
  while (!in.empty() && code.size() < code_words) {
    const u32 selector = in.u16();
    put_instruction(code, selector, in.u32());
  }
  // Behind it random code, or the same again and again.
  if (what & 8 || code.empty()) {
    c.code = Chaos(*c.model, c.board, c.seed).code();
    std::copy_n(code.begin(), std::min(code.size(), code_words), c.code.begin());
  } else {
    for (std::size_t n = 0; c.code.size() < code_words; ++n) c.code.push_back(code[n % code.size()]);
  }
  return c;
}

Pair& pair_for(const Case& c) {
  static std::map<std::tuple<const ppc::CpuModel*, BoardKind, EngineKind, unsigned long>,
                  std::unique_ptr<Pair>>
      pairs;
  auto& pair = pairs[{c.model, c.board, c.engine, c.off.to_ulong()}];
  if (!pair) pair = std::make_unique<Pair>(c);
  pair->forget();
  return *pair;
}

void run(Bytes in) {
  const Case c = make_case(in);
  const auto failure = pair_for(c).run(c);
  if (!failure) return;
  std::fprintf(stderr, "at stop %zu:\n%s", failure->stage, failure->text.c_str());
  for (std::size_t n = 0; n < std::min<std::size_t>(in.size() / 6 + 4, 200); ++n) {
    const u32 at = places::code + 4 * static_cast<u32>(n);
    std::fprintf(stderr, "  %08x  %08x  %s\n", at, c.code[n], ppc::disassemble(c.code[n], at).c_str());
  }
  require(false, "translator and interpreter differ");
}

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  quince::fuzz::run({data, size});
  return 0;
}
