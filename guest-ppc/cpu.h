// One processor: its registers, its way to memory, its time. Engines execute instructions on it; everything
// that an instruction does beyond arithmetic on registers goes through the functions here, whatever the
// engine.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <type_traits>

#include "guest-ppc/address_space.h"
#include "guest-ppc/cpu_model.h"
#include "guest-ppc/cpu_state.h"
#include "guest-ppc/debug_points.h"
#include "guest-ppc/soft_tlb.h"

namespace quince::ppc {

// Operands that the processor does not take at any address (MPC750UM 4.5.6, MPC7400UM 4.6.6).
enum class AlignedOperand : u8 {
  floating_point = 1,  // FP loads and stores: word
  multiple = 2,        // lmw, stmw: word
  reservation = 4,     // lwarx, stwcx., eciwx, ecowx: word
};

template <class T>
constexpr T swap_bytes(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(value));
}

class Cpu {
 public:
  Cpu(const CpuModel& model, Translation& translation, PhysicalMemory& memory, Clock& clock);

  CpuState state;
  // For generated code, which reaches this and the registers from one pointer, and what it uses most, in
  // state.engine_words, with short displacements. Only the engine knows what is in it.
  alignas(64) std::array<u64, 320> engine_area{};
  const CpuModel& model;
  SoftTlb tlb;

  // --- Memory. All throw GuestException when the access is not allowed. ---

  // T: u8, u16, u32, u64, or V128 (whose address the caller has aligned). Any other alignment is served.
  // Hit: about ten host instructions; miss: a translation, then a hit.
  template <class T>
  T load(u32 ea) {
    const u64 distance = tlb.read_distance()[ea / page_size];
    if (distance != 0 && (ea & page_mask) <= page_size - sizeof(T)) [[likely]]
      return read_host<T>(ea - distance);
    return load_slow<T>(ea);
  }
  template <class T>
  void store(u32 ea, T value) {
    const u64 distance = tlb.write_distance()[ea / page_size];
    if (distance != 0 && (ea & page_mask) <= page_size - sizeof(T)) [[likely]] {
      write_host(ea - distance, value);
    } else {
      store_slow(ea, value);
    }
  }
  void require_alignment(u32 ea, AlignedOperand kind) const {
    if ((ea & 3) != 0 && (alignment_traps & static_cast<u8>(kind))) [[unlikely]]
      raise_alignment(ea);
  }
  // Throws what an access to all of [ea, ea + bytes) would throw, before anything is written.
  void probe(u32 ea, u32 bytes, Access access);

  u32 load_reserved(u32 ea);                  // lwarx, of a word-aligned address
  bool store_conditional(u32 ea, u32 v);      // stwcx.: true if it stored
  void zero_block(u32 ea);                    // dcbz, dcba: 32 bytes, aligned down
  void touch_block(u32 ea, Access access);    // dcbf, dcbst, dcbi: translation and protection only
  void invalidate_instruction_block(u32 ea);  // icbi

  // As load() and store(), but a failed translation comes back as a value, for throwing takes a microsecond.
  // The rest (accesses across pages, watchpoints) is thrown all the same.
  template <class T>
  tl::expected<T, GuestException> try_load(u32 ea);
  template <class T>
  tl::expected<void, GuestException> try_store(u32 ea, T value);

  // Physical page that holds the instruction at ea; fills the exec tag.
  Mapping fetch(u32 ea);
  tl::expected<Mapping, GuestException> try_fetch(u32 ea);
  // Host bytes of a physical page for decoding, null if it is not RAM or ROM.
  const u8* code_page(u32 physical_page) { return memory_.page(physical_page, false); }

  const u8* flat_memory() { return memory_.flat(); }
  // Stores may go straight to flat_memory(): pages with watched code are guarded.
  bool has_flat_stores() { return memory_.stores_can_fault(); }

  // The engine has decoded the code in [physical, physical + bytes): it must hear of changes.
  void watch_code(u32 physical, u32 bytes);
  // The engine has nothing there any more.
  void unwatch_code(u32 physical, u32 bytes) { take_code_words(physical, bytes); }
  // Also where stores go straight to flat memory.
  void guard_code(u32 physical) { memory_.guard_code(physical & ~page_mask); }
  // The engine forgets what it has decoded in the page, or anywhere.
  void forget_code(u32 physical_page) { code_written(physical_page, page_size); }
  void forget_all_code() { all_code_changed(); }
  void set_hooks(ExecutionHooks* hooks) { hooks_ = hooks; }
  ExecutionHooks& hooks() { return *hooks_; }
  // Something other than this processor (DMA, a debugger, a loader) wrote physical memory.
  void memory_written(u32 physical, u32 bytes);

