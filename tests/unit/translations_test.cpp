// The table of translations beside a model of it: found by address and mode, by host address and by physical
// memory, while blocks are made and forgotten and chunks of the code cache are given up.
#include "translator/translations.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace quince::translator {
namespace {

constexpr u32 chunks = 3, chunk_bytes = 0x8000;
const u8* const cache = reinterpret_cast<const u8*>(0x7000'0000);  // nothing reads it

struct Model {
  std::map<std::pair<u32, u32>, Translation*> by_key;
  std::map<u64, Translation*> by_host;  // forgotten ones are still there
};

class TranslationsTest : public testing::Test {
 protected:
  u32 below(u32 n) { return static_cast<u32>(random() % n); }

  void open_next() {
    chunk = (chunk + 1) % chunks;
    const u8* first = cache + u64{chunk} * chunk_bytes;
    table.open({first, first + chunk_bytes}, [this](Translation& t) { forget(t); });
    std::erase_if(model.by_host, [first](const auto& entry) {
      return entry.first >= reinterpret_cast<u64>(first) &&
             entry.first < reinterpret_cast<u64>(first + chunk_bytes);
    });
    used = 0;
  }
  void add() {
    const u32 bytes = 16 * (1 + below(40));
    if (used + bytes > chunk_bytes) open_next();
    // Few pages and modes, so that keys come again and stretches have several.
    const u32 physical = 0x1000 * below(5) + 4 * below(200), tag = (physical & ~0xfffu) | below(4) << 1 | 1;
    const u32 pc = (below(3) << 28) | physical;
    if (model.by_key.contains({pc, tag})) return;
    points.assign(
        below(9),
        SidePoint{.host_offset = 8, .insn = 3, .carry = 0, .lent = false, .owed = {}, .float_record = 0});
    sites.assign(
        below(4),
        LinkSite{.target = pc + 4, .after_jump = bytes, .after_stub = 0, .guard_offset = 0, .calls = false});
    CompiledBlock code;
    code.entry = cache + u64{chunk} * chunk_bytes + used;
    code.bytes = bytes;
    code.side_points = points;
    code.links = sites;
    Translation* made = table.add({pc, physical, tag, 1 + below(60), pc}, code);
    used += bytes;
    model.by_key[{pc, tag}] = model.by_host[reinterpret_cast<u64>(code.entry)] = made;
    ASSERT_EQ(made->side_points.size(), points.size());
    ASSERT_EQ(made->links.size(), sites.size());
    for (const Link& link : made->links) {
      ASSERT_EQ(link.from, made);
      ASSERT_EQ(link.site.after_jump, bytes);
    }
  }
  void forget(Translation& t) {
    ASSERT_EQ(model.by_key.erase({t.pc, t.tag}), 1u);
    table.forget(t);
  }
  void forget_one(bool recycle) {
    if (model.by_key.empty()) return;
    Translation& gone =
        *std::next(model.by_key.begin(), below(static_cast<u32>(model.by_key.size())))->second;
    const u64 entry = reinterpret_cast<u64>(gone.entry);
    forget(gone);
    ASSERT_EQ(&table.containing(entry + 1), &gone);
    if (!recycle) return;
    table.recycle(gone);
    model.by_host.erase(entry);
  }
  void compare() const {
    std::set<const Translation*> all, of_stretches;
    for (const auto& [key, t] : model.by_key) {
      ASSERT_EQ(table.find(key.first, key.second), t);
      all.insert(t);
    }
    ASSERT_EQ(table.find(0xf000'0000, 1), nullptr);
    for (u32 stretch = 0; stretch < 0x5000 / Translations::stretch_bytes; ++stretch) {
      table.for_each_of_stretch(stretch, [&](const Translation& t) {
        ASSERT_EQ(t.physical / Translations::stretch_bytes, stretch);
        of_stretches.insert(&t);
      });
    }
    ASSERT_EQ(all, of_stretches);
    std::set<const Translation*> each;
    table.for_each([&](const Translation& t) { each.insert(&t); });
    ASSERT_EQ(all, each);
    for (const auto& [entry, t] : model.by_host) {
      ASSERT_EQ(&table.containing(entry + 1), t);
      ASSERT_EQ(&table.containing(entry + t->bytes), t);
      ASSERT_EQ(table.at_or_before(entry), t);
      ASSERT_EQ(table.at_or_before(entry + t->bytes - 1), t);
    }
  }

  std::mt19937 random{5};
  Translations table;
  Model model;
  u32 chunk = 0, used = 0;
  std::vector<SidePoint> points;
  std::vector<LinkSite> sites;
};

TEST_F(TranslationsTest, IsWhatTheModelIs) {
  for (unsigned round = 0; round < 300; ++round) {
    const u32 changes = below(60), forgetful = below(10);
    for (u32 n = 0; n < changes; ++n) below(10) < forgetful ? forget_one(below(2) == 0) : add();
    if (HasFatalFailure()) return;
    compare();
    if (HasFatalFailure()) return;
  }
}

// Twenty thousand keys and back to none: the hash table grows, and what stood behind a hole is still found.
TEST_F(TranslationsTest, Grows) {
  CompiledBlock code;
  code.bytes = 16;
  std::vector<Translation*> made;
  for (u32 n = 0; n < 20'000; ++n) {
    code.entry = cache + 16 * u64{n};
    made.push_back(table.add({4 * n, 4 * n, ((4 * n) & ~0xfffu) | 1, 1, 0}, code));
  }
  for (u32 n = 0; n < 20'000; n += 2) table.forget(*made[n]);
  for (u32 n = 0; n < 20'000; ++n) {
    ASSERT_EQ(table.find(4 * n, ((4 * n) & ~0xfffu) | 1), n % 2 ? made[n] : nullptr) << n;
  }
}

// Code that is changed all the time: its records take the memory of those before.
TEST_F(TranslationsTest, RecordsAreUsedAgain) {
  CompiledBlock code;
  code.bytes = 16;
  std::set<const Translation*> places;
  for (u32 n = 0; n < 100'000; ++n) {
    code.entry = cache + 16 * u64{n};
    Translation* made = table.add({0x1000, 0x1000, 0x1001, 1, 0}, code);
    places.insert(made);
    table.forget(*made);
    table.recycle(*made);
  }
  EXPECT_LE(places.size(), 2u);
}

}  // namespace
}  // namespace quince::translator
