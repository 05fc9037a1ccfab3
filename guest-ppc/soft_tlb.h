// The software TLB: flat tables from effective page to host address, one set ("window") per address space,
// filled as pages are touched and kept across mtsr, rfi and MSR changes. Entries are exact: each stands for a
// translation that the MMU made and that the guest has not invalidated since.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "guest-ppc/address_space.h"
#include "guest-ppc/sparse_table.h"

namespace quince::ppc {

class SoftTlb {
 public:
  static constexpr unsigned max_windows = 32;
  static constexpr unsigned congruence_classes = 64;  // of the 750's and 7400's TLBs: EA[14:19]

  SoftTlb();

  // The tables of the current address space, one entry for each effective page. An effective address less a
  // distance (modulo 2^64) is a host address; zero means that the access must take the slow path. Host memory
  // is far above all effective addresses, so that the subtraction borrows unless the distance is zero. An
  // exec tag is the physical page plus 1, or zero. The three stand in one piece of memory at these offsets,
  // for generated code; the first has the shortest way.
  static constexpr u32 read_offset = 0, exec_offset = 8u << 20, write_offset = 12u << 20,
                       uncached_offset = 20u << 20, noted_offset = 21u << 20, window_bytes = 22u << 20;
  const u64* read_distance() const { return reinterpret_cast<const u64*>(base_ + read_offset); }
  const u64* write_distance() const { return reinterpret_cast<const u64*>(base_ + write_offset); }
  const u32* exec_tag() const { return reinterpret_cast<const u32*>(base_ + exec_offset); }
  const u8* const* base_address() const { return &base_; }
  // Of a page with a write distance: stores are as anywhere else, but dcbz is not allowed (cache-inhibited or
  // write-through).
  bool uncached(u32 page) const { return base_[uncached_offset + page] != 0; }

  // Segment registers, BATs or MSR[IR,DR,PR] changed: from now on every access takes the slow path, until the
  // slow path calls select(). Costs three stores, however many registers change in a row.
  void leave_window();
  bool window_selected() const { return current_ != nullptr; }
  void select(const CpuState& state);
  void address_space_registers_changed();  // mtsr, BAT writes; implies leave_window()

  // After select(): remembers one translation.
  void fill_read(u32 ea, const Mapping& mapping, const u8* host_page);
  void fill_write(u32 ea, const Mapping& mapping, u8* host_page);
  void fill_exec(u32 ea, const Mapping& mapping);

  void invalidate_class(
      u32 ea);            // tlbie: the congruence class of EA in every address space (MPC750UM 5.4.3.2)
  void invalidate_all();  // SDR1 changed, reset, the host's memory layout changed
  // Stores to this physical page take the slow path from now on (it holds code that an engine has decoded).
  void protect_page(u32 physical_page);

  u64 fills() const { return fills_; }
  u64 window_switches() const { return window_switches_; }

 private:
  // Everything that decides where an address leads, but for the page table itself.
  struct Key {
    u32 mode = 0;  // MSR[IR,DR,PR]
    std::array<u32, 16> sr{};
    std::array<CpuState::Bat, 4> ibat{}, dbat{};
    bool operator==(const Key& other) const;
    static Key of(const CpuState& state);
  };
  struct Window {
    Key key;
    u64 last_used = 0;
    SparseMemory tables{window_bytes};
    u64& read(u32 page) { return at<u64>(read_offset)[page]; }
    u64& write(u32 page) { return at<u64>(write_offset)[page]; }
    u32& exec(u32 page) { return at<u32>(exec_offset)[page]; }
    u8& uncached(u32 page) { return at<u8>(uncached_offset)[page]; }
    u8& noted(u32 page) { return at<u8>(noted_offset)[page]; }  // it is in from_page_table
    std::array<std::vector<u32>, congruence_classes>
        from_page_table;  // effective pages that tlbie can remove, each once
    // Effective pages that have been filled, as long as they are few: clearing them costs less than giving
    // the host's pages back and getting new ones.
    static constexpr std::size_t most_filled = 1024;
    std::vector<u32> filled;
    void clear();
    void drop(u32 page) { read(page) = write(page) = 0, exec(page) = 0, noted(page) = 0; }
    void note(u32 page) {
      if (filled.size() < most_filled) filled.push_back(page);
    }
    void forbid_writes();

   private:
    template <class T>
    T* at(u32 offset) {
      return reinterpret_cast<T*>(static_cast<u8*>(tables.data()) + offset);
    }
  };
  // The effective page through which a physical page is writable, if there is exactly one.
  struct Writer {
    u32 page = 0;
    u16 window = 0;
    u16 count = 0;  // 0, 1, or 2 for "many"
  };

  void note_fill(u32 page, const Mapping& mapping);
  Window& find_window(const CpuState& state);
  void use(Window* window);

  const u8* base_;
  Window* current_ = nullptr;
  std::array<Window*, 8> by_mode_{};  // valid while segment registers and BATs stay as they are
  std::vector<std::unique_ptr<Window>> windows_;
  SparseMemory empty_{window_bytes};
  PageTable<Writer> writers_;
  u64 fills_ = 0;
  u64 window_switches_ = 0;
};

}  // namespace quince::ppc