  // --- Debugging ---

  DebugPoints debug;
  // After a change of debug.watchpoints: sees to it that accesses to watched pages come this way.
  void watchpoints_changed() { tlb.invalidate_all(); }

  // --- Machine state ---

  // As by mtmsr and rfi: masks bits this model does not have. Afterwards the engine looks at
  // fp_exception_waiting().
  void set_msr(u32 value);
  // FPSCR[FEX] is set and MSR[FE0,FE1] enable exceptions. After mtmsr or rfi: a program exception with SRR1
  // bits 11 and 15 and SRR0 = the next instruction (PEM 6.4.7).
  bool fp_exception_waiting() const;
  // MSR[POW] has been set with a power-saving mode in HID0: nothing executes until an interrupt is taken.
  bool napping() const;
  u32 read_spr(unsigned spr);                 // mfspr, after the privilege check
  void write_spr(unsigned spr, u32 value);    // mtspr, after the privilege check
  void write_segment(unsigned n, u32 value);  // mtsr, mtsrin
  void tlb_invalidate_entry(u32 ea);          // tlbie
  void tlb_invalidate_all();                  // tlbia
  void reset();                               // power-on: hard reset state, next instruction at 0xfff00100
  // Takes the exception: SRR0/SRR1/DAR/DSISR, MSR, next pc. `return_address` is what SRR0 gets.
  void deliver(const GuestException& exception, u32 return_address);
  // The same for an exception of the instruction at `pc`, all instructions before it counted. A handler that
  // itself faults at once would take no time at all: each such exception counts as an instruction.
  void deliver_fault(const GuestException& exception, u32 pc);
  void return_from_interrupt();  // rfi
  // A machine check came while MSR[ME] = 0: the processor stands still until reset().
  bool checkstop = false;

  // --- Time and interrupts ---

  // Instructions executed since power-on, as of the last block boundary; instructions() is exact at any time.
  u64 retired = 0;
  u64 instructions() const { return retired + (hooks_ ? hooks_->uncounted_instructions() : 0); }
  // Engines return from run() at the next checkpoint once retired >= limit.
  u64 limit = 0;
  // The two lowest bits of an instruction's address are always zero; loaders and debuggers may
  // set what they like.
  void align_pc() { state.pc &= ~3u; }
  // Something happened that the engine should return for (an interrupt line rose, the machine wants to stop).
  void request_attention() {
    limit = 0;
    if (hooks_) hooks_->attention();
  }

  u64 timebase() { return clock_.ticks(instructions()) + timebase_offset_; }
  void set_timebase(u64 value) { timebase_offset_ = value - clock_.ticks(instructions()); }
  u32 decrementer() {
    return decrementer_base_ - static_cast<u32>(clock_.ticks(instructions()) - decrementer_set_);
  }
  void set_decrementer(u32 value);
  // Ticks of the clock at which DEC passes from 0 to 0xffffffff next.
  u64 decrementer_deadline() const { return decrementer_set_ + decrementer_base_ + 1; }

  void set_external_interrupt(bool asserted);
  // If an enabled interrupt is waiting at an instruction boundary, takes it (pc = next instruction) and says
  // so.
  bool take_interrupt();
  // After an instruction that may have enabled one: the program exception of an FP exception that was masked
  // till now, else a waiting interrupt.
  void take_unmasked();
  bool interrupt_waiting();  // enabled and waiting; the engine should call take_interrupt()
  // As long as instructions() is less than this and nobody calls request_attention(), no interrupt waits,
  // whatever MSR[EE].
  u64 quiet_until();

  // Which AlignedOperand kinds raise alignment exceptions. All, on real processors; user-mode boards whose
  // kernel would fix the access up leave only reservations.
  u8 alignment_traps = 7;
  // Misses, MMIO accesses and exceptions, for --stats.
  struct Counters {
    u64 mmio_accesses = 0;
    std::array<u64, 0x18> exceptions{};  // by vector / 0x100
  } counters;
  // Told of each of those exceptions before it changes anything; empty: nobody is.
  std::function<void(const GuestException&, u32 return_address)> on_exception;

