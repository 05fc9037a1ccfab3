// A table of zeros whose pages the host provides as they are touched: tables for every address are large, and
// most programs touch little of them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace quince::ppc {

// All bytes zero is a T without value.
template <class T>
class ZeroedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit ZeroedArray(std::size_t size) : data_(static_cast<T*>(std::calloc(size, sizeof(T)))) {
    if (!data_ && size != 0) throw std::bad_alloc();
  }
  T& operator[](std::size_t n) { return data_.get()[n]; }
  const T& operator[](std::size_t n) const { return data_.get()[n]; }
  const T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* at) const { std::free(at); }
  };
  std::unique_ptr<T, Free> data_;
};

}  // namespace quince::ppc
