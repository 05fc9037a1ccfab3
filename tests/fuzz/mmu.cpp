// Page tables, block translations, segments and their invalidation, made of the input: every access finds by
// way of the software TLB what a walk of the tables, written here once more from the manual (PEM chapter 7),
// finds. The guest does what the architecture asks of it: tlbie after a change of a page table entry.
#include "guest-ppc/mmu.h"

#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "guest-ppc/cpu.h"
#include "tests/fuzz/bytes.h"

namespace quince::fuzz {
namespace {

using ppc::Access;
using ppc::GuestException;
using ppc::u32;
using ppc::u64;
using ppc::u8;
using ppc::V128;
using ppc::Vector;

constexpr u32 ram_bytes = 128 << 10, rom_base = 0xfff0'0000, rom_bytes = 8 << 10;
constexpr u32 msr_pr = 0x4000, msr_ir = 0x20, msr_dr = 0x10;

// What every access to a device leaves behind, and what it gives.
struct Devices {
  u64 record = 0;
  u64 access(u32 at, unsigned bytes, u64 value) {
    record = ((record ^ at ^ u64{bytes} << 32) * 0x9e37'79b9'7f4a'7c15 ^ value) * 0x517c'c1b7'2722'0a95;
    record ^= record >> 29;
    return record >> (64 - 8 * bytes);
  }
};

class Memory final : public ppc::PhysicalMemory {
 public:
  u8* page(u32 physical, bool write) override {
    if (physical < ram_bytes) return &ram[physical];
    if (physical - rom_base < rom_bytes) return write ? nullptr : &rom[physical - rom_base];
    return nullptr;
  }
  u64 read(u32 physical, unsigned bytes) override { return devices.access(physical, bytes, 0); }
  void write(u32 physical, unsigned bytes, u64 value) override { devices.access(physical, bytes, value); }

  std::vector<u8> ram = std::vector<u8>(ram_bytes), rom = std::vector<u8>(rom_bytes, 0x5a);
  Devices devices;
};

class NoTime final : public ppc::Clock {
 public:
  u64 ticks(u64) override { return 0; }
};

// --- The architecture ---

struct Outcome {
  std::optional<GuestException> fault;
  u64 low = 0, high = 0;  // what was loaded
};

class Architecture {
 public:
  Memory memory;
  std::array<u32, 16> segments{};
  struct Block {
    u32 upper = 0, lower = 0;
  };
  std::array<Block, 4> instruction_blocks{}, data_blocks{};
  u32 sdr1 = 0, msr = 0;

  struct Place {
    u32 physical = 0;
    bool cache_inhibited = false, write_through = false;
  };
  struct Walk {
    std::optional<GuestException> fault;
    Place place;
  };