 private:
  template <class T>
  static T read_host(u64 address) {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof(T));
    return big_endian(value);
  }
  template <class T>
  static void write_host(u64 address, T value) {
    value = big_endian(value);
    std::memcpy(reinterpret_cast<void*>(address), &value, sizeof(T));
  }
  template <class T>
  static T big_endian(T value) {
    if constexpr (std::is_same_v<T, V128>) {
      u64 halves[2];
      std::memcpy(halves, &value, 16);
      const u64 swapped[2] = {swap_bytes(halves[1]), swap_bytes(halves[0])};
      std::memcpy(&value, swapped, 16);
      return value;
    } else {
      return swap_bytes(value);
    }
  }
  template <class T>
  T load_slow(u32 ea);
  template <class T>
  void store_slow(u32 ea, T value);
  template <class T>
  T load_within_page(const Mapping& mapping, u32 ea);
  template <class T>
  void store_within_page(const Mapping& mapping, u32 ea, T value);
  tl::expected<Mapping, GuestException> try_translate(u32 ea, Access access);
  Mapping translate(u32 ea, Access access);
  bool is_watched_page(u32 ea, u32 bytes, bool write);
  u64 distance_for_reservation(u32 ea) const;
  Mapping translate_for_reservation(u32 ea, Access access);
  void release_reservation(u32 physical, u32 bytes);
  bool take_code_words(u32 physical, u32 bytes);
  void code_written(u32 physical, u32 bytes);
  void all_code_changed();
  void write_address_space(u32& reg, u32 value);
  void write_hid0(u32 value);
  void latch_decrementer();
  [[noreturn]] void raise_alignment(u32 ea) const;

  u64 last_fault_ = ~u64{0};  // retired, when deliver_fault() was called last
  Translation& translation_;
  PhysicalMemory& memory_;
  Clock& clock_;
  ExecutionHooks* hooks_ = nullptr;
  // Decoded code, per physical page: a bit for each 64 bytes, and where that is set, one for each word. The
  // latter is exact, so that data beside code can be written without end and nothing is decoded anew.
  PageTable<u64> code_granules_;
  PageTable<std::array<u16, 64>> code_words_;
  // Where any bit of code_granules_ has ever been set: in 2 MiB each.
  static constexpr u32 pages_of_region = 512;
  std::array<bool, PageTable<u64>::entries / pages_of_region> has_had_code_{};
  u64 timebase_offset_ = 0;
  u64 decrementer_set_ = 0;   // clock ticks when DEC was written
  u32 decrementer_base_ = 0;  // the value written
  bool decrementer_pending_ = false;
  bool external_interrupt_ = false;
};

template <class T>
tl::expected<T, GuestException> Cpu::try_load(u32 ea) {
  // What the TLB has, too: generated code comes here with every unaligned access.
  if (tlb.read_distance()[ea / page_size] != 0 || (ea & page_mask) > page_size - sizeof(T))
    return load<T>(ea);
  const auto mapping = try_translate(ea, Access::read);
  if (!mapping) return tl::unexpected(mapping.error());
  return load_within_page<T>(*mapping, ea);
}

template <class T>
tl::expected<void, GuestException> Cpu::try_store(u32 ea, T value) {
  if (tlb.write_distance()[ea / page_size] != 0 || (ea & page_mask) > page_size - sizeof(T)) {
    return store(ea, value), tl::expected<void, GuestException>{};
  }
  const auto mapping = try_translate(ea, Access::write);
  if (!mapping) return tl::unexpected(mapping.error());
  store_within_page(*mapping, ea, value);
  return {};
}

extern template u8 Cpu::load_slow(u32);
extern template u8 Cpu::load_within_page(const Mapping&, u32);
extern template u16 Cpu::load_slow(u32);
extern template u16 Cpu::load_within_page(const Mapping&, u32);
extern template u32 Cpu::load_slow(u32);
extern template u32 Cpu::load_within_page(const Mapping&, u32);
extern template u64 Cpu::load_slow(u32);
extern template u64 Cpu::load_within_page(const Mapping&, u32);
extern template V128 Cpu::load_slow(u32);
extern template V128 Cpu::load_within_page(const Mapping&, u32);
extern template void Cpu::store_slow(u32, u8);
extern template void Cpu::store_within_page(const Mapping&, u32, u8);
extern template void Cpu::store_slow(u32, u16);
extern template void Cpu::store_within_page(const Mapping&, u32, u16);
extern template void Cpu::store_slow(u32, u32);
extern template void Cpu::store_within_page(const Mapping&, u32, u32);
extern template void Cpu::store_slow(u32, u64);
extern template void Cpu::store_within_page(const Mapping&, u32, u64);
extern template void Cpu::store_slow(u32, V128);
extern template void Cpu::store_within_page(const Mapping&, u32, V128);

}  // namespace quince::ppc
