// The memory that generated code lives in: one piece of memory mapped twice, so that no address is ever both
// writable and executable. It is used as a ring of chunks: when the last is full the oldest is given up.
#pragma once

#include <cstddef>
#include <span>

#include "guest-ppc/types.h"

namespace quince::jit {

using namespace ppc;  // NOLINT(google-build-using-namespace)

class CodeCache {
 public:
  // Each chunk has room for many blocks: small caches have fewer.
  static constexpr unsigned most_chunks = 16;
  static constexpr std::size_t least_chunk_bytes = 256 * 1024;
  // bytes: of the whole cache, at least 1 MiB; rounded up to whole pages a chunk. Throws std::bad_alloc.
  explicit CodeCache(std::size_t bytes);
  ~CodeCache();
  CodeCache(const CodeCache&) = delete;
  CodeCache& operator=(const CodeCache&) = delete;

  // What the current chunk has left, in bytes, and its executable address.
  std::size_t room() const { return limit_ - used_; }
  const u8* next() const { return executable_ + used_; }
  std::size_t used() const { return used_; }  // of the whole cache, in front of next()
  // The first `bytes` of the room are taken; the next code begins at a multiple of 16.
  void take(std::size_t bytes) { used_ += (bytes + 15) & ~std::size_t{15}; }
  // From now on code goes to the next chunk. What was there: its executable addresses.
  std::span<const u8> open_next_chunk();
  // Keeps what has been taken so far out of the ring: thunks that live as long as the cache.
  void keep();

  u8* writable(const u8* executable) const { return writable_ + (executable - executable_); }
  const u8* start() const { return executable_; }
  std::size_t bytes() const { return bytes_; }

 private:
  u8* writable_;
  const u8* executable_;
  std::size_t bytes_, chunk_bytes_;
  unsigned chunks_;
  std::size_t kept_ = 0;   // the ring begins here
  std::size_t used_ = 0;   // offset of the next byte
  std::size_t limit_ = 0;  // end of the current chunk
  unsigned chunk_ = 0;
};

}  // namespace quince::jit
