#include "guest-ppc/sparse_table.h"

#include <sys/mman.h>

#include <new>

namespace quince::ppc {

SparseMemory::SparseMemory(std::size_t bytes) : bytes_(bytes) {
  data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data_ == MAP_FAILED) throw std::bad_alloc();
}

SparseMemory::~SparseMemory() { munmap(data_, bytes_); }

void SparseMemory::clear(std::size_t offset, std::size_t bytes) {
  madvise(static_cast<char*>(data_) + offset, bytes, MADV_DONTNEED);
}

}  // namespace quince::ppc
