#include "guest-ppc/soft_tlb.h"

#include <algorithm>
#include <cstring>

namespace quince::ppc {

namespace {

constexpr u32 mode_bits = msr::ir | msr::dr | msr::pr;

unsigned mode_index(u32 msr_value) {
  return (msr_value & msr::pr ? 4 : 0) | (msr_value & msr::ir ? 2 : 0) | (msr_value & msr::dr ? 1 : 0);
}

}  // namespace

bool SoftTlb::Key::operator==(const Key& other) const {
  static_assert(sizeof(Key) == 4 * (1 + 16 + 16));  // no padding: comparable as bytes
  return std::memcmp(this, &other, sizeof(Key)) == 0;
}

SoftTlb::Key SoftTlb::Key::of(const CpuState& state) {
  Key key;
  key.mode = state.msr & mode_bits;
  if (key.mode & (msr::ir | msr::dr)) {  // in real mode neither segments nor BATs matter
    key.sr = state.sr;
    key.ibat = state.ibat;
    key.dbat = state.dbat;
  }
  return key;
}

void SoftTlb::Window::clear() {
  if (filled.size() == most_filled) {
    tables.clear();
  } else {
    for (const u32 page : filled) drop(page);
  }
  filled.clear();
  for (auto& pages : from_page_table) pages.clear();
}

void SoftTlb::Window::forbid_writes() { tables.clear(write_offset, noted_offset - write_offset); }

SoftTlb::SoftTlb() { leave_window(); }

void SoftTlb::leave_window() {
  current_ = nullptr;
  base_ = static_cast<const u8*>(empty_.data());
}

void SoftTlb::address_space_registers_changed() {
  by_mode_.fill(nullptr);
  leave_window();
}

void SoftTlb::use(Window* window) {
  current_ = window;
  window->last_used = ++window_switches_;
  base_ = static_cast<const u8*>(window->tables.data());
}

void SoftTlb::select(const CpuState& state) {
  Window*& known = by_mode_[mode_index(state.msr)];
  if (!known) known = &find_window(state);
  use(known);
}

SoftTlb::Window& SoftTlb::find_window(const CpuState& state) {
  const Key key = Key::of(state);
  for (auto& window : windows_) {
    if (window->key == key) return *window;
  }
  if (windows_.size() < max_windows) {
    windows_.push_back(std::make_unique<Window>());
    windows_.back()->key = key;
    return *windows_.back();
  }
  auto& oldest = *std::min_element(windows_.begin(), windows_.end(),
                                   [](const auto& a, const auto& b) { return a->last_used < b->last_used; });
  oldest->clear();
  oldest->key = key;
  std::replace(by_mode_.begin(), by_mode_.end(), oldest.get(), static_cast<Window*>(nullptr));
  return *oldest;
}

void SoftTlb::note_fill(u32 page, const Mapping& mapping) {
  ++fills_;
  current_->note(page);
  if (!mapping.in_tlb || current_->noted(page)) return;
  current_->noted(page) = 1;
  current_->from_page_table[page % congruence_classes].push_back(page);
}

void SoftTlb::fill_read(u32 ea, const Mapping& mapping, const u8* host_page) {
  const u32 page = ea / page_size;
  note_fill(page, mapping);
  current_->read(page) = (ea & ~page_mask) - reinterpret_cast<u64>(host_page);
}

void SoftTlb::fill_write(u32 ea, const Mapping& mapping, u8* host_page) {
  const u32 page = ea / page_size;
  note_fill(page, mapping);
  current_->write(page) = (ea & ~page_mask) - reinterpret_cast<u64>(host_page);
  current_->uncached(page) = mapping.cache_inhibited || mapping.write_through;
  Writer& writer = writers_[mapping.physical / page_size];
  const auto index = static_cast<u16>(
      std::find_if(windows_.begin(), windows_.end(), [&](const auto& w) { return w.get() == current_; }) -
      windows_.begin());
  const bool same = writer.count == 1 && writer.page == page && writer.window == index;
  if (!same) writer = {page, index, static_cast<u16>(writer.count == 0 ? 1 : 2)};
}

void SoftTlb::fill_exec(u32 ea, const Mapping& mapping) {
  const u32 page = ea / page_size;
  note_fill(page, mapping);
  current_->exec(page) = mapping.physical + 1;
}

void SoftTlb::invalidate_class(u32 ea) {
  for (auto& window : windows_) {
    auto& pages = window->from_page_table[ea / page_size % congruence_classes];
    for (const u32 page : pages) window->drop(page);
    pages.clear();
  }
}

void SoftTlb::invalidate_all() {
  for (auto& window : windows_) window->clear();
  writers_.clear();
}

void SoftTlb::protect_page(u32 physical_page) {
  Writer& writer = writers_[physical_page / page_size];
  if (writer.count == 1 && writer.window < windows_.size()) {
    windows_[writer.window]->write(writer.page) = 0;
  } else if (writer.count > 1) {
    // Rare: the page was writable at several addresses. Dropping all write entries is exact, only slow once.
    for (auto& window : windows_) window->forbid_writes();
    writers_.clear();
    return;
  }
  writer = {};
}

}  // namespace quince::ppc
