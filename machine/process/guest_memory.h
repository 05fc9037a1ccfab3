// The 4 GiB in which a guest process lives: effective addresses are physical ones, and address A is the byte
// at base + A of one host reservation. Nothing outside the reservation can be reached from an address.
#pragma once

#include <map>
#include <string>

#include "guest-ppc/address_space.h"
#include "guest-ppc/cpu.h"
#include "guest-ppc/sparse_table.h"
#include "machine/process/big_endian.h"

namespace quince::machine::process {

// Thrown by accesses of system calls to memory that the guest does not have; the call fails with EFAULT.
struct BadAddress {};

// Linux/ppc with the usual 3:1 split.
namespace layout {
inline constexpr u32 lowest_mapping = 0x1'0000;
inline constexpr u32 task_end = 0xc000'0000;
inline constexpr u32 stack_bytes = 8u << 20;
inline constexpr u32 mmap_top =
    0xb800'0000;  // mappings grow down from here, the rest up to the stack is a guard
}  // namespace layout

class GuestMemory final : public ppc::Translation, public ppc::PhysicalMemory {
 public:
  GuestMemory();
  ~GuestMemory() override;
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;
  void attach(ppc::Cpu* cpu) { cpu_ = cpu; }  // hears of everything that changes under it

  // --- For the processor ---
  tl::expected<ppc::Mapping, ppc::GuestException> translate(const ppc::CpuState&, u32 ea,
                                                            ppc::Access) override;
  u8* page(u32 physical_page, bool write) override;
  const u8* flat() override { return base_; }
  bool stores_can_fault() override { return guards_left_ > 0; }
  void guard_code(u32 physical_page) override;
  // While nothing is translated or executed. Beyond this number of guarded pages, each of which may cut the
  // host's memory in three, there are none any more.
  static constexpr std::size_t most_guarded_pages = 8192;
  void settle();
  u64 read(u32, unsigned) override { return 0; }  // there is no MMIO
  void write(u32, unsigned, u64) override {}

  // --- Mappings: whole pages, protections are PROT_* bits. Results are addresses, 0, or a negative errno.
  // ---
  struct Backing {
    int flags = 0;  // MAP_SHARED or MAP_PRIVATE, MAP_ANONYMOUS
    int file = -1;
    u64 offset = 0;  // bytes, a multiple of the page size
  };
  // Pieces of memory with rights or contents of their own. Linux has a limit for them (65530), of which the
  // host's process needs some itself: beyond most_pieces a change is ENOMEM.
  static constexpr u32 most_pieces = 32768;
  i64 map(u32 address, u64 bytes, int protection, const Backing& backing);  // replaces what is there
  i64 unmap(u32 address, u64 bytes);
  i64 protect(u32 address, u64 bytes, int protection);
  i64 remap(u32 address, u64 old_bytes, u64 new_bytes, bool may_move, u32 fixed_address);
  u32 find_free(u64 bytes) const;  // the highest free room below mmap_top; 0: none
  bool is_free(u32 address, u64 bytes) const;
  bool is_mapped(u32 address) const { return pages_[address / ppc::page_size] & mapped; }
  bool is_mapped(u32 address, u64 bytes) const;
  bool is_private_data(u32 address) const {
    return (pages_[address / ppc::page_size] & (write_bit | shared)) == write_bit;
  }
  bool is_shared(u32 address) const { return pages_[address / ppc::page_size] & shared; }
  void clear();  // unmaps everything

  // The heap's end, which brk() moves. start_heap gives its beginning.
  void start_heap(u32 address) { heap_start_ = heap_end_ = address; }
  u32 set_heap_end(u32 address);  // the new end, or the old one if that is not possible

  // --- For system calls: throw BadAddress ---
  template <class T>
  T get(u32 address) const {
    T value;
    std::memcpy(static_cast<void*>(&value), readable(address, sizeof(T)), sizeof(T));
    return value;
  }
  template <class T>
  void put(u32 address, const T& value) {
    std::memcpy(writable(address, sizeof(T)), static_cast<const void*>(&value), sizeof(T));
    written(address, sizeof(T));
  }
  const u8* readable(u32 address, u64 bytes) const;
  // The caller says afterwards what it has written().
  u8* writable(u32 address, u64 bytes);
  void written(u32 address, u64 bytes);
  // How much of the range, from its beginning, can be accessed; throws if that is nothing of something. To
  // write: by the host's system calls, too.
  u64 accessible(u32 address, u64 bytes, bool write);
  std::string string(u32 address) const;  // up to the NUL; at most longest_string bytes, else BadAddress
  static constexpr u64 longest_string = 2u << 20;
  // For a debugger's or loader's eyes: the host address of a guest address.
  u8* host(u32 address) const { return base_ + address; }

  // From now on remembers which pages are written: the child of a vfork gives them back.
  void start_recording();
  void stop_recording() { recording_ = false; }
  const std::vector<u32>& recorded_pages() const { return recorded_; }

 private:
  enum PageBits : u16 {
    write_bit = 2,
    any_access = 7,
    mapped = 8,
    shared = 16,
    recorded = 32,
    guarded = 64,
    of_file = 128,
    piece = 256,  // the host's memory changes its kind here
  };
  static bool in_task(u32 address, u64 bytes) { return u64{address} + bytes <= layout::task_end; }
  void set_pages(u32 address, u64 bytes, u16 bits);
  bool may_cut(u32 address, u64 bytes) const;
  void note_cuts(u32 address, u64 bytes);
  void content_changed(u32 address, u64 bytes);
  void translations_changed(u32 address, u64 bytes);
  void add_range(u32 address, u64 bytes);
  void remove_range(u32 address, u64 bytes);
  void reserve(u32 address, u64 bytes);
  void close_hole(u32 address, u64 bytes);
  void give_up(u32 address, u64 bytes);
  void protect_host_again(u32 address, u64 bytes);
  void record(u32 page);
  u64 reachable(u32 address, u64 bytes, u16 needed) const;
  void release(u32 address, u64 bytes);
  void drop_guard(u32 page);
  void end_guarding();

  u8* base_;
  ppc::PageTable<u16> pages_;  // PROT_* bits and PageBits
  std::map<u32, u64> ranges_;  // mapped: begin to end, none touching another
  ppc::Cpu* cpu_ = nullptr;
  u32 pieces_ = 0;  // pages with the bit `piece`: where one begins
  u32 heap_start_ = 0, heap_end_ = 0;
  // Pages with translated code which the guest may write are read-only on the host, so that stores of
  // generated code fault there. A program that writes to such pages all the time soon has none any more: its
  // stores are looked up.
  static constexpr unsigned most_released_guards = 16;
  unsigned guards_left_ = most_released_guards;
  std::vector<u32> guarded_pages_;  // perhaps not any more
  bool recording_ = false;
  std::vector<u32> recorded_;
};

}  // namespace quince::machine::process
