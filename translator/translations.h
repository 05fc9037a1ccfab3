// What has been translated, found by guest address and mode, by host address, and by the physical memory that
// it was made of.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <memory_resource>
#include <span>
#include <vector>

#include "guest-ppc/cpu.h"
#include "guest-ppc/zeroed_array.h"
#include "translator/backend.h"

namespace quince::translator {

struct Translation;

// Where a jump leads. Guests can make as many of them as they like lead to one block: those are a list that
// any of them leaves at once.
struct Link {
  LinkSite site;
  Translation* from;
  Translation* to = nullptr;  // null: to its stub
  Link* next = nullptr;       // of those that lead to the same block
  Link* previous = nullptr;
};

struct Translation {
  u32 pc, physical, tag, insns;  // tag: see exec_tag(); 0 once the block is forgotten
  u64 made_at;                   // instructions executed by then
  const u8* entry = nullptr;
  u32 bytes = 0;
  LoopJumps loop{};
  std::span<const SidePoint> side_points{};
  std::span<const FloatRecord> float_records{};
  std::span<Link> links{};
  std::span<const Loan> loans{};
  std::span<const OwedField> owed{};
  Link* incoming = nullptr;     // links of others, and its own
  Translation* next = nullptr;  // of those that begin in the same stretch of memory
  Translation* previous = nullptr;
  u32 units = 0;  // of memory, for Translations

  bool overlaps(u32 address, u32 length) const {
    return physical < address + length && physical + 4 * insns > address;
  }
};

// The records live as long as the host code: a chunk of the code cache takes all of its own along. So they
// cost no allocation each, and a block that was forgotten while it runs is still known by its host address.
// Where code is changed all the time, records of the current chunk are used again before that.
class Translations {
 public:
  // No translation is longer than a stretch, and a page is some of them.
  static constexpr u32 stretch_bytes = 256;

  Translations();

  // Null: there is none. About 10 ns while they are few, a cache miss or two otherwise.
  Translation* find(u32 pc, u32 tag) const;
  // Of the code that ends the instruction in front of `host`; there must be one, perhaps forgotten.
  Translation& containing(u64 host) const;
  // Of the code at `host`, or the last before it. Null: none. Does not allocate.
  const Translation* at_or_before(u64 host) const;
  // f(Translation&), of those not forgotten that begin in a stretch. f may neither make nor forget any.
  template <class F>
  void for_each_of_stretch(u32 stretch, F f) const {
    for (Translation* t = first_of_stretch(stretch); t; t = t->next) f(*t);
  }
  Translation* first_of_stretch(u32 stretch) const { return stretches_[stretch].first; }
  // f(Translation&), of those not forgotten. f may forget the one that it is called with.
  template <class F>
  void for_each(F f) const {
    for (const Chunk& chunk : chunks_) for_each_of(chunk, f);
  }

  // In the current chunk, behind all others there.
  Translation* add(const Translation& identity, const CompiledBlock& code);
  // It is found by host address alone from now on. Its links have been taken apart.
  void forget(Translation& translation);
  // No code of this forgotten one runs any more: its memory may become another's.
  void recycle(Translation& translation);
  // f(Translation&), of those not forgotten in this range of the code cache, for f to forget them; then their
  // records go. The range is the current chunk from now on.
  template <class F>
  void open(Backend::Range range, F f) {
    Chunk& chunk = chunk_of(range);
    for_each_of(chunk, f);
    begin(chunk);
  }

 private:
  struct Place {
    u64 entry;
    Translation* translation;  // null: recycled
  };
  struct Chunk {
    std::pmr::monotonic_buffer_resource memory{64 * 1024};
    std::vector<Place> by_host;  // ascending
    std::size_t recycled = 0;    // of them
    u64 first = 0, last = 0;     // of their host addresses: entry of the first, end of the last
  };
  template <class F>
  static void for_each_of(const Chunk& chunk, F& f) {
    for (const Place& place : chunk.by_host) {
      if (place.translation && place.translation->tag != 0) f(*place.translation);
    }
  }
  Chunk& chunk_of(Backend::Range range);
  void begin(Chunk& chunk);
  void* take(u32 units);
  static std::size_t index_before(const Chunk& chunk, u64 host);

  // A hash table with linear probing: half of it is empty at least.
  struct Slot {
    u64 key = 0;  // 0: empty
    Translation* translation = nullptr;
  };
  static u64 key(u32 pc, u32 tag) { return u64{tag} << 32 | pc; }
  std::size_t home(u64 key) const { return (key * 0x9e37'79b9'7f4a'7c15) >> shift_; }
  std::size_t wrapped(std::size_t at) const { return at & (slots_.size() - 1); }
  std::size_t slot_of(u64 key) const;  // where it is, or the empty one where it would be
  void insert(u64 key, Translation* translation);
  void erase(u64 key);
  void grow();

  std::vector<Slot> slots_;
  unsigned shift_;
  std::size_t used_ = 0;
  struct Stretch {
    Translation* first;
  };
  ppc::ZeroedArray<Stretch> stretches_;
  std::list<Chunk> chunks_;  // as many as the code cache has
  Chunk* current_;
  static constexpr u32 unit_bytes = 64, most_units = 64;  // of larger records nothing is used again
  struct Free {
    Free* next;
  };
  std::array<Free*, most_units + 1> free_{};  // in the current chunk, by units
};

}  // namespace quince::translator
