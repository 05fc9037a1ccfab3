#include "machine/process/guest_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

namespace quince::machine::process {

using ppc::page_mask;
using ppc::page_size;

namespace {

constexpr u64 reservation = u64{1} << 32;

constexpr u64 round_up(u64 bytes) { return (bytes + page_mask) & ~u64{page_mask}; }

// On the 750 and 7400 a page that can be accessed at all can be read and executed: their page tables know no
// more.
int host_protection(int guest) {
  if ((guest & (PROT_READ | PROT_WRITE | PROT_EXEC)) == 0) return PROT_NONE;
  return guest & PROT_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
}

}  // namespace

GuestMemory::GuestMemory() {
  void* memory = mmap(nullptr, reservation, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<u8*>(memory);
}

GuestMemory::~GuestMemory() { munmap(base_, reservation); }

tl::expected<ppc::Mapping, ppc::GuestException> GuestMemory::translate(const ppc::CpuState&, u32 ea,
                                                                       ppc::Access access) {
  const u16 page = pages_[ea / page_size];
  const bool writing = access == ppc::Access::write;
  if ((page & any_access) && (!writing || (page & write_bit))) {
    ppc::Mapping mapping;
    mapping.physical = ea & ~page_mask;
    mapping.writable = page & write_bit;
    mapping.in_tlb = true;  // so that single pages can be dropped from the software TLB
    return mapping;
  }
  if (access == ppc::Access::fetch) {
    const u32 cause = page & mapped ? ppc::isi_cause::protection : ppc::isi_cause::no_translation;
    return tl::unexpected(ppc::GuestException{ppc::Vector::isi, cause, 0, 0});
  }
  const u32 cause = page & mapped ? ppc::dsi_cause::protection : ppc::dsi_cause::no_translation;
  return tl::unexpected(
      ppc::GuestException{ppc::Vector::dsi, 0, ea, cause | (writing ? ppc::dsi_cause::store : 0)});
}

u8* GuestMemory::page(u32 physical_page, bool write) {
  if (write && recording_) record(physical_page / page_size);
  if (write) release(physical_page & ~page_mask, page_size);
  return base_ + (physical_page & ~page_mask);
}

// --- Bookkeeping ---

void GuestMemory::set_pages(u32 address, u64 bytes, u16 bits) {
  u16* const first = pages_.data() + address / page_size;
  u16* const end = first + bytes / page_size;
  pieces_ -= static_cast<u32>(std::count_if(first, end, [](u16 page) { return page & piece; }));
  std::fill(first, end, bits);
}

// Whether the range may become something of its own without there being too many pieces.
bool GuestMemory::may_cut(u32 address, u64 bytes) const {
  const u32 first = address / page_size, end = static_cast<u32>((address + bytes) / page_size);
  const u32 new_ones = (pages_[first] & piece ? 0u : 1u) + (pages_[end] & piece ? 0u : 1u);
  return pieces_ + new_ones <= most_pieces;
}

// The range has become something of its own. The host joins neighbours that are alike, but not those of
// files, nor what is shared.
void GuestMemory::note_cuts(u32 address, u64 bytes) {
  constexpr u16 kind = any_access | mapped | shared | of_file;
  for (const u64 at : {u64{address}, address + bytes}) {
    const u32 here = static_cast<u32>(at / page_size);
    u16& page = pages_[here];
    const bool alike =
        here != 0 && (pages_[here - 1] & kind) == (page & kind) && !(page & (shared | of_file));
    if (page & piece) --pieces_;
    page = static_cast<u16>(alike ? page & ~piece : page | piece);
    if (!alike) ++pieces_;
  }
}

void GuestMemory::translations_changed(u32 address, u64 bytes) {
  if (!cpu_) return;
  const u64 classes = std::min<u64>(bytes / page_size, ppc::SoftTlb::congruence_classes);
  for (u64 n = 0; n < classes; ++n) cpu_->tlb.invalidate_class(address + static_cast<u32>(n) * page_size);
}

void GuestMemory::content_changed(u32 address, u64 bytes) {
  if (cpu_) cpu_->memory_written(address, static_cast<u32>(bytes));
  translations_changed(address, bytes);
}

void GuestMemory::add_range(u32 address, u64 bytes) {
  u32 begin = address;
  u64 end = address + bytes;
  auto next = ranges_.lower_bound(begin);
  if (next != ranges_.begin() && std::prev(next)->second == begin) {
    begin = std::prev(next)->first;
    ranges_.erase(std::prev(next));
  }
  if (next != ranges_.end() && next->first == end) {
    end = next->second;
    ranges_.erase(next);
  }
  ranges_[begin] = end;
}

void GuestMemory::remove_range(u32 address, u64 bytes) {
  const u64 end = address + bytes;
  auto at = ranges_.upper_bound(address);
  if (at != ranges_.begin()) --at;
  while (at != ranges_.end() && at->first < end) {
    const auto [old_begin, old_end] = *at;
    if (old_end <= address) {
      ++at;
      continue;
    }
    at = ranges_.erase(at);
    if (old_begin < address) ranges_[old_begin] = address;
    if (old_end > end) ranges_[static_cast<u32>(end)] = old_end;
  }
}

// Where the host refuses it, the guest's own pages stay.
void GuestMemory::reserve(u32 address, u64 bytes) {
  static_cast<void>(mmap(base_ + address, bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
}

// The host may have taken away what was there before it found that it cannot put something else in its place.
// Then so do we: whatever the host maps next must not come to lie within the guest's reach.
void GuestMemory::close_hole(u32 address, u64 bytes) {
  if (msync(base_ + address, bytes, MS_ASYNC) != 0) give_up(address, bytes);
}

// --- Mappings ---

i64 GuestMemory::map(u32 address, u64 bytes, int protection, const Backing& backing) {
  bytes = round_up(bytes);
  if (bytes == 0 || (address & page_mask)) return -EINVAL;
  if (!in_task(address, bytes) || !may_cut(address, bytes)) return -ENOMEM;
  const int flags = backing.flags | MAP_FIXED | MAP_NORESERVE;
  if (mmap(base_ + address, bytes, host_protection(protection), flags, backing.file,
           static_cast<off_t>(backing.offset)) == MAP_FAILED) {
    const int error = errno;
    close_hole(address, bytes);
    return -error;
  }
  // Guest programs that touch much memory should not pay for the host's small pages. Only advice.
  constexpr u64 huge_page = 2u << 20;
  if ((backing.flags & MAP_ANONYMOUS) && bytes >= 2 * huge_page)
    madvise(base_ + address, bytes, MADV_HUGEPAGE);
  remove_range(address, bytes);
  add_range(address, bytes);
  set_pages(address, bytes,
            static_cast<u16>((protection & any_access) | mapped |
                             ((backing.flags & MAP_TYPE) == MAP_PRIVATE ? 0 : shared) |
                             (backing.flags & MAP_ANONYMOUS ? 0 : of_file)));
  note_cuts(address, bytes);
  content_changed(address, bytes);
  return address;
}

i64 GuestMemory::unmap(u32 address, u64 bytes) {
  bytes = round_up(bytes);
  if (bytes == 0 || (address & page_mask) || !in_task(address, bytes)) return -EINVAL;
  if (!may_cut(address, bytes)) return -ENOMEM;
  give_up(address, bytes);
  return 0;
}

// However many pieces there are.
void GuestMemory::give_up(u32 address, u64 bytes) {
  reserve(address, bytes);
  remove_range(address, bytes);
  set_pages(address, bytes, 0);
  note_cuts(address, bytes);
  content_changed(address, bytes);
}

i64 GuestMemory::protect(u32 address, u64 bytes, int protection) {
  bytes = round_up(bytes);
  if (address & page_mask) return -EINVAL;
  if (bytes == 0) return 0;
  if (!in_task(address, bytes) || !is_mapped(address, bytes) || !may_cut(address, bytes)) return -ENOMEM;
  if (protection & PROT_WRITE) release(address, bytes);
  if (mprotect(base_ + address, bytes, host_protection(protection)) != 0) {
    const int error = errno;
    protect_host_again(address, bytes);
    return -error;
  }
  u16* pages = pages_.data() + address / page_size;
  for (u64 n = 0; n < bytes / page_size; ++n) {
    pages[n] = static_cast<u16>((pages[n] & ~any_access) | (protection & any_access));
  }
  note_cuts(address, bytes);
  translations_changed(address, bytes);
  return 0;
}

// The host has stopped somewhere in the middle of a change.
void GuestMemory::protect_host_again(u32 address, u64 bytes) {
  for (u64 at = address; at < address + bytes; at += page_size) {
    const u16 bits = pages_[static_cast<u32>(at) / page_size];
    mprotect(base_ + at, page_size, bits & guarded ? PROT_READ : host_protection(bits & any_access));
  }
}

i64 GuestMemory::remap(u32 address, u64 old_bytes, u64 new_bytes, bool may_move, u32 fixed_address) {
  old_bytes = round_up(old_bytes), new_bytes = round_up(new_bytes);
  if (old_bytes == 0 || new_bytes == 0 || (address & page_mask)) return -EINVAL;
  if (!in_task(address, old_bytes) || !is_mapped(address, old_bytes)) return -EFAULT;
  if (!fixed_address && new_bytes <= old_bytes) {
    if (new_bytes < old_bytes) unmap(address + static_cast<u32>(new_bytes), old_bytes - new_bytes);
    return address;
  }
  release(address, old_bytes);
  u32 to = fixed_address;
  if (!to && is_free(static_cast<u32>(address + old_bytes), new_bytes - old_bytes)) to = address;
  if (!to && may_move) to = find_free(new_bytes);
  if (!to || !in_task(to, new_bytes) || !may_cut(to, new_bytes) || !may_cut(address, old_bytes))
    return -ENOMEM;
  // Pages may have different rights: some versions of Linux move several mappings at once.
  const u16* const source = pages_.data() + address / page_size;
  std::vector<u16> bits(source, source + std::min(old_bytes, new_bytes) / page_size);
  bits.resize(new_bytes / page_size, static_cast<u16>(bits.back() & ~piece));
  for (u16& page_bits : bits) page_bits &= static_cast<u16>(~recorded);
  if (to == address) {
    // The host extends a mapping in place only into a hole.
    munmap(base_ + address + old_bytes, new_bytes - old_bytes);
    if (mremap(base_ + address, old_bytes, new_bytes, 0) == MAP_FAILED) {
      const int error = errno;
      reserve(static_cast<u32>(address + old_bytes), new_bytes - old_bytes);
      return -error;
    }
  } else {
    if (mremap(base_ + address, old_bytes, new_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, base_ + to) ==
        MAP_FAILED) {
      const int error = errno;
      close_hole(to, new_bytes);
      if (old_bytes > new_bytes) close_hole(address + static_cast<u32>(new_bytes), old_bytes - new_bytes);
      return -error;
    }
    give_up(address, old_bytes);
  }
  remove_range(to, new_bytes);
  add_range(to, new_bytes);
  set_pages(to, new_bytes, 0);
  std::copy(bits.begin(), bits.end(), pages_.data() + to / page_size);
  pieces_ += static_cast<u32>(std::count_if(bits.begin(), bits.end(), [](u16 page) { return page & piece; }));
  note_cuts(to, new_bytes);
  content_changed(to, new_bytes);
  return to;
}

bool GuestMemory::is_free(u32 address, u64 bytes) const {
  if (!in_task(address, bytes)) return false;
  auto next = ranges_.upper_bound(address);
  if (next != ranges_.begin() && std::prev(next)->second > address) return false;
  return next == ranges_.end() || next->first >= address + bytes;
}

bool GuestMemory::is_mapped(u32 address, u64 bytes) const {
  auto next = ranges_.upper_bound(address);
  return next != ranges_.begin() && std::prev(next)->second >= address + bytes;
}

u32 GuestMemory::find_free(u64 bytes) const {
  bytes = round_up(bytes);
  u64 ceiling = layout::mmap_top;
  for (auto at = ranges_.rbegin(); at != ranges_.rend(); ++at) {
    if (at->first >= ceiling) continue;
    if (at->second + bytes <= ceiling) break;
    ceiling = at->first;
  }
  return ceiling >= layout::lowest_mapping + bytes ? static_cast<u32>(ceiling - bytes) : 0;
}

void GuestMemory::clear() {
  while (!ranges_.empty()) {
    const auto [begin, end] = *ranges_.begin();
    unmap(begin, end - begin);
  }
  heap_start_ = heap_end_ = 0;
  guards_left_ = recording_ ? 0 : most_released_guards;
}

u32 GuestMemory::set_heap_end(u32 address) {
  const u64 old_top = round_up(heap_end_), new_top = round_up(address);
  if (address < heap_start_ || new_top > layout::mmap_top) return heap_end_;
  if (new_top > old_top) {
    const u32 at = static_cast<u32>(old_top);
    if (!is_free(at, new_top - old_top)) return heap_end_;
    if (map(at, new_top - old_top, PROT_READ | PROT_WRITE, {MAP_PRIVATE | MAP_ANONYMOUS}) < 0)
      return heap_end_;
  } else if (new_top < old_top) {
    unmap(static_cast<u32>(new_top), old_top - new_top);
  }
  return heap_end_ = address;
}

// --- Accesses of system calls ---

u64 GuestMemory::accessible(u32 address, u64 bytes, bool write) {
  const u64 there = reachable(address, bytes, write ? write_bit : any_access);
  if (write) release(address, there);
  return there;
}

u64 GuestMemory::reachable(u32 address, u64 bytes, u16 needed) const {
  const u64 end = std::min<u64>(u64{address} + bytes, layout::task_end);
  u64 at = address;
  while (at < end && (pages_[static_cast<u32>(at) / page_size] & needed))
    at = (at & ~u64{page_mask}) + page_size;
  at = std::min(at, end);
  if (bytes != 0 && at <= address) throw BadAddress{};
  return bytes == 0 ? 0 : at - address;
}

const u8* GuestMemory::readable(u32 address, u64 bytes) const {
  if (reachable(address, bytes, any_access) < bytes) throw BadAddress{};
  return base_ + address;
}

u8* GuestMemory::writable(u32 address, u64 bytes) {
  if (accessible(address, bytes, true) < bytes) throw BadAddress{};
  return base_ + address;
}

void GuestMemory::written(u32 address, u64 bytes) {
  if (bytes == 0) return;
  if (recording_) {
    for (u64 at = address & ~page_mask; at < address + bytes; at += page_size) {
      record(static_cast<u32>(at) / page_size);
    }
  }
  if (cpu_) cpu_->memory_written(address, static_cast<u32>(bytes));
}

std::string GuestMemory::string(u32 address) const {
  std::string text;
  for (u64 at = address; text.size() < longest_string;) {
    const u64 room = reachable(static_cast<u32>(at), page_size - (at & page_mask), any_access);
    const char* begin = reinterpret_cast<const char*>(base_ + at);
    const char* end = std::find(begin, begin + room, '\0');
    text.append(begin, end);
    if (end != begin + room) return text;
    at += room;
  }
  throw BadAddress{};
}

void GuestMemory::start_recording() {
  recording_ = true;
  end_guarding();
  if (cpu_) cpu_->tlb.invalidate_all();
}

void GuestMemory::record(u32 page) {
  if (pages_[page] & (recorded | shared)) return;
  pages_[page] |= recorded;
  recorded_.push_back(page);
}

// --- Guarded code ---

void GuestMemory::guard_code(u32 physical_page) {
  const u32 page = physical_page / page_size;
  if (guards_left_ == 0 || (pages_[page] & guarded)) return;
  pages_[page] |= guarded;
  guarded_pages_.push_back(page);
  if (cpu_ && guarded_pages_.size() > most_guarded_pages) cpu_->request_attention();  // for settle()
  if (pages_[page] & write_bit) mprotect(base_ + physical_page, page_size, PROT_READ);
}

void GuestMemory::settle() {
  if (guarded_pages_.size() > most_guarded_pages) end_guarding();
}

// Something is about to write to the range.
void GuestMemory::release(u32 address, u64 bytes) {
  if (guarded_pages_.empty() || bytes == 0) return;
  for (u64 page = address / page_size; page <= (address + bytes - 1) / page_size; ++page) {
    if (!(pages_[static_cast<u32>(page)] & guarded)) continue;
    if (guards_left_ == 1) return end_guarding();
    --guards_left_;
    drop_guard(static_cast<u32>(page));
    std::erase(guarded_pages_, page);
  }
}

void GuestMemory::drop_guard(u32 page) {
  if (!(pages_[page] & guarded)) return;
  pages_[page] &= static_cast<u16>(~guarded);
  if (pages_[page] & write_bit) mprotect(base_ + page * page_size, page_size, PROT_READ | PROT_WRITE);
  if (cpu_) cpu_->forget_code(page * page_size);
}

void GuestMemory::end_guarding() {
  guards_left_ = 0;
  for (const u32 page : guarded_pages_) drop_guard(page);
  guarded_pages_.clear();
  if (cpu_) cpu_->forget_all_code();  // its stores rely on guards
}

}  // namespace quince::machine::process
