#include "guest-ppc/mmu.h"

#include <cstring>

namespace quince::ppc {

namespace {

// Segment register (PEM 7.5.2.1).
constexpr u32 segment_direct_store = bit32(0), segment_ks = bit32(1), segment_kp = bit32(2),
              segment_no_execute = bit32(3), segment_vsid = 0x00ff'ffff;

// Page table entry (PEM 7.5.2.2): word 0 is V, VSID, H, API; word 1 is RPN, R, C, WIMG, PP.
constexpr u32 entry_valid = bit32(0), entry_secondary = bit32(25);
constexpr u32 entry_referenced = bit32(23), entry_changed = bit32(24);
constexpr unsigned entry_bytes = 8, group_bytes = 64;

// W, I, M, G, PP have the same places in a lower BAT register and in word 1 of a page table entry.
constexpr u32 write_through = bit32(25), cache_inhibited = bit32(26), guarded = bit32(28),
              protection_bits = 3;

// Upper BAT register (PEM 7.4.3): BEPI, BL, Vs, Vp.
constexpr u32 bat_page_index = 0xfffe'0000, bat_valid_supervisor = bit32(30), bat_valid_user = bit32(31);

struct Permission {
  bool read, write;
};
// By PP (PEM 7.4.4).
constexpr Permission block_permissions[4] = {{false, false}, {true, false}, {true, true}, {true, false}};
// By key and PP (PEM 7.5.4).
constexpr Permission page_permissions[2][4] = {{{true, true}, {true, true}, {true, true}, {true, false}},
                                               {{false, false}, {true, false}, {true, true}, {true, false}}};

// Why an access is refused: what a fetch puts into SRR1, and what a load or store puts into DSISR.
struct Fault {
  u32 srr1, dsisr;
};
constexpr Fault no_translation{isi_cause::no_translation, dsi_cause::no_translation};
constexpr Fault protection{isi_cause::protection, dsi_cause::protection};
// The 750 and 7400 have no direct-store interface and report it so (MPC750UM table 5-3).
constexpr Fault direct_store{isi_cause::no_execute_or_guarded, dsi_cause::reserved_access_not_cacheable};
constexpr Fault not_executable{isi_cause::no_execute_or_guarded, 0};

tl::unexpected<GuestException> refuse(const Fault& fault, u32 ea, Access access) {
  GuestException exception{};
  if (access == Access::fetch) {
    exception.vector = Vector::isi;
    exception.srr1 = fault.srr1;
  } else {
    exception.vector = Vector::dsi;
    exception.dar = ea;
    exception.dsisr = fault.dsisr | (access == Access::write ? dsi_cause::store : 0);
  }
  return tl::unexpected(exception);
}

Mapping mapping(u32 physical, u32 attributes, bool writable) {
  return {.physical = physical & ~page_mask,
          .writable = writable,
          .cache_inhibited = (attributes & cache_inhibited) != 0,
          .write_through = (attributes & write_through) != 0};
}

// The address bits that BL leaves to the effective address: block length minus one.
u32 block_mask(const CpuState::Bat& bat) { return (bat.upper & 0x1ffc) << 15 | 0x1'ffff; }

const CpuState::Bat* find_block(const std::array<CpuState::Bat, 4>& bats, u32 ea, bool user) {
  const u32 valid = user ? bat_valid_user : bat_valid_supervisor;
  for (const CpuState::Bat& bat : bats) {
    if ((bat.upper & valid) && ((ea ^ bat.upper) & bat_page_index & ~block_mask(bat)) == 0) return &bat;
  }
  return nullptr;
}

tl::expected<Mapping, GuestException> translate_block(const CpuState::Bat& bat, u32 ea, Access access) {
  const Permission allowed = block_permissions[bat.lower & protection_bits];
  if (!(access == Access::write ? allowed.write : allowed.read)) return refuse(protection, ea, access);
  // The 750 and 7400 have G in instruction BATs, too, and do not execute there (MPC750UM 2.1.1,
  // MPC7400UM 2.1.2).
  if (access == Access::fetch && (bat.lower & guarded)) return refuse(not_executable, ea, access);
  return mapping((bat.lower & bat_page_index) | (ea & block_mask(bat)), bat.lower, allowed.write);
}

u32 read_word(const u8* host) {
  u32 word;
  std::memcpy(&word, host, sizeof word);
  return __builtin_bswap32(word);
}

void write_word(u8* host, u32 word) {
  word = __builtin_bswap32(word);
  std::memcpy(host, &word, sizeof word);
}

}  // namespace

tl::expected<Mapping, GuestException> Mmu::translate(const CpuState& state, u32 ea, Access access,
                                                     Record record) {
  const bool fetch = access == Access::fetch;
  if (!(state.msr & (fetch ? msr::ir : msr::dr))) return mapping(ea, 0, true);
  const auto* block = find_block(fetch ? state.ibat : state.dbat, ea, state.msr & msr::pr);
  return block ? translate_block(*block, ea, access) : translate_page(state, ea, access, record);
}

tl::expected<Mapping, GuestException> Mmu::translate_page(const CpuState& state, u32 ea, Access access,
                                                          Record record) {
  const bool fetch = access == Access::fetch, store = access == Access::write;
  const u32 segment = state.sr[ea >> 28];
  if (segment & segment_direct_store) return refuse(direct_store, ea, access);
  if (fetch && (segment & segment_no_execute)) return refuse(not_executable, ea, access);

  u8* entry = find_entry(state.sdr1, segment & segment_vsid, ea);
  if (!entry) return refuse(no_translation, ea, access);
  const u32 old = read_word(entry + 4);
  if (fetch && (old & guarded)) return refuse(not_executable, ea, access);
  const bool key = segment & (state.msr & msr::pr ? segment_kp : segment_ks);
  const Permission allowed = page_permissions[key][old & protection_bits];
  if (!(store ? allowed.write : allowed.read)) return refuse(protection, ea, access);

  const u32 now = old | entry_referenced | (store ? entry_changed : 0);
  if (now != old && record == Record::yes) write_word(entry + 4, now);
  Mapping result = mapping(now, now, allowed.write && (now & entry_changed));
  result.in_tlb = true;
  return result;
}

// PEM 7.6.1.3 and 7.6.1.5: two hash functions, two groups of eight entries.
u8* Mmu::find_entry(u32 sdr1, u32 vsid, u32 ea) {
  const u32 hash = (vsid & 0x7'ffff) ^ (ea >> 12 & 0xffff);
  const u32 wanted = entry_valid | vsid << 7 | (ea >> 22 & 0x3f);
  const u32 offset_mask = (sdr1 & 0x1ff) << 16 | 0xffc0;
  const u32 origin = sdr1 & 0xffff'0000;
  if (u8* entry = search_group(origin | (hash << 6 & offset_mask), wanted)) return entry;
  return search_group(origin | (~hash << 6 & offset_mask), wanted | entry_secondary);
}

u8* Mmu::search_group(u32 address, u32 wanted) {
  u8* page = memory_.page(address & ~page_mask, true);
  if (!page) return nullptr;
  u8* group = page + (address & page_mask);
  for (unsigned i = 0; i < group_bytes; i += entry_bytes) {
    if (read_word(group + i) == wanted) return group + i;
  }
  return nullptr;
}

}  // namespace quince::ppc
