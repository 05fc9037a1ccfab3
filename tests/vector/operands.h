// Random and boundary operands for vector instructions, the same for a given seed on every host.
#pragma once

#include <array>

#include "tests/vector/qemu.h"

namespace quince::test {

class OperandSource {
 public:
  explicit OperandSource(ppc::u64 seed) : state_(seed) {}

  ppc::u64 random() {  // splitmix64
    ppc::u64 z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
    return z ^ z >> 31;
  }
  ppc::u32 below(ppc::u32 n) { return static_cast<ppc::u32>(random() >> 32) % n; }

  // A register of one kind of elements: boundary values and random ones, among them near copies of `other`.
  ppc::V128 reg(const ppc::V128& other) {
    switch (below(6)) {
      case 0: return lanes<ppc::u64>([&] { return random(); });
      case 1: return lanes<ppc::u8>([&] { return boundary(8); });
      case 2: return lanes<ppc::u16>([&] { return boundary(16); });
      case 3: return lanes<ppc::u32>([&] { return boundary(32); });
      case 4: return lanes<ppc::u32>([&] { return single(); });
      default: return near(other);
    }
  }
  ppc::V128 float_reg(const ppc::V128& other) {
    if (below(4) == 0) return near(other);
    return lanes<ppc::u32>([&] { return single(); });
  }

  // Such as the architecture defines the result of op for. Every combination of VSCR[NJ] and [SAT].
  Operands operands_for(ppc::vec::Op op) {
    Operands o = operands(op >= ppc::vec::Op::vaddfp);  // the table's last part is floating point
    if (op == ppc::vec::Op::vsl || op == ppc::vec::Op::vsr) {
      for (ppc::u8& byte : o.b.bytes) byte = static_cast<ppc::u8>((byte & 0xf8) | (o.b.bytes[0] & 7));
    }
    return o;
  }

 private:
  Operands operands(bool floats) {
    const ppc::V128 seed = floats ? float_reg({}) : reg({});
    const auto next = [&] { return floats ? float_reg(seed) : reg(seed); };
    Operands o{seed, next(), next(), 0};
    o.vscr = (below(2) ? ppc::vec::vscr_nj : 0) | (below(2) ? ppc::vec::vscr_sat : 0);
    return o;
  }

  template <class T, class F>
  ppc::V128 lanes(F f) {
    std::array<T, 16 / sizeof(T)> values;
    for (T& value : values) value = static_cast<T>(f());
    return ppc::V128::from_lanes<T>(values);
  }
  // Around 0, the sign bit, all ones; or anything.
  ppc::u64 boundary(unsigned bits) {
    const ppc::u64 off = below(5) - ppc::u64{2};
    switch (below(5)) {
      case 0: return off;
      case 1: return (ppc::u64{1} << (bits - 1)) + off;
      case 2: return (ppc::u64{1} << below(bits)) + off;
      case 3: return below(33);
      default: return random();
    }
  }
  // Signs, exponents around every border, fractions with long runs: what rounding and underflow turn on.
  ppc::u32 single() {
    static constexpr auto exponents =
        std::to_array<ppc::u32>({0,   0,   1,   2,   23,  24,  63,  64,  102, 103, 104, 125, 126, 127,
                                 128, 129, 148, 149, 150, 151, 157, 158, 159, 190, 191, 253, 254, 255});
    static constexpr auto fractions = std::to_array<ppc::u32>(
        {0, 1, 2, 3, 0x200000, 0x3fffff, 0x400000, 0x400001, 0x600000, 0x7ffffe, 0x7fffff});
    const ppc::u32 sign = below(2) << 31;
    const ppc::u32 exponent = below(3) == 0 ? exponents[below(exponents.size())] : 97 + below(60);
    ppc::u32 fraction = static_cast<ppc::u32>(random()) & 0x7f'ffff;
    if (below(3) == 0) fraction = fractions[below(fractions.size())];
    if (below(4) == 0) fraction &= ~0u << below(23);
    if (below(24) == 0) return static_cast<ppc::u32>(random());
    return sign | exponent << 23 | fraction;
  }
  // Some lanes as they were, some off by little or with the other sign.
  ppc::V128 near(const ppc::V128& v) {
    auto words = v.lanes<ppc::u32>();
    for (ppc::u32& word : words) {
      switch (below(4)) {
        case 0: break;
        case 1: word += below(3) - 1; break;
        case 2: word ^= 0x8000'0000; break;
        default: word ^= 1u << below(32);
      }
    }
    return ppc::V128::from_lanes<ppc::u32>(words);
  }

  ppc::u64 state_;
};

}  // namespace quince::test
