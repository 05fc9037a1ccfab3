// What a processor under test sees of the world: pages of RAM wherever a test wants them, and a clock set by
// hand.
#pragma once

#include <array>
#include <map>

#include "guest-ppc/cpu.h"

namespace quince::ppc {

class FakeMemory : public PhysicalMemory {
 public:
  enum class Kind : u8 { ram, rom };
  void add(u32 physical, u32 bytes, Kind kind = Kind::ram) {
    for (u32 at = physical; at - physical < bytes; at += page_size) pages_[at] = Page{.kind = kind};
  }
  u8* page(u32 physical_page, bool write) override {
    const auto found = pages_.find(physical_page);
    if (found == pages_.end() || (write && found->second.kind == Kind::rom)) return nullptr;
    return found->second.bytes.data();
  }
  u64 read(u32, unsigned) override { return 0; }
  void write(u32, unsigned, u64) override {}

  u32 word(u32 physical) {
    const u8* at = pages_.at(physical & ~page_mask).bytes.data() + (physical & page_mask);
    return u32{at[0]} << 24 | u32{at[1]} << 16 | u32{at[2]} << 8 | at[3];
  }
  void set_word(u32 physical, u32 value) {
    u8* at = pages_.at(physical & ~page_mask).bytes.data() + (physical & page_mask);
    for (unsigned n = 0; n < 4; ++n) at[n] = static_cast<u8>(value >> (24 - 8 * n));
  }

 private:
  struct Page {
    Kind kind = Kind::ram;
    std::array<u8, page_size> bytes{};
  };
  std::map<u32, Page> pages_;
};

class FakeClock : public Clock {
 public:
  u64 now = 0;
  u64 ticks(u64) override { return now; }
};

// Refuses nothing: every address is its own translation.
class FlatTranslation : public Translation {
 public:
  int forgotten = 0;
  tl::expected<Mapping, GuestException> translate(const CpuState&, u32 ea, Access) override {
    return Mapping{.physical = ea & ~page_mask, .writable = true, .in_tlb = true};
  }
  void forget() override { ++forgotten; }
};

struct FakeWorld {
  FlatTranslation translation;
  FakeMemory memory;
  FakeClock clock;
};

}  // namespace quince::ppc
