// A random source that gives the same numbers everywhere.
#pragma once

#include "guest-ppc/types.h"

namespace quince::differential {

class Random {
 public:
  explicit Random(ppc::u64 seed) : state_(seed) {}

  ppc::u64 bits64() {  // splitmix64
    ppc::u64 z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
    return z ^ z >> 31;
  }
  ppc::u32 bits() { return static_cast<ppc::u32>(bits64() >> 32); }
  ppc::u32 below(ppc::u32 n) { return static_cast<ppc::u32>(ppc::u64{bits()} * n >> 32); }
  ppc::u32 between(ppc::u32 first, ppc::u32 last) { return first + below(last - first + 1); }
  bool one_in(ppc::u32 n) { return below(n) == 0; }

  template <class Container>
  const auto& pick(const Container& items) {
    return items[below(static_cast<ppc::u32>(std::size(items)))];
  }

 private:
  ppc::u64 state_;
};

}  // namespace quince::differential
