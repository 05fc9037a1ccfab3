// The MMU against the tables of the PEM, chapter 7. Hashes and entries are worked out by hand.
#include "guest-ppc/mmu.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/fake_world.h"

namespace quince::ppc {
namespace {

constexpr u32 referenced = 0x100, changed = 0x80;
constexpr u32 relocate = msr::ir | msr::dr;
constexpr Access all_accesses[] = {Access::fetch, Access::read, Access::write};

const char* name_of(Access access) {
  switch (access) {
    case Access::fetch: return "fetch";
    case Access::read: return "read";
    default: return "write";
  }
}

class MmuTest : public ::testing::Test {
 protected:
  // What happened, as one comparable value.
  struct Outcome {
    bool allowed = false;
    u32 physical = 0;
    u32 cause = 0;  // SRR1 of an ISI, DSISR of a DSI
    bool operator==(const Outcome&) const = default;
    // NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
    friend void PrintTo(const Outcome& o, std::ostream* out) {
      *out << (o.allowed ? "allowed, physical " : "refused, cause ") << std::hex
           << (o.allowed ? o.physical : o.cause);
    }
  };
  static Outcome at(u32 physical) { return {true, physical, 0}; }
  static Outcome refused(u32 cause) { return {false, 0, cause}; }

  Outcome access(u32 ea, Access kind) {
    const auto result = mmu.translate(state, ea, kind);
    if (result) return at(result->physical);
    const GuestException& e = result.error();
    if (kind == Access::fetch) {
      EXPECT_EQ(e.vector, Vector::isi);
      EXPECT_EQ(e.dsisr, 0u);
      return refused(e.srr1);
    }
    EXPECT_EQ(e.vector, Vector::dsi);
    EXPECT_EQ(e.srr1, 0u);
    EXPECT_EQ(e.dar, ea);
    return refused(e.dsisr);
  }

