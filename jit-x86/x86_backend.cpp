#include "jit-x86/x86_backend.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "jit-x86/host_faults.h"
#include "jit-x86/thunks.h"

namespace quince::jit {

namespace {

using translator::area_of;

// No block is longer than this: lifting stops after about a thousand nodes.
constexpr std::size_t most_block_bytes = 64 * 1024;

struct Needed {
  asmjit::CpuFeatures::X86::Id feature;
  const char* name;
};
constexpr Needed needed[] = {
    {asmjit::CpuFeatures::X86::kBMI, "BMI1"},    {asmjit::CpuFeatures::X86::kBMI2, "BMI2"},
    {asmjit::CpuFeatures::X86::kLZCNT, "LZCNT"}, {asmjit::CpuFeatures::X86::kMOVBE, "MOVBE"},
    {asmjit::CpuFeatures::X86::kAVX2, "AVX2"},   {asmjit::CpuFeatures::X86::kFMA, "FMA3"},
};

}  // namespace

tl::expected<std::unique_ptr<X86Backend>, std::string> X86Backend::create(Cpu& cpu, std::size_t cache_bytes) {
  for (const Needed& it : needed) {
    if (!asmjit::CpuInfo::host().features().x86().has(it.feature)) {
      return tl::unexpected("this host's processor has no " + std::string(it.name) +
                            " (use --engine interpreter)");
    }
  }
  try {
    return std::unique_ptr<X86Backend>(new X86Backend(cpu, cache_bytes));
  } catch (const std::bad_alloc&) {
    return tl::unexpected("no memory for a code cache of " + std::to_string(cache_bytes >> 20) +
                          " MiB (use a smaller --code-cache)");
  }
}

X86Backend::X86Backend(Cpu& cpu, std::size_t cache_bytes)
    : cpu_(cpu), flat_(cpu.flat_memory() != nullptr), cache_(cache_bytes), lowering_(assembler_, thunks_) {
  assert(reinterpret_cast<const u8*>(cpu.engine_area.data()) - reinterpret_cast<const u8*>(&cpu.state) ==
         area_offset + state_bias);
  area_of(cpu) = {};
  std::copy(constants.begin(), constants.end(), area_of(cpu).backend);
  for (u32 bits = 0; bits < 16; ++bits) area_of(cpu).cr_fields[bits] = CrField::from_nibble(bits).raw();
  constexpr VectorConstants vector_constants;
  static_assert(sizeof vector_constants <= sizeof translator::Area::backend_vectors);
  std::memcpy(area_of(cpu).backend_vectors, &vector_constants, sizeof vector_constants);
  holder_.init(asmjit::Environment::host());
  // The assembler writes straight into the cache's writable side.
  asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
  buffer._data = cache_.writable(cache_.next());
  buffer._size = 0;
  buffer._capacity = cache_.bytes();
  buffer._flags = asmjit::CodeBufferFlags::kIsExternal | asmjit::CodeBufferFlags::kIsFixed;
  holder_.attach(&assembler_);
  thunks_ = make_thunks(assembler_, cpu_, cache_.next());
  thunk_bytes_ = assembler_.offset();
  cache_.take(thunk_bytes_);
  cache_.keep();
  if (flat_) catch_host_faults();
  buffer._size = cache_.bytes();  // so that the assembler can be set to any place in it
}

translator::CompiledBlock X86Backend::compile(const Block& block) {
  if (cache_.room() < most_block_bytes) return {};
  const u8* entry = cache_.next();
  // The buffer spans the cache from its start; offsets within it are offsets in the cache.
  assembler_.setOffset(cache_.used());
  const bool flat = flat_ && !has(block.off, translator::JitPart::flat);
  lowering_.run(block, entry, cpu_.alignment_traps, flat, flat && cpu_.has_flat_stores());
  const auto bytes = static_cast<u32>(assembler_.offset() - cache_.used());
  assert(bytes <= most_block_bytes);
  cache_.take(bytes);
  return {entry,           bytes,          lowering_.side_points, lowering_.float_records,
          lowering_.links, lowering_.loop, lowering_.loans,       lowering_.owed};
}

translator::Backend::Range X86Backend::open_next_chunk() {
  const auto given_up = cache_.open_next_chunk();
  return {given_up.data(), given_up.data() + given_up.size()};
}

void X86Backend::patch_link(const u8* entry, const translator::LinkSite& site, const u8* code, u32 tag) {
  const u8* after = entry + site.after_jump;
  const u8* target = code ? code : thunks_.link;
  const auto displacement = static_cast<i32>(target - after);
  *cache_.writable(after - 5) = code && !site.calls ? jump_opcode : call_opcode;
  std::memcpy(cache_.writable(after - 4), &displacement, 4);
  if (site.guard_offset == 0) return;
  const u32 guard = code ? tag : 0x7fff'ffff;
  std::memcpy(cache_.writable(entry + site.guard_offset), &guard, 4);
}

// Both jumps have six bytes. Behind the one back stands the way out; the one out becomes unconditional.
void X86Backend::open_loop(const u8* entry, const translator::LoopJumps& loop) {
  constexpr u8 nothing[] = {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}, always[] = {0x90, jump_opcode};
  std::memcpy(cache_.writable(entry + loop.after_back - 6), nothing, sizeof nothing);
  if (loop.after_first != 0)
    std::memcpy(cache_.writable(entry + loop.after_first - 6), always, sizeof always);
}

translator::ExitReason X86Backend::enter(Cpu& cpu, const u8* code) {
  using Enter = u32 (*)(const u8* state, const u8* code);
  const auto enter = reinterpret_cast<Enter>(reinterpret_cast<u64>(thunks_.enter));
  const u8* state = reinterpret_cast<const u8*>(&cpu.state) + state_bias;
  const RunningHere here(flat_ ? this : nullptr, cpu);
  return static_cast<translator::ExitReason>(enter(state, code));
}

}  // namespace quince::jit
