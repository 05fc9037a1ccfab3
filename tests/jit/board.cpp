#include "tests/jit/board.h"

#include <sys/mman.h>

#include "guest-ppc/mmu.h"
#include "machine/process/guest_memory.h"
#include "tests/differential/assembler.h"
#include "tests/differential/state.h"

namespace quince::jit_test {

using ppc::page_mask;
using ppc::page_size;
namespace as = differential::assembler;

void Board::make_engine(EngineKind kind, ppc::ExceptionHandling handling, std::size_t code_cache_bytes,
                        translator::JitParts off) {
  engine_ = test::make_engine(kind, cpu(), handling, code_cache_bytes, off);
}

PageEntry page_entry(u32 vsid, u32 ea, u32 lower, unsigned place_in_group) {
  const u32 hash = (vsid & 0x7'ffff) ^ (ea >> 12 & 0xffff);
  return {(hash & 0x3ff) << 6 | place_in_group << 3, 0x8000'0000 | vsid << 7 | (ea >> 22 & 0x3f), lower};
}

namespace {

// Timebase ticks as a real board's: slower than instructions.
class SlowClock final : public ppc::Clock {
 public:
  u64 ticks(u64 instructions) override { return instructions / 4; }
  u64 instructions_before(u64 ticks, u64) override { return 4 * ticks; }
};

void put_words(std::span<u8> bytes, std::span<const u32> words) {
  for (std::size_t n = 0; n < words.size(); ++n) differential::put_word(bytes.subspan(4 * n), words[n]);
}

void fill(std::span<u8> bytes, Random& random) {
  for (std::size_t n = 0; n < bytes.size(); n += 4) {
    differential::put_word(bytes.subspan(n),
                           random.one_in(2) ? random.bits() : random.bits() >> random.below(32));
  }
}

// --- The exception handlers ---

constexpr unsigned sprg(unsigned n) { return 272 + n; }
constexpr unsigned srr0 = 26;
constexpr u32 rfi = 0x4c00'0064;
constexpr u32 device_acknowledge = 0xf00;  // reading there lowers the interrupt line

// After the instruction that failed; to the address in SPRG1 if it could not even be fetched; back after
// interrupts.
std::vector<u32> handlers() {
  std::vector<u32> words(2 * page_size / 4, rfi);
  const auto put = [&](u32 vector, std::initializer_list<u32> code) {
    std::copy(code.begin(), code.end(), words.begin() + vector / 4);
  };
  for (const u32 vector : {0x300u, 0x600u, 0x700u, 0x800u, 0xf20u, 0x1600u}) {
    put(vector, {as::mtspr(sprg(0), 3), as::mfspr(3, srr0), as::addi(3, 3, 4), as::mtspr(srr0, 3),
                 as::mfspr(3, sprg(0)), rfi});
  }
  for (const u32 vector : {0x100u, 0x200u, 0x400u}) {
    put(vector,
        {as::mtspr(sprg(0), 3), as::mfspr(3, sprg(1)), as::mtspr(srr0, 3), as::mfspr(3, sprg(0)), rfi});
  }
  put(0x500, {as::mtspr(sprg(0), 3), as::lis(3, places::device >> 16), as::lwz(3, 3, device_acknowledge),
              as::mfspr(3, sprg(0)), rfi});
  return words;
}

class SystemBoard final : public Board, private ppc::PhysicalMemory {
 public:
  SystemBoard(const ppc::CpuModel& model, EngineKind kind, std::size_t code_cache_bytes,
              translator::JitParts off)
      : table_(table_bytes),
        mmu_(page_table_),
        cpu_(model, mmu_, *this, clock_),
        rom_(2 * page_size),
        data_(places::data_pages * page_size),
        code_(places::code_bytes) {
    put_words(rom_, handlers());
    make_engine(kind, ppc::ExceptionHandling::deliver, code_cache_bytes, off);
  }
  ~SystemBoard() override { engine_.reset(); }

  ppc::Cpu& cpu() override { return cpu_; }

  void prepare(Random random) override {
    bus_record_ = 0;
    cpu_.set_external_interrupt(false);
    fill(data_, random);
    std::fill(table_.begin(), table_.end(), u8{0});
    for (u32& vsid : vsids_) vsid = random.bits() & 0xff'ffff;
    // PP = 2: all may read and write, 3: all may only read.
    for (u32 n = 0; n < places::code_pages; ++n) {
      map(places::code + n * page_size, places::code + n * page_size, 3);
      map(places::code_alias + n * page_size, places::code + n * page_size, 3);
    }
    for (const u32 base : {places::data, places::data_alias}) {
      for (u32 n = 0; n < places::data_pages; ++n)
        map_data(base + n * page_size, places::data + n * page_size, random);
    }
    map(places::device, places::device, cache_inhibited | guarded | 2);
    for (u32 n = 0; n < 2; ++n) map(n * page_size, n * page_size, 3);
    cpu_.memory_written(places::data, places::data_pages * page_size);
    cpu_.memory_written(table, table_bytes);
    cpu_.write_spr(ppc_sdr1, table);
    cpu_.tlb_invalidate_all();
    for (unsigned n = 0; n < 16; ++n) {
      cpu_.write_segment(
          n, vsids_[n] | (random.bits() & 0x6000'0000) | (n == 1 && random.one_in(8) ? 1u << 28 : 0));
    }
    for (unsigned spr = 528; spr < 544; ++spr) cpu_.write_spr(spr, 0);
    if (random.one_in(4)) bat(528, places::code, places::code, 2);
    if (random.one_in(4)) bat(536, places::data, places::data, random.one_in(2) ? 2 : 1);
    if (random.one_in(8)) bat(538, places::device, places::device, cache_inhibited | guarded | 2);
  }

  void put_code(u32 index, std::span<const u32> words) override {
    put_words(std::span(code_).subspan(4 * index), words);
    cpu_.memory_written(places::code + 4 * index, 4 * static_cast<u32>(words.size()));
  }
  std::vector<std::span<const u8>> memory() override { return {data_, table_}; }

 private:
  static constexpr u32 table = 0x0010'0000, table_bytes = 0x1'0000;
  static constexpr u32 rom_high = 0xfff0'0000;
  static constexpr unsigned ppc_sdr1 = 25;
  static constexpr u32 write_through = 0x40, cache_inhibited = 0x20, guarded = 0x08;

  void map(u32 ea, u32 physical, u32 attributes) {
    for (unsigned place = 0; place < 8; ++place) {
      const PageEntry entry = page_entry(vsids_[ea >> 28], ea, physical | attributes, place);
      if (table_[entry.offset] & 0x80) continue;
      const u32 words[] = {entry.upper, entry.lower};
      put_words(std::span(table_).subspan(entry.offset), words);
      return;
    }
  }
  void map_data(u32 ea, u32 physical, Random& random) {
    const bool always = physical == places::data_base || physical == places::data_base - page_size;
    if (always && ea < places::data_alias) return map(ea, physical, 2);
    switch (random.below(8)) {
      case 0: return;
      case 1: return map(ea, physical, 3);
      case 2: return map(ea, physical, 0);
      case 3: return map(ea, physical, 1);
      case 4: return map(ea, physical, 2 | cache_inhibited);
      case 5: return map(ea, physical, 2 | write_through);
      default: return map(ea, physical, 2);
    }
  }
  void bat(unsigned spr, u32 ea, u32 physical, u32 attributes) {
    cpu_.write_spr(spr, ea | 3);  // 128 KiB, supervisor and user
    cpu_.write_spr(spr + 1, physical | attributes);
  }

  // --- Physical memory ---
  u8* page(u32 physical, bool write) override {
    const auto in = [&](std::vector<u8>& memory, u32 base) -> u8* {
      const u32 offset = (physical & ~page_mask) - base;
      return offset < memory.size() ? &memory[offset] : nullptr;
    };
    if (u8* at = in(data_, places::data)) return at;
    if (write) return nullptr;
    if (u8* at = in(table_, table)) return at;
    if (u8* at = in(code_, places::code)) return at;
    if (u8* at = in(rom_, 0)) return at;
    return in(rom_, rom_high);
  }
  void record(u64 what) {
    bus_record_ = (bus_record_ ^ what) * 0x9e37'79b9'7f4a'7c15;
    bus_record_ ^= bus_record_ >> 29;
  }
  u64 read(u32 physical, unsigned bytes) override {
    record(u64{physical} << 8 | bytes);
    record(cpu_.instructions());
    if (physical == places::device + device_acknowledge) cpu_.set_external_interrupt(false);
    return bus_record_ >> (64 - 8 * bytes);
  }
  void write(u32 physical, unsigned bytes, u64 value) override {
    record(u64{physical} << 8 | bytes | 0x80);
    record(value);
    record(cpu_.instructions());
    if (physical - places::device >= page_size) return;
    if ((physical & 0xf0) == 0x40) cpu_.set_external_interrupt(true);
    if ((physical & 0xf0) == 0x80) cpu_.request_attention();
  }

  // What the MMU has of memory. Only it writes there: were a guest to change an entry without tlbie, what an
  // access finds would depend on what the TLB happens to hold, which is an engine's own business (PEM 7.6.3).
  struct PageTable final : ppc::PhysicalMemory {
    explicit PageTable(std::vector<u8>& all) : bytes(all) {}
    u8* page(u32 physical, bool) override {
      const u32 offset = (physical & ~page_mask) - table;
      return offset < bytes.size() ? &bytes[offset] : nullptr;
    }
    u64 read(u32, unsigned) override { return 0; }
    void write(u32, unsigned, u64) override {}
    std::vector<u8>& bytes;
  };

  SlowClock clock_;
  std::vector<u8> table_;
  PageTable page_table_{table_};
  ppc::Mmu mmu_;
  ppc::Cpu cpu_;
  std::vector<u8> rom_, data_, code_;
  std::array<u32, 16> vsids_{};
};

class ProcessBoard final : public Board {
 public:
  ProcessBoard(const ppc::CpuModel& model, EngineKind kind, std::size_t code_cache_bytes,
               translator::JitParts off)
      : cpu_(model, memory_, memory_, clock_) {
    memory_.attach(&cpu_);
    cpu_.alignment_traps = static_cast<u8>(ppc::AlignedOperand::reservation);
    make_engine(kind, ppc::ExceptionHandling::stop, code_cache_bytes, off);
  }
  ~ProcessBoard() override {
    engine_.reset();
    memory_.attach(nullptr);
  }

  ppc::Cpu& cpu() override { return cpu_; }

  void prepare(Random random) override {
    const machine::process::GuestMemory::Backing anonymous{MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
    memory_.clear();  // stores of generated code go straight to memory again
    memory_.map(places::data, places::data_pages * page_size, PROT_READ | PROT_WRITE, anonymous);
    fill({memory_.host(places::data), places::data_pages * page_size}, random);
    memory_.map(places::code, places::code_bytes, PROT_READ | PROT_EXEC, anonymous);
    for (u32 n = 2; n < places::data_pages; ++n) {
      const u32 page = places::data + n * page_size;
      switch (random.below(5)) {
        case 0: memory_.unmap(page, page_size); break;
        case 1: memory_.protect(page, page_size, PROT_READ); break;
        case 2: memory_.protect(page, page_size, PROT_NONE); break;
        default: break;
      }
    }
  }
  void put_code(u32 index, std::span<const u32> words) override {
    memory_.protect(places::code, places::code_bytes, PROT_READ | PROT_WRITE);
    put_words({memory_.host(places::code + 4 * index), 4 * words.size()}, words);
    memory_.protect(places::code, places::code_bytes, PROT_READ | PROT_EXEC);
    memory_.written(places::code + 4 * index, 4 * words.size());
  }
  std::vector<std::span<const u8>> memory() override {
    std::vector<std::span<const u8>> pages;
    for (u32 n = 0; n < places::data_pages; ++n) {
      const u32 page = places::data + n * page_size;
      if (memory_.translate({}, page, ppc::Access::read)) pages.emplace_back(memory_.host(page), page_size);
    }
    return pages;
  }

 private:
  SlowClock clock_;
  machine::process::GuestMemory memory_;
  ppc::Cpu cpu_;
};

}  // namespace

std::unique_ptr<Board> make_board(BoardKind kind, const ppc::CpuModel& model, EngineKind engine,
                                  std::size_t code_cache_bytes, translator::JitParts off) {
  if (kind == BoardKind::system) return std::make_unique<SystemBoard>(model, engine, code_cache_bytes, off);
  return std::make_unique<ProcessBoard>(model, engine, code_cache_bytes, off);
}

}  // namespace quince::jit_test