  FakeMemory memory;
  Mmu mmu{memory};
  CpuState state;
};

TEST_F(MmuTest, RealModeIsIdentityAndAsksNoTable) {
  state.sr.fill(0x8000'0000);
  for (const Access kind : all_accesses) {
    EXPECT_EQ(access(0xdead'beef, kind), at(0xdead'b000));
    const auto mapping = mmu.translate(state, 0xdead'beef, kind);
    EXPECT_TRUE(mapping->writable);
    EXPECT_FALSE(mapping->cache_inhibited);
    EXPECT_FALSE(mapping->write_through);
    EXPECT_FALSE(mapping->in_tlb);
  }
}

TEST_F(MmuTest, InstructionAndDataRelocationAreIndependent) {
  state.sr.fill(0x8000'0000);
  state.msr = msr::ir;
  EXPECT_EQ(access(0x1000, Access::fetch), refused(0x1000'0000));
  EXPECT_EQ(access(0x1000, Access::read), at(0x1000));
  state.msr = msr::dr;
  EXPECT_EQ(access(0x1000, Access::fetch), at(0x1000));
  EXPECT_EQ(access(0x1000, Access::read), refused(0x0400'0000));
  EXPECT_EQ(access(0x1000, Access::write), refused(0x0600'0000));
}

// --- Blocks (PEM 7.4) ---

TEST_F(MmuTest, BlockSizes) {
  struct Size {
    u32 bl, bytes;
  };
  constexpr u32 kib = 1024, mib = 1024 * kib;
  constexpr Size sizes[] = {{0x000, 128 * kib}, {0x001, 256 * kib}, {0x003, 512 * kib}, {0x007, 1 * mib},
                            {0x00f, 2 * mib},   {0x01f, 4 * mib},   {0x03f, 8 * mib},   {0x07f, 16 * mib},
                            {0x0ff, 32 * mib},  {0x1ff, 64 * mib},  {0x3ff, 128 * mib}, {0x7ff, 256 * mib}};
  state.msr = relocate;
  state.sr.fill(0x8000'0000);
  for (const Size& size : sizes) {
    const u32 start = 0xb000'0000 + (size.bytes < 256 * mib ? size.bytes : 0);
    state.dbat[2] = {start | size.bl << 2 | 2, 0x5000'0002};
    EXPECT_EQ(access(start, Access::read), at(0x5000'0000)) << size.bl;
    EXPECT_EQ(access(start + 0x1'2345, Access::write), at(0x5001'2000)) << size.bl;
    EXPECT_EQ(access(start + size.bytes - 1, Access::read), at(0x5000'0000 + size.bytes - page_size))
        << size.bl;
    EXPECT_EQ(access(start - 1, Access::read), refused(0x0400'0000)) << size.bl;
    EXPECT_EQ(access(start + size.bytes, Access::read), refused(0x0400'0000)) << size.bl;
    EXPECT_EQ(access(start, Access::fetch), refused(0x1000'0000)) << "data blocks serve no fetches";
  }
}

TEST_F(MmuTest, EachOfTheFourPairsServes) {
  state.sr.fill(0x8000'0000);
  for (unsigned n = 0; n < 4; ++n) {
    state.msr = relocate;
    state.dbat[n] = {0x1000'0002 + 0x1000'0000 * n, 0x4000'0002 + 0x0100'0000 * n};
    state.ibat[n] = {0x6000'0002 + 0x1000'0000 * n, 0x4800'0002 + 0x0100'0000 * n};
  }
  for (u32 n = 0; n < 4; ++n) {
    EXPECT_EQ(access(0x1000'0000 + 0x1000'0000 * n, Access::read), at(0x4000'0000 + 0x0100'0000 * n));
    EXPECT_EQ(access(0x6000'0000 + 0x1000'0000 * n, Access::fetch), at(0x4800'0000 + 0x0100'0000 * n));
    EXPECT_EQ(access(0x6000'0000 + 0x1000'0000 * n, Access::read), refused(0x0400'0000));
  }
}

TEST_F(MmuTest, BlocksAreValidForSupervisorAndUserSeparately) {
  state.sr.fill(0x8000'0000);
  for (u32 valid = 0; valid < 4; ++valid) {
    state.ibat[0] = state.dbat[0] = {0x2000'0000 | valid, 0x3000'0002};
    for (const bool user : {false, true}) {
      state.msr = relocate | (user ? msr::pr : 0);
      const bool hit = valid & (user ? 1 : 2);
      for (const Access kind : all_accesses) {
        EXPECT_EQ(access(0x2000'4567, kind).allowed, hit) << valid << user << name_of(kind);
      }
    }
  }
}

TEST_F(MmuTest, BlockProtection) {
  struct Row {
    u32 pp;
    bool read, write;
  };
  constexpr Row rows[] = {{0, false, false}, {1, true, false}, {2, true, true}, {3, true, false}};
  for (const Row& row : rows) {
    for (const u32 mode : {relocate, relocate | msr::pr}) {
      state.msr = mode;  // keys of segments have no say
      state.sr.fill(0x6000'0000);
      state.ibat[3] = state.dbat[3] = {0xc000'0003, 0x0002'0000 | row.pp};
      EXPECT_EQ(access(0xc001'5000, Access::read), row.read ? at(0x3'5000) : refused(0x0800'0000)) << row.pp;
      EXPECT_EQ(access(0xc001'5000, Access::write), row.write ? at(0x3'5000) : refused(0x0a00'0000))
          << row.pp;
      EXPECT_EQ(access(0xc001'5000, Access::fetch), row.read ? at(0x3'5000) : refused(0x0800'0000)) << row.pp;
      if (row.read) {
        EXPECT_EQ(mmu.translate(state, 0xc001'5000, Access::read)->writable, row.write);
      }
    }
  }
}

TEST_F(MmuTest, BlockAttributes) {
  state.msr = relocate;
  for (u32 wimg = 0; wimg < 16; ++wimg) {
    state.ibat[1] = state.dbat[1] = {0xc000'0002, 0x0002'0002 | wimg << 3};
    const auto mapping = mmu.translate(state, 0xc000'0000, Access::read);
    EXPECT_EQ(mapping->write_through, (wimg & 8) != 0);
    EXPECT_EQ(mapping->cache_inhibited, (wimg & 4) != 0);
    EXPECT_FALSE(mapping->in_tlb);
    EXPECT_EQ(access(0xc000'0000, Access::fetch), wimg & 1 ? refused(0x1000'0000) : at(0x2'0000));
  }
}

TEST_F(MmuTest, BlocksComeBeforeSegments) {
  state.msr = relocate;
  state.sr.fill(0x8000'0000);  // direct-store
  state.ibat[0] = state.dbat[0] = {0x9000'0002, 0x0000'0002};
  EXPECT_EQ(access(0x9000'0000, Access::read), at(0));
  EXPECT_EQ(access(0x9000'0000, Access::fetch), at(0));
  state.sr.fill(0x1000'0000);  // no-execute
  EXPECT_EQ(access(0x9000'0000, Access::fetch), at(0));
  state.dbat[0].lower = 0;  // a refusal by a block is final, too
  EXPECT_EQ(access(0x9000'0000, Access::read), refused(0x0800'0000));
}

// --- Segments and pages (PEM 7.5, 7.6) ---

TEST_F(MmuTest, DirectStoreSegments) {
  state.msr = relocate;
  state.sr[5] = 0x87f1'2345;
  EXPECT_EQ(access(0x5000'0000, Access::fetch), refused(0x1000'0000));
  EXPECT_EQ(access(0x5fff'fffc, Access::read), refused(0x0400'0000));
  EXPECT_EQ(access(0x5fff'fffc, Access::write), refused(0x0600'0000));
}

// One page: where it is and what the tables must hold for it.
struct Example {
  u32 sdr1, segment_register, ea;
  u32 primary_group, secondary_group;  // physical addresses
  u32 primary_word, secondary_word;    // word 0 of the entry
};
constexpr Example examples[] = {
    // 64 KiB. Page index 0x0345, hash 0x123 ^ 0x345 = 0x266, its complement's low ten bits 0x199.
    {0x0010'0000, 0x0000'0123, 0x0034'5678, 0x0010'9980, 0x0010'6640, 0x8000'9180, 0x8000'91c0},
    // 256 KiB. VSID[5-23] = 0x3cdef, page index 0xfedc, hash 0x33333, complement 0x4cccc; HTABMASK 3; API
    // 0x3f.
    {0x0020'0003, 0x00ab'cdef, 0x3fed'cba9, 0x0020'ccc0, 0x0023'3300, 0xd5e6'f7bf, 0xd5e6'f7ff},
    // 32 MiB, the largest. VSID 0x7ffff, page index 0: the last group; its complement: the first.
    {0x0200'01ff, 0x0007'ffff, 0x0000'0fff, 0x03ff'ffc0, 0x0200'0000, 0x83ff'ff80, 0x83ff'ffc0},
};

class PageTest : public MmuTest {
 protected:
  void use(const Example& example) {
    for (const u32 group : {example.primary_group, example.secondary_group}) {
      memory.add(group & ~page_mask, page_size);  // fresh, so zero
    }
    state.msr = relocate;
    state.sdr1 = example.sdr1;
    state.sr.fill(0x8000'0000);
    state.sr[example.ea >> 28] = example.segment_register;
  }
  void put(u32 entry, u32 word0, u32 word1) {
    memory.set_word(entry, word0);
    memory.set_word(entry + 4, word1);
  }
  // The first example's page with this second word, in the primary group.
  void put_page(u32 word1) { put(page.primary_group, page.primary_word, word1); }
  u32 page_word() { return memory.word(page.primary_group + 4); }

  const Example& page = examples[0];
};

TEST_F(PageTest, EverySlotOfBothGroups) {
  for (const Example& example : examples) {
    for (u32 slot = 0; slot < 8; ++slot) {
      for (const bool secondary : {false, true}) {
        use(example);
        EXPECT_EQ(access(example.ea, Access::read), refused(0x4000'0000));
        const u32 entry = (secondary ? example.secondary_group : example.primary_group) + 8 * slot;
        put(entry, secondary ? example.secondary_word : example.primary_word, 0x1234'5000 | 2);
        for (const Access kind : all_accesses) EXPECT_EQ(access(example.ea, kind), at(0x1234'5000));
        EXPECT_TRUE(mmu.translate(state, example.ea, Access::read)->in_tlb);
        EXPECT_EQ(memory.word(entry + 4), 0x1234'5000u | 2 | referenced | changed);
      }
    }
  }
}

TEST_F(PageTest, EveryBitOfTheFirstWordCounts) {
  for (const Example& example : examples) {
    use(example);
    for (unsigned bit = 0; bit < 32; ++bit) {
      put(example.primary_group, example.primary_word ^ bit32(bit), 2);
      put(example.secondary_group, example.secondary_word ^ bit32(bit), 2);
      EXPECT_EQ(access(example.ea, Access::read), refused(0x4000'0000)) << bit;
      EXPECT_EQ(access(example.ea, Access::write), refused(0x4200'0000)) << bit;
      EXPECT_EQ(access(example.ea, Access::fetch), refused(0x4000'0000)) << bit;
      EXPECT_EQ(memory.word(example.primary_group + 4), 2u);
      EXPECT_EQ(memory.word(example.secondary_group + 4), 2u);
    }
  }
}

TEST_F(PageTest, ThePrimaryGroupComesFirst) {
  use(page);
  put(page.secondary_group, page.secondary_word, 0x2222'2000 | 2);
  put(page.primary_group + 56, page.primary_word, 0x1111'1000 | 2);
  EXPECT_EQ(access(page.ea, Access::read), at(0x1111'1000));
  EXPECT_EQ(memory.word(page.secondary_group + 4), 0x2222'2000u | 2);
}

TEST_F(PageTest, ProtectionByKeyAndPp) {
  struct Row {
    bool key;
    u32 pp;
    bool read, write;
  };
  constexpr Row rows[] = {{false, 0, true, true},  {false, 1, true, true},  {false, 2, true, true},
                          {false, 3, true, false}, {true, 0, false, false}, {true, 1, true, false},
                          {true, 2, true, true},   {true, 3, true, false}};
  for (const Row& row : rows) {
    for (const bool user : {false, true}) {
      use(page);
      state.msr |= user ? msr::pr : 0;
      const u32 mine = user ? bit32(2) : bit32(1), other = user ? bit32(1) : bit32(2);  // Kp, Ks
      state.sr[0] |= row.key ? mine : other;
      const auto check = [&](Access kind, bool allowed, u32 cause, u32 after) {
        put_page(0x0765'4000 | row.pp);
        EXPECT_EQ(access(page.ea, kind), allowed ? at(0x0765'4000) : refused(cause))
            << name_of(kind) << " key " << row.key << " pp " << row.pp << " user " << user;
        EXPECT_EQ(page_word(), (0x0765'4000 | row.pp) | (allowed ? after : 0))
            << "nothing without permission";
      };
      check(Access::read, row.read, 0x0800'0000, referenced);
      check(Access::write, row.write, 0x0a00'0000, referenced | changed);
      check(Access::fetch, row.read, 0x0800'0000, referenced);
    }
  }
}

TEST_F(PageTest, LoadsMapForStoresOnlyWhenNoStoreMustSetC) {
  use(page);
  for (const u32 pp : {2u, 3u}) {
    for (const u32 c : {0u, changed}) {
      put_page(0x0765'4000 | c | pp);
      EXPECT_EQ(mmu.translate(state, page.ea, Access::read)->writable, pp == 2 && c != 0);
    }
  }
  put_page(0x0765'4000 | 2);
  EXPECT_TRUE(mmu.translate(state, page.ea, Access::write)->writable);
}

TEST_F(PageTest, OtherBitsOfTheSecondWordStay) {
  use(page);
  constexpr u32 word = 0xffff'fe76;  // all but R, C, G and PP[31]; reserved bits, too
  put_page(word);
  EXPECT_EQ(access(page.ea, Access::write), at(0xffff'f000));
  EXPECT_EQ(page_word(), word | referenced | changed);
}

TEST_F(PageTest, NoExecuteSegmentsRefuseFetchesBeforeTheTableIsSearched) {
  use(page);
  state.sr[0] |= bit32(3);
  EXPECT_EQ(access(page.ea, Access::fetch), refused(0x1000'0000));
  EXPECT_EQ(access(page.ea, Access::read), refused(0x4000'0000));
  put_page(2);
  EXPECT_EQ(access(page.ea, Access::fetch), refused(0x1000'0000));
  EXPECT_EQ(page_word(), 2u);
  EXPECT_EQ(access(page.ea, Access::read), at(0));
}

TEST_F(PageTest, Attributes) {
  use(page);
  for (u32 wimg = 0; wimg < 16; ++wimg) {
    put_page(0x0765'4002 | wimg << 3);
    const auto fetched = access(page.ea, Access::fetch);
    EXPECT_EQ(fetched, wimg & 1 ? refused(0x1000'0000) : at(0x0765'4000)) << "guarded pages are not executed";
    const auto mapping = mmu.translate(state, page.ea, Access::read);
    EXPECT_EQ(mapping->write_through, (wimg & 8) != 0);
    EXPECT_EQ(mapping->cache_inhibited, (wimg & 4) != 0);
  }
}

TEST_F(PageTest, ATableOutsideRamHoldsNothing) {
  use(page);
  put_page(2);
  state.sdr1 = 0xf000'01ff;
  EXPECT_EQ(access(page.ea, Access::read), refused(0x4000'0000));
  EXPECT_EQ(access(page.ea, Access::write), refused(0x4200'0000));
  EXPECT_EQ(access(page.ea, Access::fetch), refused(0x4000'0000));
  // In ROM it could not record R and C.
  memory.add(0xf000'0000 | (page.primary_group & 0xf000), page_size, FakeMemory::Kind::rom);
  state.sdr1 = 0xf000'0000;
  memory.set_word(0xf000'0000 | (page.primary_group & 0xffff), page.primary_word);
  EXPECT_EQ(access(page.ea, Access::read), refused(0x4000'0000));
}

TEST_F(PageTest, TheSegmentIsChosenByTheTopFourBits) {
  for (u32 n = 0; n < 16; ++n) {
    use(page);
    state.sr.fill(0x8000'0000);
    state.sr[n] = page.segment_register;
    put_page(0x0765'4000 | 2);
    EXPECT_EQ(access(page.ea | n << 28, Access::read), at(0x0765'4000));
    EXPECT_EQ(access(page.ea | (n ^ 1) << 28, Access::read), refused(0x0400'0000));
  }
}

}  // namespace
}  // namespace quince::ppc
