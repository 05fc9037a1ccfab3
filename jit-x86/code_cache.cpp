#include "jit-x86/code_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace quince::jit {

namespace {
constexpr std::size_t page = 4096;
constexpr std::size_t least_bytes = 1u << 20;
}  // namespace

CodeCache::CodeCache(std::size_t bytes) {
  bytes = std::max(bytes, least_bytes);
  chunks_ = static_cast<unsigned>(std::min<std::size_t>(bytes / least_chunk_bytes, most_chunks));
  chunk_bytes_ = (bytes / chunks_ + page - 1) & ~(page - 1);
  bytes_ = chunk_bytes_ * chunks_;
  limit_ = chunk_bytes_;
  // No memfd: perf would take that for a file and look for its symbols, not for those of a perf map.
  void* w = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (w == MAP_FAILED) throw std::bad_alloc();
  void* x =
      mremap(w, 0, bytes_, MREMAP_MAYMOVE);  // of shared memory, an old size of 0 makes a second mapping
  if (x == MAP_FAILED || mprotect(x, bytes_, PROT_READ | PROT_EXEC) != 0) throw std::bad_alloc();
  writable_ = static_cast<u8*>(w);
  executable_ = static_cast<const u8*>(x);
}

CodeCache::~CodeCache() {
  munmap(writable_, bytes_);
  munmap(const_cast<u8*>(executable_), bytes_);
}

void CodeCache::keep() { kept_ = used_; }

std::span<const u8> CodeCache::open_next_chunk() {
  chunk_ = (chunk_ + 1) % chunks_;
  const std::size_t first = chunk_ == 0 ? kept_ : chunk_ * chunk_bytes_;
  used_ = first;
  limit_ = (chunk_ + 1) * chunk_bytes_;
  return {executable_ + first, limit_ - first};
}

}  // namespace quince::jit
