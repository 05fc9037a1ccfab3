// An input of a fuzzer as a source of numbers. When it is used up, all numbers are zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace quince::fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  bool empty() const { return left_.empty(); }
  std::size_t size() const { return left_.size(); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  bool flag() { return (u8() & 1) != 0; }
  // 0 to limit - 1; limit is 1 to 256.
  unsigned below(unsigned limit) { return u8() % limit; }
  template <class T, std::size_t n>
  const T& pick(const T (&from)[n]) {
    return from[below(static_cast<unsigned>(n))];
  }
  // As many of the next bytes as there are, at most so many.
  std::span<const std::uint8_t> take(std::size_t at_most) {
    const auto taken = left_.first(std::min(at_most, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::uint64_t number(unsigned bytes) {  // big-endian
    std::uint64_t value = 0;
    for (unsigned n = 0; n < bytes; ++n) {
      value = value << 8 | (left_.empty() ? 0 : left_.front());
      if (!left_.empty()) left_ = left_.subspan(1);
    }
    return value;
  }

  std::span<const std::uint8_t> left_;
};

// What must hold whatever the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzzer: %s\n", what);
  std::abort();
}

}  // namespace quince::fuzz