  // record: sets R and C as the access does.
  Walk walk(u32 ea, Access access, bool record) {
    const bool fetch = access == Access::fetch;
    if (!(msr & (fetch ? msr_ir : msr_dr))) return {{}, {ea}};
    for (const Block& block : fetch ? instruction_blocks : data_blocks) {
      const u32 length_mask = (block.upper >> 2 & 0x7ff) << 17 | 0x1'ffff;
      if (!(block.upper & (msr & msr_pr ? 1 : 2))) continue;
      if ((ea & ~length_mask) != (block.upper & 0xfffe'0000 & ~length_mask)) continue;
      const unsigned pp = block.lower & 3;
      if (pp == 0 || (access == Access::write && pp != 2)) return fail(ea, access, 0x0800'0000, 0x0800'0000);
      if (fetch && block.lower & 0x08) return fail(ea, access, 0x1000'0000, 0);
      return {{}, place((block.lower & 0xfffe'0000) | (ea & length_mask), block.lower)};
    }
    return walk_table(ea, access, record);
  }

  // Whether the address is one at which a page table entry may be.
  bool in_table(u32 physical) const {
    const u32 size_mask = (sdr1 & 0x1ff) << 16 | 0xffff;
    return (physical & ~size_mask) == (sdr1 & 0xffff'0000 & ~size_mask);
  }

 private:
  static Place place(u32 physical, u32 attributes) {
    return {physical, (attributes & 0x20) != 0, (attributes & 0x40) != 0};
  }
  static Walk fail(u32 ea, Access access, u32 srr1, u32 dsisr) {
    GuestException what{};
    what.vector = access == Access::fetch ? Vector::isi : Vector::dsi;
    if (access == Access::fetch) {
      what.srr1 = srr1;
    } else {
      what.dar = ea;
      what.dsisr = dsisr | (access == Access::write ? 0x0200'0000 : 0);
    }
    return {what, {}};
  }
  u32 word(u32 at) const {
    return u32{memory.ram[at]} << 24 | u32{memory.ram[at + 1]} << 16 | u32{memory.ram[at + 2]} << 8 |
           memory.ram[at + 3];
  }

  Walk walk_table(u32 ea, Access access, bool record) {
    const bool fetch = access == Access::fetch, store = access == Access::write;
    const u32 segment = segments[ea >> 28];
    if (segment & 0x8000'0000) return fail(ea, access, 0x1000'0000, 0x0400'0000);
    if (fetch && segment & 0x1000'0000) return fail(ea, access, 0x1000'0000, 0);
    const std::optional<u32> entry = find(segment & 0xff'ffff, ea);
    if (!entry) return fail(ea, access, 0x4000'0000, 0x4000'0000);
    const u32 lower = word(*entry + 4);
    if (fetch && lower & 0x08) return fail(ea, access, 0x1000'0000, 0);
    const bool key = segment & (msr & msr_pr ? 0x2000'0000 : 0x4000'0000);
    const unsigned pp = lower & 3;
    const bool may_read = !key || pp != 0, may_write = key ? pp == 2 : pp != 3;
    if (store ? !may_write : !may_read) return fail(ea, access, 0x0800'0000, 0x0800'0000);
    if (record) {
      memory.ram[*entry + 6] |= 1;
      if (store) memory.ram[*entry + 7] |= 0x80;
    }
    return {{}, place((lower & 0xffff'f000) | (ea & 0xfff), lower)};
  }

  std::optional<u32> find(u32 vsid, u32 ea) const {
    const u32 page = ea >> 12 & 0xffff, hash = (vsid & 0x7'ffff) ^ page;
    for (const bool second : {false, true}) {
      const u32 index = second ? ~hash & 0x7'ffff : hash;
      const u32 group = (sdr1 & 0xffff'0000) | ((index >> 10 & (sdr1 & 0x1ff)) << 16) | (index & 0x3ff) << 6;
      if (group >= ram_bytes) continue;
      for (u32 at = group; at < group + 64; at += 8) {
        if (word(at) == (0x8000'0000 | vsid << 7 | (second ? 0x40u : 0) | page >> 10)) return at;
      }
    }
    return std::nullopt;
  }
};

// --- Both ---

class World {
 public:
  World() : mmu_(memory_), cpu_(ppc::cpu_7400, mmu_, memory_, clock_) { cpu_.set_msr(0); }

  void play(Bytes in) {
    while (!in.empty()) step(in);
    require(memory_.ram == architecture_.memory.ram, "RAM is different");
    require(memory_.devices.record == architecture_.memory.devices.record,
            "devices have heard different things");
  }

 private:
  // Few pages in few segments, so that things meet.
  static u32 address(Bytes& in) {
    const u8 high = in.u8(), low = in.u8();
    const u32 page = u32{high} >> 6 << 28 | (high & 0x20u) << 22 | (high & 0x10u) << 13 | (high & 15u) << 12;
    constexpr u32 offsets[] = {0, 4, 0x7f8, 0xff8, 0xffc, 0xffe, 0xfff, 0xff1};
    return page | (low & 0x80 ? offsets[low & 7] : (low & 0x7fu) << 3);
  }

  // --- Registers and tables ---
  void set_msr(u8 how) {
    architecture_.msr = (how & 1 ? msr_ir : 0) | (how & 2 ? msr_dr : 0) | (how & 4 ? msr_pr : 0);
    cpu_.set_msr(architecture_.msr);
  }
  void set_segment(Bytes& in) {
    const u8 how = in.u8();
    const u32 value = u32{in.u8()} << 28 | (how & 0x10 ? in.u32() & 0xff'ffff : how >> 5);
    const unsigned n = (how & 3u) | (how & 4 ? in.u8() & 12u : 0);
    architecture_.segments[n] = value;
    cpu_.write_segment(n, value);
  }
  void set_block(Bytes& in) {
    const u8 how = in.u8();
    const unsigned n = how & 3;
    auto& block = (how & 4 ? architecture_.instruction_blocks : architecture_.data_blocks)[n];
    const unsigned spr = (how & 4 ? 528 : 536) + 2 * n;
    u32 upper = in.u32(), lower = in.u32();
    if (how & 8)
      upper = (address(in) & 0xfffe'0000) | (upper & 3),
      lower = (lower & 0x7b) | (upper & 0x10 ? 0 : rom_base);
    block = {upper & 0xfffe'1fff, lower & 0xfffe'007b};
    cpu_.write_spr(spr, upper);
    cpu_.write_spr(spr + 1, lower);
  }
  void set_table(Bytes& in) {
    constexpr u32 places[] = {0, 0x1'0000, 0x0'0001, 0x2'0000, 0xfff0'0000, 0x1'0001, 0xffff'01ff, 0x0'0003};
    architecture_.sdr1 = in.pick(places);
    cpu_.write_spr(25, architecture_.sdr1);
  }

  u32 word(u32 at) const {
    u32 value;
    std::memcpy(&value, &memory_.ram[at], 4);
    return __builtin_bswap32(value);
  }
  // As the operating system does it: memory first, then tlbie of what the entry was for, and is.
  void put_word(u32 at, u32 value) {
    const u32 before = word(at & ~7u);
    for (Memory* memory : {&memory_, &architecture_.memory}) {
      const u32 swapped = __builtin_bswap32(value);
      std::memcpy(&memory->ram[at], &swapped, 4);
    }
    cpu_.memory_written(at, 4);
    reserved_ = cpu_.state.reservation;  // which somebody else's store may end
    invalidate_entry(at, before);
    invalidate_entry(at, word(at & ~7u));
  }
  void invalidate_entry(u32 at, u32 upper) {
    const u32 index = at >> 6, hash = upper & 0x40 ? ~index : index;
    cpu_.tlb_invalidate_entry(((hash ^ upper >> 7) & 0x3f) << 12);
  }
  // An entry that leads from an address that accesses use.
  void map(Bytes& in) {
    const u8 how = in.u8();
    const u32 ea = address(in), vsid = architecture_.segments[ea >> 28] & 0xff'ffff;
    const u32 hash = (vsid & 0x7'ffff) ^ (ea >> 12 & 0xffff), index = how & 0x40 ? ~hash : hash;
    const u32 at = ((architecture_.sdr1 & 0xffff'0000) |
                    ((index >> 10 & (architecture_.sdr1 & 0x1ff)) << 16) | (index & 0x3ff) << 6) +
                   (how & 7u) * 8;
    if (at >= ram_bytes) return;
    const u8 where = in.u8();
    constexpr u32 elsewhere[] = {rom_base, rom_base + 0x1000, 0x8000'0000, ram_bytes, 0xffff'f000, 0xf000};
    const u32 physical = where & 0x80 ? elsewhere[where % std::size(elsewhere)] : (where & 31u) << 12;
    put_word(at + 4, physical | (in.u8() & 0xfbu) | (how & 8 ? in.u8() & 1u : 0) << 8);
    put_word(at, (how & 0x80 ? 0 : 0x8000'0000) | vsid << 7 | (how & 0x40u) | (ea >> 22 & 0x3f));
  }

  // --- Accesses ---
  template <class F>
  Outcome attempt(F f) {
    Outcome outcome;
    try {
      f(outcome);
    } catch (const GuestException& what) {
      outcome.fault = what;
    }
    return outcome;
  }
  void compare(const Outcome& found, const Outcome& expected, u32 ea, unsigned bytes, const char* what) {
    const bool same = [&] {
      if (found.fault.has_value() != expected.fault.has_value()) return false;
      if (!found.fault) return found.low == expected.low && found.high == expected.high;
      const GuestException &a = *found.fault, &b = *expected.fault;
      return a.vector == b.vector && a.srr1 == b.srr1 && a.dar == b.dar && a.dsisr == b.dsisr;
    }();
    if (same) return;
    std::fprintf(stderr, "%s of %u bytes at %08x, MSR %08x\n", what, bytes, ea, architecture_.msr);
    for (const Outcome* of : {&found, &expected}) {
      if (of->fault)
        std::fprintf(stderr, "  vector %x, SRR1 %x, DAR %x, DSISR %x\n", static_cast<u32>(of->fault->vector),
                     of->fault->srr1, of->fault->dar, of->fault->dsisr);
      else
        std::fprintf(stderr, "  %016llx'%016llx\n", static_cast<unsigned long long>(of->high),
                     static_cast<unsigned long long>(of->low));
    }
    require(false, "the fast path is not the architecture");
  }
  Architecture::Place expected_place(u32 ea, Access access) {
    const auto walk = architecture_.walk(ea, access, true);
    if (walk.fault) throw *walk.fault;  // NOLINT(misc-throw-by-value-catch-by-reference): what was found
    return walk.place;
  }

  u64 expected_piece(u32 physical, unsigned bytes) {
    const u8* page = architecture_.memory.page(physical & ~0xfffu, false);
    if (!page) return architecture_.memory.devices.access(physical, bytes, 0);
    u64 value = 0;
    for (unsigned n = 0; n < bytes; ++n) value = value << 8 | page[(physical & 0xfff) + n];
    return value;
  }
  void expect_piece(u32 physical, unsigned bytes, u64 value) {
    u8* page = architecture_.memory.page(physical & ~0xfffu, true);
    if (!page) return void(architecture_.memory.devices.access(physical, bytes, value));
    for (unsigned n = 0; n < bytes; ++n)
      page[(physical & 0xfff) + n] = static_cast<u8>(value >> 8 * (bytes - 1 - n));
  }

  static bool crosses(u32 ea, unsigned bytes) { return (ea & 0xfff) + bytes > 0x1000; }

  template <class T>
  void load(u32 ea) {
    constexpr unsigned bytes = sizeof(T);
    const Outcome found = attempt([&](Outcome& o) {
      const T value = cpu_.load<T>(ea);
      if constexpr (std::is_same_v<T, V128>)
        o.high = value.template element<u64>(0), o.low = value.template element<u64>(1);
      else
        o.low = value;
    });
    const Outcome expected = attempt([&](Outcome& o) {
      if (crosses(ea, bytes)) {
        for (unsigned n = 0; n < bytes; ++n) {
          const u64 byte = expected_piece(expected_place(ea + n, Access::read).physical, 1);
          o.high = o.high << 8 | o.low >> 56, o.low = o.low << 8 | byte;
        }
        if (bytes <= 8) o.high = 0;
        return;
      }
      const u32 physical = expected_place(ea, Access::read).physical;
      if (bytes == 16) o.high = expected_piece(physical, 8);
      o.low = expected_piece(physical + bytes / 16 * 8, std::min(bytes, 8u));
    });
    compare(found, expected, ea, bytes, "load");
  }

  // Stores that change the page table in the middle of themselves may go either way.
  bool is_allowed(u32 ea, unsigned bytes, bool in_one_piece) {
    for (const u32 at : {ea, ea + bytes - 1}) {
      const auto walk = architecture_.walk(at, Access::write, false);
      if (walk.fault) continue;
      if (architecture_.in_table(walk.place.physical) && (!in_one_piece || crosses(ea, bytes))) return false;
    }
    return true;
  }
  void table_may_have_changed() {
    for (u32 line = 0; line < 64; ++line) cpu_.tlb_invalidate_entry(line << 12);
  }

  template <class T>
  void store(u32 ea, u64 high, u64 low) {
    constexpr unsigned bytes = sizeof(T);
    if (!is_allowed(ea, bytes, true)) return;
    const Outcome found = attempt([&](Outcome&) {
      if constexpr (std::is_same_v<T, V128>)
        cpu_.store<T>(ea, V128::from_lanes<u64>({low, high}));
      else
        cpu_.store<T>(ea, static_cast<T>(low));
    });
    const Outcome expected = attempt([&](Outcome&) {
      if (crosses(ea, bytes)) {
        expected_place(ea, Access::write);
        expected_place((ea + bytes - 1) & ~0xfffu, Access::write);
        for (unsigned n = 0; n < bytes; ++n) {
          const unsigned from_end = bytes - 1 - n;
          const u64 byte = (from_end >= 8 ? high >> 8 * (from_end - 8) : low >> 8 * from_end) & 0xff;
          expect_piece(expected_place(ea + n, Access::write).physical, 1, byte);
        }
        return;
      }
      const u32 physical = expected_place(ea, Access::write).physical;
      if (bytes == 16) expect_piece(physical, 8, high);
      expect_piece(physical + bytes / 16 * 8, std::min(bytes, 8u),
                   bytes >= 8 ? low : low & ((u64{1} << 8 * (bytes & 7)) - 1));
    });
    compare(found, expected, ea, bytes, "store");
    table_may_have_changed();
  }

  void zero_block(u32 ea) {
    const u32 block = ea & ~31u;
    if (!is_allowed(block, 32, false)) return;
    const Outcome found = attempt([&](Outcome&) { cpu_.zero_block(ea); });
    const Outcome expected = attempt([&](Outcome&) {
      const auto place = expected_place(ea, Access::write);
      if (place.cache_inhibited || place.write_through) throw GuestException{Vector::alignment, 0, ea, 0};
      for (u32 n = 0; n < 32; n += 8) expect_piece((place.physical & ~31u) + n, 8, 0);
    });
    compare(found, expected, ea, 32, "dcbz");
  }

  // A load with reservation, and the store that it is for.
  void reserve(u32 ea) {
    const Outcome found = attempt([&](Outcome& o) { o.low = cpu_.load_reserved(ea); });
    const Outcome expected = attempt([&](Outcome& o) {
      const auto place = expected_place(ea, Access::read);
      if (place.write_through) throw GuestException{Vector::dsi, 0, ea, 0x0400'0000};
      o.low = expected_piece(place.physical, 4);
      reserved_ = true;
    });
    compare(found, expected, ea, 4, "lwarx");
  }
  void store_conditional(u32 ea, u32 value) {
    if (!is_allowed(ea, 4, true)) return;
    const Outcome found = attempt([&](Outcome& o) { o.low = cpu_.store_conditional(ea, value); });
    const Outcome expected = attempt([&](Outcome& o) {
      const auto place = expected_place(ea, Access::write);
      if (place.write_through) throw GuestException{Vector::dsi, 0, ea, 0x0600'0000};
      o.low = reserved_;
      if (reserved_) expect_piece(place.physical, 4, value);
      reserved_ = false;
    });
    compare(found, expected, ea, 4, "stwcx.");
    table_may_have_changed();
  }

  void fetch(u32 ea) {
    const Outcome found = attempt([&](Outcome& o) { o.low = cpu_.fetch(ea).physical; });
    const Outcome expected =
        attempt([&](Outcome& o) { o.low = expected_place(ea, Access::fetch).physical & ~0xfffu; });
    compare(found, expected, ea, 4, "fetch");
  }
  void touch(u32 ea, Access access) {
    const Outcome found = attempt([&](Outcome&) { cpu_.touch_block(ea, access); });
    const Outcome expected = attempt([&](Outcome&) { expected_place(ea, access); });
    compare(found, expected, ea, 1, "dcbst");
  }

  void forget_code(u32 ea) {
    const Outcome found = attempt([&](Outcome&) { cpu_.invalidate_instruction_block(ea); });
    const Outcome expected = attempt([&](Outcome&) { expected_place(ea, Access::read); });
    compare(found, expected, ea, 1, "icbi");
  }

  // What stands in the tables that generated code looks into is what a walk finds.
  void look_at_tables(u32 ea) {
    if (!cpu_.tlb.window_selected()) return;
    const u32 page = ea / ppc::page_size;
    const auto leads_to = [&](u64 distance, Access access, const char* what) {
      if (distance == 0) return;
      const auto walk = architecture_.walk(ea, access, false);
      require(!walk.fault, what);
      const u8* host = memory_.page(walk.place.physical & ~0xfffu, access == Access::write);
      require(host && reinterpret_cast<u64>(host) == (ea & ~0xfffu) - distance, what);
    };
    leads_to(cpu_.tlb.read_distance()[page], Access::read, "a stale entry for loads");
    leads_to(cpu_.tlb.write_distance()[page], Access::write, "a stale entry for stores");
    if (const u32 tag = cpu_.tlb.exec_tag()[page]; tag != 0) {
      const auto walk = architecture_.walk(ea, Access::fetch, false);
      require(!walk.fault && (walk.place.physical & ~0xfffu) == tag - 1, "a stale entry for fetches");
    }
  }

  void step(Bytes& in) {
    const u8 how = in.u8();
    switch (how >> 3) {
      case 0: return set_msr(how & 7);
      case 1: return set_segment(in);
      case 2: return set_block(in);
      case 3: return set_table(in);
      case 4: return how & 7 ? cpu_.tlb_invalidate_entry(address(in)) : cpu_.tlb_invalidate_all();
      case 5: return put_word((in.u16() & 0x7fffu) * 4 % ram_bytes, in.u32());
      case 6:
      case 7:
      case 8:
      case 9: return map(in);
      case 10: return load<u8>(address(in));
      case 11: return load<ppc::u16>(address(in));
      case 12:
      case 13: return load<u32>(address(in));
      case 14: return load<u64>(address(in));
      case 15: return load<V128>(address(in) & ~15u);
      case 16: return store<u8>(address(in), 0, in.u8());
      case 17: return store<ppc::u16>(address(in), 0, in.u16());
      case 18:
      case 19: return store<u32>(address(in), 0, in.u8() * 0x0101'0101u);
      case 20: return store<u64>(address(in), 0, in.u8() * 0x0101'0101'0101'0101u);
      case 21: return store<V128>(address(in) & ~15u, in.u8(), in.u8() * 0x0101'0101'0101'0101u);
      case 22: return zero_block(address(in));
      case 23: return reserve(address(in) & ~3u);
      case 24: return store_conditional(address(in) & ~3u, in.u8());
      case 25:
      case 26: return fetch(address(in));
      case 27:
        return how & 2 ? forget_code(address(in))
                       : touch(address(in), how & 1 ? Access::write : Access::read);
      case 28: return cpu_.watch_code((in.u16() * 64u) % ram_bytes, 64);
      case 29:
      case 30: return look_at_tables(address(in));
      default: return load<u32>(in.u32());
    }
  }

  Memory memory_;
  Architecture architecture_;
  NoTime clock_;
  ppc::Mmu mmu_;
  ppc::Cpu cpu_;
  bool reserved_ = false;
};

}  // namespace
}  // namespace quince::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  quince::fuzz::World().play({data, size});
  return 0;
}
