#include "translator/translations.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <utility>

namespace quince::translator {

namespace {

constexpr std::size_t first_slots = 1u << 12;
constexpr unsigned shift_for(std::size_t slots) {
  return 64 - static_cast<unsigned>(std::countr_zero(slots));
}

u64 address(const u8* host) { return reinterpret_cast<u64>(host); }

}  // namespace

Translations::Translations()
    : slots_(first_slots),
      shift_(shift_for(first_slots)),
      stretches_((u64{1} << 32) / stretch_bytes),
      current_(&chunks_.emplace_back()) {}

// --- By guest address ---

std::size_t Translations::slot_of(u64 key) const {
  std::size_t at = home(key);
  while (slots_[at].key != key && slots_[at].key != 0) at = wrapped(at + 1);
  return at;
}

Translation* Translations::find(u32 pc, u32 tag) const { return slots_[slot_of(key(pc, tag))].translation; }

void Translations::insert(u64 key, Translation* translation) {
  if (2 * ++used_ > slots_.size()) grow();
  slots_[slot_of(key)] = {key, translation};
}

// What stands behind it moves up where it was only pushed away from its home.
void Translations::erase(u64 key) {
  std::size_t hole = slot_of(key);
  --used_;
  for (std::size_t at = wrapped(hole + 1); slots_[at].key != 0; at = wrapped(at + 1)) {
    if (wrapped(at - home(slots_[at].key)) < wrapped(at - hole)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
}

void Translations::grow() {
  std::vector<Slot> old(2 * slots_.size());
  std::swap(old, slots_);
  shift_ = shift_for(slots_.size());
  for (const Slot& slot : old) {
    if (slot.key != 0) slots_[slot_of(slot.key)] = slot;
  }
}

// --- By host address ---

std::size_t Translations::index_before(const Chunk& chunk, u64 host) {
  const auto after = std::partition_point(chunk.by_host.begin(), chunk.by_host.end(),
                                          [host](const Place& place) { return place.entry < host; });
  return static_cast<std::size_t>(after - chunk.by_host.begin()) - 1;
}

// `host` may be the end of a block, where another begins.
Translation& Translations::containing(u64 host) const {
  const auto has_it = [host](const Chunk& chunk) { return chunk.first < host && host <= chunk.last; };
  const Chunk* chunk = current_;
  if (!has_it(*chunk)) chunk = &*std::find_if(chunks_.begin(), chunks_.end(), has_it);
  return *chunk->by_host[index_before(*chunk, host)].translation;
}

const Translation* Translations::at_or_before(u64 host) const {
  for (const Chunk& chunk : chunks_) {
    if (chunk.first <= host && host < chunk.last)
      return chunk.by_host[index_before(chunk, host + 1)].translation;
  }
  return nullptr;
}

// --- Making and forgetting ---

void* Translations::take(u32 units) {
  if (units <= most_units && free_[units]) return std::exchange(free_[units], free_[units]->next);
  return current_->memory.allocate(std::size_t{units} * unit_bytes, alignof(std::max_align_t));
}

// The record and its tables are one piece of memory.
Translation* Translations::add(const Translation& identity, const CompiledBlock& code) {
  static_assert(alignof(Link) == alignof(Translation) && sizeof(Translation) % alignof(Translation) == 0);
  static_assert(alignof(SidePoint) <= 4 && alignof(OwedField) <= 4);
  const std::size_t bytes = sizeof(Translation) + code.links.size() * sizeof(Link) +
                            code.side_points.size_bytes() + code.owed.size_bytes() +
                            code.float_records.size_bytes() + code.loans.size_bytes();
  const auto units = static_cast<u32>((bytes + unit_bytes - 1) / unit_bytes);
  auto* place = static_cast<u8*>(take(units));
  auto* made = new (place) Translation(identity);
  place += sizeof(Translation);
  made->units = units;
  made->entry = code.entry;
  made->bytes = code.bytes;
  made->loop = code.loop;
  made->links = {reinterpret_cast<Link*>(place), code.links.size()};
  for (const LinkSite& site : code.links) place = reinterpret_cast<u8*>(new (place) Link{site, made} + 1);
  const auto copy = [&place]<class T>(std::span<const T> from) {
    auto* to = reinterpret_cast<T*>(place);
    place = reinterpret_cast<u8*>(std::uninitialized_copy(from.begin(), from.end(), to));
    return std::span<const T>(to, from.size());
  };
  made->side_points = copy(code.side_points);
  made->owed = copy(code.owed);
  made->float_records = copy(code.float_records);
  made->loans = copy(code.loans);

  Translation*& first = stretches_[made->physical / stretch_bytes].first;
  made->next = first;
  if (first) first->previous = made;
  first = made;
  if (current_->by_host.empty()) current_->first = address(made->entry);
  current_->last = address(made->entry) + made->bytes;
  current_->by_host.push_back({address(made->entry), made});
  insert(key(made->pc, made->tag), made);
  return made;
}

void Translations::forget(Translation& gone) {
  erase(key(gone.pc, gone.tag));
  if (gone.next) gone.next->previous = gone.previous;
  (gone.previous ? gone.previous->next : stretches_[gone.physical / stretch_bytes].first) = gone.next;
  gone.tag = 0;
}

void Translations::recycle(Translation& gone) {
  const u64 entry = address(gone.entry);
  Chunk& chunk = *current_;
  if (gone.units > most_units || entry < chunk.first || entry >= chunk.last) return;
  chunk.by_host[index_before(chunk, entry + 1)].translation = nullptr;
  Free*& list = free_[gone.units];
  list = new (&gone) Free{list};
  if (2 * ++chunk.recycled < chunk.by_host.size()) return;
  std::erase_if(chunk.by_host, [](const Place& place) { return !place.translation; });
  chunk.recycled = 0;
}

Translations::Chunk& Translations::chunk_of(Backend::Range range) {
  Chunk* unused = nullptr;
  for (Chunk& chunk : chunks_) {
    if (address(range.first) <= chunk.first && chunk.first < address(range.last)) return chunk;
    if (chunk.by_host.empty()) unused = &chunk;
  }
  return unused ? *unused : chunks_.emplace_back();
}

void Translations::begin(Chunk& chunk) {
  chunk.by_host.clear();
  chunk.recycled = 0;
  chunk.first = chunk.last = 0;
  chunk.memory.release();
  current_ = &chunk;
  free_.fill(nullptr);
}

}  // namespace quince::translator
