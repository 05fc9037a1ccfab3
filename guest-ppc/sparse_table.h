// A table of 2^20 entries, one per 4 KiB page of a 32-bit space, whose memory the host provides only as
// entries are written. Zero is the empty entry.
#pragma once

#include <cstddef>

#include "guest-ppc/types.h"

namespace quince::ppc {

// Untyped zeroed memory straight from the host's virtual memory.
class SparseMemory {
 public:
  explicit SparseMemory(std::size_t bytes);
  ~SparseMemory();
  SparseMemory(const SparseMemory&) = delete;
  SparseMemory& operator=(const SparseMemory&) = delete;
  void* data() const { return data_; }
  void clear() { clear(0, bytes_); }
  // Gives whole pages back: they read zero again.
  void clear(std::size_t offset, std::size_t bytes);

 private:
  void* data_;
  std::size_t bytes_;
};

template <class T>
class PageTable {
 public:
  static constexpr u32 entries = u32{1} << 20;
  PageTable() : memory_(entries * sizeof(T)) {}
  T& operator[](u32 page) { return data()[page]; }
  const T& operator[](u32 page) const { return data()[page]; }
  T* data() const { return static_cast<T*>(memory_.data()); }
  void clear() { memory_.clear(); }

 private:
  SparseMemory memory_;
};

}  // namespace quince::ppc
