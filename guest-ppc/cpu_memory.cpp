// The processor's slow path to memory: translation, MMIO, page crossings, watched code, reservations.
#include <algorithm>

#include "guest-ppc/cpu.h"

namespace quince::ppc {

namespace {

constexpr u32 granule_bytes = 64;      // of watched code
constexpr u32 block_bytes = 32;        // cache block of the 750 and 7400
constexpr u32 reservation_bytes = 32;  // their reservation granule

// One bit for each granule of the page that [offset, offset + bytes) touches.
u64 granules(u32 offset, u32 bytes) {
  const u32 first = offset / granule_bytes, last = (offset + bytes - 1) / granule_bytes;
  return (~u64{0} >> (63 - (last - first))) << first;
}

// For each granule that [offset, offset + bytes) of a page touches, f(granule, mask of the words in it).
template <class F>
void for_each_granule(u32 offset, u32 bytes, F f) {
  constexpr u32 words = granule_bytes / 4;
  const u32 first = offset / 4, last = (offset + bytes - 1) / 4;
  for (u32 granule = first / words; granule <= last / words; ++granule) {
    const u32 from = granule == first / words ? first % words : 0;
    const u32 to = granule == last / words ? last % words : words - 1;
    f(granule, static_cast<u16>((0xffffu >> (15 - (to - from))) << from));
  }
}

}  // namespace

Cpu::Cpu(const CpuModel& cpu_model, Translation& translation, PhysicalMemory& memory, Clock& clock)
    : model(cpu_model), translation_(translation), memory_(memory), clock_(clock) {
  reset();
}

tl::expected<Mapping, GuestException> Cpu::try_translate(u32 ea, Access access) {
  if (!tlb.window_selected()) tlb.select(state);
  return translation_.translate(state, ea, access);
}

Mapping Cpu::translate(u32 ea, Access access) {
  const auto mapping = try_translate(ea, access);
  if (!mapping) throw GuestException(mapping.error());
  return *mapping;
}

void Cpu::raise_alignment(u32 ea) const {
  throw GuestException{Vector::alignment, 0, ea,
                       0};  // the engine adds DSISR, which describes the instruction
}

tl::expected<Mapping, GuestException> Cpu::try_fetch(u32 ea) {
  const auto mapping = try_translate(ea, Access::fetch);
  if (mapping) tlb.fill_exec(ea, *mapping);
  return mapping;
}

Mapping Cpu::fetch(u32 ea) {
  const auto mapping = try_fetch(ea);
  if (!mapping) throw GuestException(mapping.error());
  return *mapping;
}

// Whether the page of ea is one that a debugger watches, so that no access to it may bypass this. Throws if
// this very access is what the debugger waits for.
bool Cpu::is_watched_page(u32 ea, u32 bytes, bool write) {
  if (debug.watchpoints.empty()) [[likely]]
    return false;
  if (const Watchpoint* point = debug.watching ? debug.met(ea, bytes, write) : nullptr) {
    throw GuestException{Vector::debugger, debugger_cause::watchpoint, std::max(ea, point->first),
                         write ? dsi_cause::store : 0};
  }
  return debug.met(ea & ~page_mask, page_size, write) != nullptr;
}

// --- Loads ---

template <class T>
T Cpu::load_within_page(const Mapping& mapping, u32 ea) {
  if (const u8* host = memory_.page(mapping.physical, false)) {
    if (!is_watched_page(ea, sizeof(T), false)) tlb.fill_read(ea, mapping, host);
    return read_host<T>(reinterpret_cast<u64>(host) + (ea & page_mask));
  }
  is_watched_page(ea, sizeof(T), false);
  ++counters.mmio_accesses;
  const u32 physical = mapping.physical | (ea & page_mask);
  if constexpr (std::is_same_v<T, V128>) {
    const u64 high = memory_.read(physical, 8);
    return V128::from_lanes<u64>({memory_.read(physical + 8, 8), high});
  } else {
    return static_cast<T>(memory_.read(physical, sizeof(T)));
  }
}

template <class T>
T Cpu::load_slow(u32 ea) {
  if ((ea & page_mask) <= page_size - sizeof(T)) return load_within_page<T>(translate(ea, Access::read), ea);
  std::array<u8, sizeof(T)> bytes;  // as in memory
  for (u32 n = 0; n < sizeof(T); ++n) bytes[n] = load<u8>(ea + n);
  return big_endian(std::bit_cast<T>(bytes));
}

// --- Stores ---

template <class T>
void Cpu::store_within_page(const Mapping& mapping, u32 ea, T value) {
  const u32 physical = mapping.physical | (ea & page_mask);
  const bool watched = is_watched_page(ea, sizeof(T), true);
  if (u8* host = memory_.page(mapping.physical, true)) {
    write_host(reinterpret_cast<u64>(host) + (ea & page_mask), value);
    if (code_granules_[physical / page_size] != 0) {
      code_written(physical, sizeof(T));
    } else if (!watched && mapping.writable) {
      tlb.fill_write(ea, mapping, host);
    }
    return;
  }
  ++counters.mmio_accesses;
  if constexpr (std::is_same_v<T, V128>) {
    const auto halves = value.template lanes<u64>();
    memory_.write(physical, 8, halves[1]);
    memory_.write(physical + 8, 8, halves[0]);
  } else {
    memory_.write(physical, sizeof(T), value);
  }
}

template <class T>
void Cpu::store_slow(u32 ea, T value) {
  if ((ea & page_mask) <= page_size - sizeof(T))
    return store_within_page(translate(ea, Access::write), ea, value);
  probe(ea, sizeof(T), Access::write);
  const auto bytes = std::bit_cast<std::array<u8, sizeof(T)>>(big_endian(value));
  for (u32 n = 0; n < sizeof(T); ++n) store<u8>(ea + n, bytes[n]);
}

template u8 Cpu::load_slow(u32);
template u8 Cpu::load_within_page(const Mapping&, u32);
template u16 Cpu::load_slow(u32);
template u16 Cpu::load_within_page(const Mapping&, u32);
template u32 Cpu::load_slow(u32);
template u32 Cpu::load_within_page(const Mapping&, u32);
template u64 Cpu::load_slow(u32);
template u64 Cpu::load_within_page(const Mapping&, u32);
template V128 Cpu::load_slow(u32);
template V128 Cpu::load_within_page(const Mapping&, u32);
template void Cpu::store_slow(u32, u8);
template void Cpu::store_within_page(const Mapping&, u32, u8);
template void Cpu::store_slow(u32, u16);
template void Cpu::store_within_page(const Mapping&, u32, u16);
template void Cpu::store_slow(u32, u32);
template void Cpu::store_within_page(const Mapping&, u32, u32);
template void Cpu::store_slow(u32, u64);
template void Cpu::store_within_page(const Mapping&, u32, u64);
template void Cpu::store_slow(u32, V128);
template void Cpu::store_within_page(const Mapping&, u32, V128);

void Cpu::probe(u32 ea, u32 bytes, Access access) {
  if (bytes == 0) return;
  translate(ea, access);
  const u32 last = ea + bytes - 1;
  if (((ea ^ last) & ~page_mask) != 0) translate(last & ~page_mask, access);
}

// --- Reservations (PEM 8.2, lwarx and stwcx.; MPC750UM 2.3.5.2): stwcx. asks only whether a reservation is
// held. ---

// Reservations need a cacheable, copy-back page (MPC7400UM 4.6.3).
Mapping Cpu::translate_for_reservation(u32 ea, Access access) {
  const Mapping mapping = translate(ea, access);
  if (mapping.write_through) {
    const u32 store = access == Access::write ? dsi_cause::store : 0;
    throw GuestException{Vector::dsi, 0, ea, dsi_cause::reserved_access_not_cacheable | store};
  }
  return mapping;
}

// Of a page in the TLB on which reservations and stores are allowed, else 0.
u64 Cpu::distance_for_reservation(u32 ea) const {
  return tlb.uncached(ea / page_size) ? 0 : tlb.write_distance()[ea / page_size];
}

u32 Cpu::load_reserved(u32 ea) {
  const u64 distance = distance_for_reservation(ea);
  u64 host;
  u32 value;
  if (distance != 0) {
    host = ea - distance;
    value = read_host<u32>(host);
  } else {
    const Mapping mapping = translate_for_reservation(ea, Access::read);
    value = load<u32>(ea);
    const u8* page = memory_.page(mapping.physical, false);
    host = page ? reinterpret_cast<u64>(page) + (ea & page_mask) : 0;
  }
  state.reservation = true;
  state.reserved_word = host;
  return value;
}

bool Cpu::store_conditional(u32 ea, u32 value) {
  // Protection applies whether or not the store is made.
  if (distance_for_reservation(ea) == 0) translate_for_reservation(ea, Access::write);
  if (!state.reservation) return false;
  store<u32>(ea, value);
  state.reservation = false;
  return true;
}

// Somebody else has written to these bytes of a page.
void Cpu::release_reservation(u32 physical, u32 bytes) {
  const u8* page = memory_.page(physical & ~page_mask, false);
  if (!page) return;
  const u64 word = state.reserved_word - reinterpret_cast<u64>(page), first = physical & page_mask;
  const u64 granule = word & ~u64{reservation_bytes - 1};
  if (word < page_size && granule < first + bytes && granule + reservation_bytes > first)
    state.reservation = false;
}

// --- Cache blocks ---

void Cpu::zero_block(u32 ea) {
  const u32 block = ea & ~(block_bytes - 1);
  if (tlb.write_distance()[block / page_size] == 0 || tlb.uncached(block / page_size)) {
    const Mapping mapping = translate(ea, Access::write);
    if (mapping.cache_inhibited || mapping.write_through) raise_alignment(ea);
  }
  for (u32 n = 0; n < block_bytes; n += 8) store<u64>(block + n, 0);
}

void Cpu::touch_block(u32 ea, Access access) {
  const u64* known = access == Access::write ? tlb.write_distance() : tlb.read_distance();
  if (known[ea / page_size] == 0) translate(ea, access);
}

// A page that can be written on the fast path has no decoded code.
void Cpu::invalidate_instruction_block(u32 ea) {
  if (tlb.write_distance()[ea / page_size] != 0) return;
  const u32 physical = translate(ea, Access::read).physical | (ea & page_mask);
  code_written(physical & ~(block_bytes - 1), block_bytes);
}

// --- Watched code ---

void Cpu::watch_code(u32 physical, u32 bytes) {
  u64& bits = code_granules_[physical / page_size];
  if (bits == 0) {
    tlb.protect_page(physical & ~page_mask);
    has_had_code_[physical / page_size / pages_of_region] = true;
  }
  bits |= granules(physical & page_mask, bytes);
  auto& words = code_words_[physical / page_size];
  for_each_granule(physical & page_mask, bytes, [&](u32 granule, u16 mask) { words[granule] |= mask; });
}

// Whether a word of the range holds decoded code; not any more, from now on.
bool Cpu::take_code_words(u32 physical, u32 bytes) {
  u64& bits = code_granules_[physical / page_size];
  if ((bits & granules(physical & page_mask, bytes)) == 0) return false;
  auto& words = code_words_[physical / page_size];
  bool found = false;
  for_each_granule(physical & page_mask, bytes, [&](u32 granule, u16 mask) {
    found |= (words[granule] & mask) != 0;
    words[granule] &= static_cast<u16>(~mask);
    if (words[granule] == 0) bits &= ~(u64{1} << granule);
  });
  return found;
}

void Cpu::code_written(u32 physical, u32 bytes) {
  if (!take_code_words(physical, bytes) || !hooks_) return;
  const u32 first = physical & ~3u, end = (physical + bytes + 3) & ~3u;
  hooks_->invalidate_code(first, end - first);
}

void Cpu::memory_written(u32 physical, u32 bytes) {
  const u64 end = u64{physical} + bytes;
  for (u64 at = physical; at < end;) {
    const u64 page_end = (at & ~u64{page_mask}) + page_size;
    const u64 stop = std::min(page_end, end);
    if (state.reservation) release_reservation(static_cast<u32>(at), static_cast<u32>(stop - at));
    if (code_granules_[static_cast<u32>(at) / page_size] != 0) {
      code_written(static_cast<u32>(at), static_cast<u32>(stop - at));
    }
    at = stop;
  }
}

}  // namespace quince::ppc
