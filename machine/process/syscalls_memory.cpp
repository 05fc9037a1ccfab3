// The address space.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "machine/process/syscalls.h"

namespace quince::machine::process {

using ppc::page_mask;
using ppc::page_size;

namespace {

constexpr u32 guest_anonymous = 0x20, guest_fixed = 0x10, guest_fixed_noreplace = 0x10'0000,
              guest_type = 0x0f;
constexpr u32 shared_validate = 3;

// The host's kinds of mapping that have a meaning here; the rest are hints.
std::optional<int> host_flags(u32 guest) {
  const u32 type = guest & guest_type;
  if (type != MAP_SHARED && type != MAP_PRIVATE && type != shared_validate) return {};
  return (type == MAP_PRIVATE ? MAP_PRIVATE : MAP_SHARED) | (guest & guest_anonymous ? MAP_ANONYMOUS : 0);
}

Result map(Kernel& k, const Arguments& a, u64 offset) {
  const u32 address = a[0], flags = a[3];
  const u64 bytes = (u64{a[1]} + page_mask) & ~u64{page_mask};
  const auto kind = host_flags(flags);
  if (!kind || bytes == 0 || (offset & page_mask)) return -EINVAL;
  const bool fixed = flags & (guest_fixed | guest_fixed_noreplace);
  if (fixed && (address & page_mask)) return -EINVAL;
  if (fixed && address < layout::lowest_mapping) return -EPERM;
  if ((flags & guest_fixed_noreplace) && !k.memory.is_free(address, bytes)) return -EEXIST;
  u32 at = address & ~page_mask;
  if (!fixed && (at < layout::lowest_mapping || !k.memory.is_free(at, bytes))) at = k.memory.find_free(bytes);
  if (at == 0) return -ENOMEM;
  return k.memory.map(at, bytes, signed_word(a[2]), {*kind, signed_word(a[4]), offset});
}

}  // namespace

Result sys_mmap(Kernel& k, const Arguments& a) { return map(k, a, a[5]); }
Result sys_mmap2(Kernel& k, const Arguments& a) { return map(k, a, u64{a[5]} * page_size); }
Result sys_munmap(Kernel& k, const Arguments& a) { return k.memory.unmap(a[0], a[1]); }
Result sys_mprotect(Kernel& k, const Arguments& a) { return k.memory.protect(a[0], a[1], signed_word(a[2])); }
Result sys_brk(Kernel& k, const Arguments& a) { return k.memory.set_heap_end(a[0]); }

Result sys_mremap(Kernel& k, const Arguments& a) {
  const bool may_move = a[3] & MREMAP_MAYMOVE, fixed = a[3] & MREMAP_FIXED;
  if ((a[3] & ~u32{MREMAP_MAYMOVE | MREMAP_FIXED}) || (fixed && !may_move)) return -EINVAL;
  if (fixed && ((a[4] & page_mask) || a[4] < layout::lowest_mapping)) return -EINVAL;
  if (fixed && u64{a[0]} < u64{a[4]} + a[2] && u64{a[4]} < u64{a[0]} + a[1]) return -EINVAL;
  return k.memory.remap(a[0], a[1], a[2], may_move, fixed ? a[4] : 0);
}

namespace {

// Advice that the host may be given for the guest's pages. Some of the rest would take them away from under
// the emulator's feet (MADV_GUARD_INSTALL; MADV_DONTFORK in a child), or real memory from the host
// (MADV_HWPOISON).
constexpr int host_advice[] = {MADV_NORMAL,     MADV_RANDOM,        MADV_SEQUENTIAL,    MADV_WILLNEED,
                               MADV_DONTNEED,   MADV_FREE,          MADV_REMOVE,        MADV_HUGEPAGE,
                               MADV_NOHUGEPAGE, MADV_WIPEONFORK,    MADV_KEEPONFORK,    MADV_COLD,
                               MADV_PAGEOUT,    MADV_POPULATE_READ, MADV_POPULATE_WRITE};
// What has no effect that a program can see.
constexpr int ignored_advice[] = {MADV_DONTFORK,    MADV_DOFORK,   MADV_MERGEABLE,
                                  MADV_UNMERGEABLE, MADV_DONTDUMP, MADV_DODUMP};

bool is_among(std::span<const int> list, int advice) {
  return std::find(list.begin(), list.end(), advice) != list.end();
}

}  // namespace

Result sys_madvise(Kernel& k, const Arguments& a) {
  const u64 bytes = (u64{a[1]} + page_mask) & ~u64{page_mask};
  if (a[0] & page_mask) return -EINVAL;
  if (bytes == 0) return 0;
  if (!k.memory.is_mapped(a[0], bytes)) return -ENOMEM;
  const int advice = signed_word(a[2]);
  if (is_among(ignored_advice, advice)) return 0;
  if (!is_among(host_advice, advice)) return -EINVAL;
  const Result result = from_host(madvise(k.memory.host(a[0]), bytes, advice));
  if (advice == MADV_DONTNEED || advice == MADV_REMOVE) k.memory.written(a[0], bytes);
  return result;
}

Result sys_msync(Kernel& k, const Arguments& a) {
  const u64 bytes = (u64{a[1]} + page_mask) & ~u64{page_mask};
  if (a[0] & page_mask) return -EINVAL;
  if (bytes && !k.memory.is_mapped(a[0], bytes)) return -ENOMEM;
  return from_host(msync(k.memory.host(a[0]), bytes, signed_word(a[2])));
}

Result sys_mincore(Kernel& k, const Arguments& a) {
  const u64 pages = (u64{a[1]} + page_mask) / page_size;
  if (a[0] & page_mask) return -EINVAL;
  if (!k.memory.is_mapped(a[0], pages * page_size)) return -ENOMEM;
  u8* out = k.memory.writable(a[2], pages);
  const Result result = from_host(mincore(k.memory.host(a[0]), pages * page_size, out));
  k.memory.written(a[2], pages);
  return result;
}

// The guest's memory is the host's to page.
Result sys_mlock(Kernel& k, const Arguments& a) {
  const u64 bytes = (u64{a[1]} + (a[0] & page_mask) + page_mask) & ~u64{page_mask};
  return k.memory.is_mapped(a[0] & ~page_mask, bytes) ? 0 : -ENOMEM;
}
Result sys_mlock2(Kernel& k, const Arguments& a) { return sys_mlock(k, a); }
Result sys_munlock(Kernel& k, const Arguments& a) { return sys_mlock(k, a); }
Result sys_mlockall(Kernel&, const Arguments&) { return 0; }
Result sys_munlockall(Kernel&, const Arguments&) { return 0; }

}  // namespace quince::machine::process
