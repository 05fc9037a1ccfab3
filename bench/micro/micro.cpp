// The translator's and the machine's parts, one at a time, on the code of a compiled program. Each figure is
// for one of what its name says: an instruction, a fill, a look-up.
#include <benchmark/benchmark.h>

#include <bit>
#include <cstdio>
#include <cstdlib>

#include "app/code_file.h"
#include "guest-ppc/decoder.h"
#include "guest-ppc/fpu/fpu.h"
#include "guest-ppc/mmu.h"
#include "jit-x86/x86_backend.h"
#include "tests/support/engines.h"
#include "tests/support/flat_machine.h"
#include "translator/float_status.h"
#include "translator/lift.h"
#include "translator/passes.h"
#include "translator/translator.h"

namespace {

using namespace quince;
using ppc::u32;
using ppc::u64;
using ppc::u8;
using test::FlatMachine;
using Page = std::array<u8, ppc::page_size>;

// Pages full of code, from a program of bench/programs.
constexpr u32 code_pages = 16;

std::vector<Page> pages_of_program() {
  const auto file = app::read_code(QUINCE_BENCH_CODE);
  if (!file) std::fprintf(stderr, "%s\n", file.error().message.c_str()), std::exit(2);
  const app::CodePiece& piece = file->pieces.back();
  std::vector<Page> pages;
  for (u32 n = 1; n <= code_pages; ++n)
    pages.push_back(piece.page((piece.address & ~ppc::page_mask) + n * ppc::page_size));
  return pages;
}

u32 word_at(const Page& page, u32 offset) {
  u32 word;
  std::memcpy(&word, page.data() + offset, 4);
  return ppc::swap_bytes(word);
}

void per_unit(benchmark::State& state, u64 units) {
  state.counters["each"] = benchmark::Counter(static_cast<double>(units),
                                              benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// --- Making translations ---

void decode(benchmark::State& state) {
  const auto pages = pages_of_program();
  u64 decoded = 0;
  for (auto _ : state) {
    for (const Page& page : pages) {
      for (u32 at = 0; at < ppc::page_size; at += 4) {
        benchmark::DoNotOptimize(ppc::decode(word_at(page, at), ppc::cpu_750.isa));
      }
    }
    decoded += code_pages * ppc::page_size / 4;
  }
  per_unit(state, decoded);
}
BENCHMARK(decode);

// The blocks of all pages, one after the other; `each` is called with each.
template <class F>
u64 for_each_block(const FlatMachine& machine, const std::vector<Page>& pages, translator::Block& block,
                   F each) {
  u64 insns = 0;
  for (u32 n = 0; n < pages.size(); ++n) {
    for (u32 at = 0; at < ppc::page_size;) {
      block.clear();
      block.pc = block.physical = n * ppc::page_size + at;
      block.mode = translator::Mode::of(machine.cpu.state);
      block.alignment_traps = machine.cpu.alignment_traps;
      translator::lift(block, machine.cpu.model, pages[n].data());
      const u32 count = std::max<u32>(1, static_cast<u32>(block.insns.size()));
      each();
      insns += count;
      at += 4 * count;
    }
  }
  return insns;
}

void lift(benchmark::State& state) {
  const auto pages = pages_of_program();
  const FlatMachine machine(ppc::cpu_750);
  translator::Block block;
  u64 insns = 0;
  for (auto _ : state) insns += for_each_block(machine, pages, block, [] {});
  per_unit(state, insns);
}
BENCHMARK(lift);

void lift_and_passes(benchmark::State& state) {
  const auto pages = pages_of_program();
  const FlatMachine machine(ppc::cpu_750);
  translator::Block block;
  u64 insns = 0;
  for (auto _ : state) {
    insns += for_each_block(machine, pages, block, [&] { translator::run_passes(block); });
  }
  per_unit(state, insns);
}
BENCHMARK(lift_and_passes);

std::unique_ptr<jit::X86Backend> backend_for(ppc::Cpu& cpu) {
  auto made = jit::X86Backend::create(cpu, jit::default_code_cache);
  if (!made) std::fprintf(stderr, "%s\n", made.error().c_str()), std::exit(2);
  return std::move(*made);
}

void lift_passes_and_emission(benchmark::State& state) {
  const auto pages = pages_of_program();
  FlatMachine machine(ppc::cpu_750);
  const auto backend = backend_for(machine.cpu);
  translator::Block block;
  u64 insns = 0;
  for (auto _ : state) {
    insns += for_each_block(machine, pages, block, [&] {
      translator::run_passes(block);
      if (backend->compile(block).entry) return;
      backend->open_next_chunk();
      benchmark::DoNotOptimize(backend->compile(block).entry);
    });
  }
  per_unit(state, insns);
}
BENCHMARK(lift_passes_and_emission);

// --- Memory ---

void tlb_fill(benchmark::State& state) {
  FlatMachine machine(ppc::cpu_750);
  constexpr u32 pages = 128;
  u64 fills = 0;
  for (auto _ : state) {
    machine.cpu.tlb.select(machine.cpu.state);
    for (u32 n = 0; n < pages; ++n) {
      benchmark::DoNotOptimize(machine.cpu.load<u32>(0x1000 + n * ppc::page_size));
    }
    fills += pages;
    state.PauseTiming();
    machine.cpu.tlb.invalidate_all();
    state.ResumeTiming();
  }
  per_unit(state, fills);
}
BENCHMARK(tlb_fill);

// A page table of 64 KiB at 64 KiB, with one entry for each of many pages, in the last slots of their groups.
void hash_walk(benchmark::State& state) {
  test::FlatMemory memory(1u << 20);
  ppc::CpuState cpu{};
  constexpr u32 table = 0x10000, segment = 0x123, pages = 256;
  cpu.msr = ppc::msr::dr;
  cpu.sdr1 = table;
  cpu.sr.fill(segment);
  const auto put = [&](u32 at, u32 word) {
    word = ppc::swap_bytes(word);
    std::memcpy(&memory.ram[at], &word, 4);
  };
  for (u32 n = 0; n < pages; ++n) {
    const u32 at = table + ((segment ^ n) & 0x3ff) * 64 + static_cast<u32>(state.range(0)) * 8;
    put(at, 0x8000'0000 | segment << 7);
    put(at + 4, n << 12 | 0x192);
  }
  ppc::Mmu mmu(memory);
  u32 n = 0;
  for (auto _ : state) {
    const auto found = mmu.translate(cpu, n++ % pages << 12, ppc::Access::read);
    if (!found) return state.SkipWithError("not in the table");
  }
  per_unit(state, state.iterations());
}
BENCHMARK(hash_walk)->ArgName("slot")->Arg(0)->Arg(7);

// --- Running ---

// Loops of guest code on the translator, beside the same loop without what is measured.
double seconds_of(FlatMachine& machine, std::initializer_list<u32> words) {
  const auto started = std::chrono::steady_clock::now();
  if (machine.run(words).vector != ppc::Vector::system_call) std::exit(2);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

constexpr u32 loops = 100'000;
constexpr u32 load_count_high = 0x3c60'0000 | loops >> 16;      // lis   r3,loops@h
constexpr u32 load_count_low = 0x6063'0000 | (loops & 0xffff);  // ori   r3,r3,loops@l
constexpr u32 count_to_ctr = 0x7c69'03a6;                       // mtctr r3
constexpr u32 loop_back = 0x4200'0000;                          // bdnz, with a displacement

test::EngineKind const translating = test::EngineKind::translator;

// A taken backward branch: decrement, and the look whether an interrupt or the end of the slice is due.
void interrupt_check(benchmark::State& state) {
  FlatMachine machine(ppc::cpu_750, 1u << 20, test::maker_of(translating));
  for (auto _ : state) {
    state.SetIterationTime(
        seconds_of(machine, {load_count_high, load_count_low, count_to_ctr, loop_back /* to itself */}));
  }
  per_unit(state, state.iterations() * loops);
}
BENCHMARK(interrupt_check)->UseManualTime();

// An indirect branch in the loop: the look into the table of translations, and back.
void dispatch(benchmark::State& state) {
  FlatMachine machine(ppc::cpu_750, 1u << 20, test::maker_of(translating));
  constexpr u32 lr_from_r4 = 0x7c88'03a6;  // mtlr r4: the bdnz
  for (auto _ : state) {
    state.SetIterationTime(
        seconds_of(machine, {load_count_high, load_count_low, count_to_ctr,
                             0x3880'0000 | (FlatMachine::code_base + 6 * 4),  // li r4: behind the blr
                             lr_from_r4,
                             0x4e80'0020,             // blr
                             loop_back | 0xfff8u}));  // bdnz to the mtlr
  }
  per_unit(state, state.iterations() * loops);
}
BENCHMARK(dispatch)->UseManualTime();

// What reading FPSCR costs after an addition whose status nobody has looked at: the exact one has to be
// found.
void fpscr_read(benchmark::State& state) {
  FlatMachine machine(ppc::cpu_750);
  const auto backend = backend_for(machine.cpu);
  translator::FloatStatus& status = translator::area_of(machine.cpu).float_status;
  translator::drop_float_status(machine.cpu);
  for (auto _ : state) {
    status.arith = 0x80 | static_cast<u8>(ppc::fpu::ArithOp::add);
    status.mxcsr |= 0x20;  // inexact
    status.operand[0] = std::bit_cast<u64>(1.0);
    status.operand[2] = std::bit_cast<u64>(1e-17);
    translator::settle_float_status(machine.cpu);
    benchmark::DoNotOptimize(ppc::fpu::mffs(machine.cpu.state.fpscr));
  }
  per_unit(state, state.iterations());
}
BENCHMARK(fpscr_read);

}  // namespace

BENCHMARK_MAIN();
