#include "tests/system/cases.h"

#include <bit>
#include <random>

namespace quince::test {

using namespace ppc;

namespace {

constexpr u32 msr_pr = 0x4000, msr_fp = 0x2000, msr_ir = 0x20, msr_dr = 0x10;
constexpr u32 harmless_msr_bits = 0x0000'1902 | 0x4;  // ME, FE0, FE1, RI, PM

constexpr u32 direct_store = 0x8000'0000;  // T of a segment register

constexpr u32 keys = 0x6000'0000;  // Ks, Kp
constexpr u32 guarded = 8;         // G of a page table entry

constexpr u32 lwarx = 0x7c80'1828;  // r4,0,r3

// On r3 = effective address and r4.
constexpr u32 data_accesses[] = {
    0x8083'0000,  // lwz
    0x9083'0000,  // stw
    0x8883'0003,  // lbz
    0x9883'0001,  // stb
    0xa083'0002,  // lhz
    0xb083'0000,  // sth
    lwarx,
    0x7c00'186c,  // dcbst
    0x7c00'18ac,  // dcbf
    icbi,
};

constexpr u32 privileged_or_not[] = {
    0x0000'0000,  // illegal
    0x7fe0'0008,  // trap
    0x0fe3'0000,  // twi 31,r3,0
    0x4400'0002,  // sc
    0x7c80'00a6,  // mfmsr
    0x7c80'04a6,  // mfsr r4,0
    0x7c80'1d26,  // mfsrin
    0x7c00'1a64,  // tlbie
    0x7c00'046c,  // tlbsync
    0x7c00'1bac,  // dcbi
    0xc0a3'0000,  // lfs f5,0(r3)
    0xfca5'282a,  // fadd f5,f5,f5
    0x7c9f'42a6,  // mfpvr
    0x7c89'03a6,  // mtctr
    0x6000'0000,  // nop
};

// Constant while the program runs: of the 750, readable in supervisor mode, most of them only there.
constexpr u32 known_sprs[] = {1, 8, 26, 27, 272, 275, 287, 528, 538, 936, 937, 940, 942, 952, 953, 956, 958};

u32 mfspr(u32 number) { return 0x7c80'02a6 | (number & 31) << 16 | (number >> 5) << 11; }
u32 mtspr(u32 number) { return mfspr(number) | 0x100; }

class Maker {
 public:
  explicit Maker(u32 seed) : random_(seed) {}

  SystemCase make() {
    SystemCase c{};
    choose_page(c);
    choose_blocks(c);
    c.value = bits();
    c.target_word0 = 0x3880'0000 | (bits() & 0x7fff);  // li r4,n: tells where a fetch arrived
    c.target_word1 = 0x4400'0002;                      // sc
    c.msr = (bits() & harmless_msr_bits) | (chance(2) ? msr_pr : 0);
    const u32 kind = bits() % 16;
    if (kind < 7) {
      data_access(c);
    } else if (kind < 12) {
      fetch(c);
    } else if (kind < 14) {
      c.start = stub_address;
      c.instruction = privileged_or_not[bits() % std::size(privileged_or_not)];
      c.msr |= chance(2) ? msr_fp : 0;
      c.ea = c.target;
    } else {
      spr_access(c);
    }
    return c;
  }

 private:
  u32 bits() { return random_(); }
  bool chance(u32 one_in) { return bits() % one_in == 0; }

  void data_access(SystemCase& c) {
    c.start = stub_address;
    c.instruction = data_accesses[bits() % std::size(data_accesses)];
    c.msr |= msr_dr;
    // Loads and stores in direct-store segments: QEMU lets them through, and repeats lwarx for ever.
    c.segment &= ~direct_store;
  }

  void fetch(SystemCase& c) {
    c.start = c.ea;
    c.msr |= msr_ir;
    // QEMU executes from guarded pages, and from pages that may not even be read (MPC750UM table 5-3 and
    // PEM 7.5.4 say ISI).
    c.entry_word1 &= ~guarded;
    if ((c.entry_word1 & 3) == 0) c.segment &= ~keys;
  }

  void spr_access(SystemCase& c) {
    c.start = stub_address;
    const bool user = c.msr & msr_pr;
    // Unknown numbers that are not the supervisor's: QEMU calls them privileged, the PEM (8.2, mfspr)
    // illegal.
    const bool any = user && !chance(3);
    u32 number = any ? bits() % 1024 | 0x10 : known_sprs[bits() % std::size(known_sprs)];
    if (number == 284 || number == 285) number = 287;  // QEMU lets users read the timebase there
    // Nor does it agree about mtspr of the user's copies of supervisor registers.
    const bool write = user && (number < 936 || number > 942) && chance(2);
    c.instruction = write ? mtspr(number) : mfspr(number);
    if (!write) c.value = 0;
  }

  // An entry where the PEM's two hash functions put it, sometimes damaged.
  void choose_page(SystemCase& c) {
    c.ea = (bits() & ~7u) | 0x0800'0000;
    c.target = 0x0400'0000 + (bits() & 0x03ff'f000) + (c.ea & 0xfff);
    const u32 vsid = bits() & 0xff'ffff;
    c.segment = (bits() & 0x6000'0000) | vsid;
    if (chance(8)) c.segment |= 0x1000'0000;  // N
    if (chance(16)) c.segment |= direct_store;
    const u32 table_mask = (1u << bits() % 9) - 1;
    c.sdr1 = 0x0200'0000 | (bits() & 0x01ff'0000 & ~(table_mask << 16)) | table_mask;

    const bool secondary = chance(2);
    u32 hash = (vsid & 0x7'ffff) ^ (c.ea >> 12 & 0xffff);
    if (secondary) hash = ~hash;
    c.entry_address = (c.sdr1 & 0xffff'0000) + (hash & 0x3ff) * 64 + (hash >> 10 & table_mask) * 0x1'0000;
    c.entry_address += bits() % 8 * 8;
    c.entry_word0 = 0x8000'0000 | vsid << 7 | (secondary ? 0x40 : 0) | (c.ea >> 22 & 63);
    if (chance(8)) c.entry_word0 ^= 1u << bits() % 32;
    c.entry_word1 = (c.target & 0xffff'f000) | (bits() & 0x183) | (bits() & 0x10);  // R, C, PP, M
    if (chance(8)) c.entry_word1 |= 8;                                              // G
    if (chance(8)) c.entry_word1 |= 0x20;                                           // I
  }

  // Often a block covers the address, sometimes one that nearly does.
  void choose_blocks(SystemCase& c) {
    const auto choose = [&](u32& upper, u32& lower) {
      const u32 bl = (1u << bits() % 12) - 1, mask = bl << 17;
      upper = (c.ea & 0xfffe'0000 & ~mask) | bl << 2;
      if (chance(3)) upper |= bits() & 3;  // Vs, Vp
      if (chance(8)) upper ^= 0x0002'0000u << bits() % 15 & ~mask;
      lower = (c.target & 0xfffe'0000 & ~mask) | (bits() & 3);
    };
    choose(c.ibat_upper, c.ibat_lower);
    choose(c.dbat_upper, c.dbat_lower);
  }

  std::mt19937 random_;
};

void put_word(std::vector<u8>& bytes, u32 word) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<u8>(word >> shift));
}

u32 get_word(std::span<const u8> bytes) {
  return u32{bytes[0]} << 24 | u32{bytes[1]} << 16 | u32{bytes[2]} << 8 | u32{bytes[3]};
}

}  // namespace

std::vector<SystemCase> make_cases(unsigned count, u32 seed) {
  Maker maker(seed);
  std::vector<SystemCase> cases;
  while (cases.size() < count) cases.push_back(maker.make());
  return cases;
}

std::vector<u8> encode(std::span<const SystemCase> cases) {
  std::vector<u8> bytes;
  put_word(bytes, static_cast<u32>(cases.size()));
  bytes.resize(header_bytes);
  for (const SystemCase& c : cases) {
    for (const u32 word : std::bit_cast<std::array<u32, sizeof(SystemCase) / 4>>(c)) put_word(bytes, word);
  }
  return bytes;
}

std::vector<SystemResult> decode_results(std::span<const u8> memory, std::size_t count) {
  std::vector<SystemResult> results;
  if (memory.size() < header_bytes + count * sizeof(SystemResult) || get_word(memory) != done_marker)
    return {};
  memory = memory.subspan(header_bytes);
  for (; results.size() < count; memory = memory.subspan(sizeof(SystemResult))) {
    std::array<u32, sizeof(SystemResult) / 4> words{};
    for (std::size_t n = 0; n < words.size(); ++n) words[n] = get_word(memory.subspan(4 * n));
    results.push_back(std::bit_cast<SystemResult>(words));
  }
  return results;
}

}  // namespace quince::test
