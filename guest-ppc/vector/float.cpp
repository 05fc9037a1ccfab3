#include "guest-ppc/vector/float.h"

#include <cmath>
#include <initializer_list>

namespace quince::ppc::vec {

namespace {

using detail::default_nan;
using detail::flush_if;
using detail::sign_bit;

constexpr u32 quiet_bit = 0x0040'0000;

constexpr bool is_nan(u32 bits) { return (bits & ~sign_bit) > detail::exponent_bits; }

// operands in the order in which their NaNs win.
V128 choose_nans_among(const V128& result, std::initializer_list<const V128*> operands) {
  const auto r = get<u32>(result);
  return generate<u32>([&](unsigned i) {
    if (!is_nan(r[i])) return r[i];
    for (const V128* operand : operands) {
      const u32 x = get<u32>(*operand)[i];
      if (is_nan(x)) return x | quiet_bit;
    }
    return default_nan;
  });
}

// Fused multiply-add. The product of two floats is exact in a double; its sum with a float is rounded to odd:
// cut off, with the last bit set if anything was lost. Such a double has 53 bits and a single at most 24, so
// that rounding it again gives what rounding the exact sum once would, for denormals and overflow as well.

using Doubles = Lanes<double>;

Doubles sum_to_odd(Doubles x, Doubles y) {
  const Doubles sum = x + y;
  // The exact rounding error, by Knuth's method; NaN if the sum is not finite, and then compares false.
  const Doubles y_part = sum - x;
  const Doubles error = (x - (sum - y_part)) + (y - y_part);
  const auto inexact = recast<u64>(error > Doubles{}) | recast<u64>(error < Doubles{});
  const auto away = recast<u64>(error > Doubles{}) ^ recast<u64>(sum < Doubles{});  // |exact| > |sum|
  const auto bits = recast<u64>(sum);
  // An even sum moves one step towards the exact value; -1 is all ones.
  const auto step = inexact & ~(Lanes<u64>{} - (bits & 1)) & ((away & 1) | ~away);
  return recast<double>(bits + step);
}

Doubles flush_tiny(Doubles x) {
  const auto bits = recast<u64>(x);
  const auto tiny = recast<u64>(recast<double>(bits & ~(u64{1} << 63)) < Doubles{} + 0x1p-126);
  return recast<double>(bits & (~tiny | u64{1} << 63));
}

Doubles widen(Lanes<float> x, unsigned from) { return Doubles{x[from], x[from + 1]}; }

// a * c + b, rounded once; NaNs are the host's.
Lanes<float> fused(Lanes<float> a, Lanes<float> b, Lanes<float> c, Vscr vscr) {
  Lanes<float> result;
  for (unsigned i = 0; i < 4; i += 2) {
    Doubles sum = sum_to_odd(widen(a, i) * widen(c, i), widen(b, i));
    if (vscr & vscr_nj) sum = flush_tiny(sum);
    result[i] = static_cast<float>(sum[0]);
    result[i + 1] = static_cast<float>(sum[1]);
  }
  return result;
}

template <class F>
V128 round_lanes(Arg b, Vscr vscr, F f) {
  const auto x = flush_if(get<float>(b), vscr);
  const auto result = get<float>(generate<float>([&](unsigned i) {
    // From 2^23 on every float is an integer; NaNs come here too.
    return std::fabs(x[i]) < 0x1p23f ? std::copysign(f(x[i]), x[i]) : x[i];
  }));
  return put(recast<u32>(result) | (recast<u32>(x != x) & quiet_bit));
}

float truncate(float x) { return static_cast<float>(static_cast<i32>(x)); }

// value: exact, not rounded yet. Every float times a power of two that lies between the greatest integer and
// the next is a NaN, for a float has 24 bits; hence the comparisons with whole numbers.
template <class T>
T to_integer(double value, bool& saturated) {
  constexpr double low = std::numeric_limits<T>::min(), beyond = std::numeric_limits<T>::max() + 1.0;
  if (std::isnan(value)) return 0;
  if (value > low - 1 && value < beyond) return static_cast<T>(static_cast<i64>(value));
  saturated = true;
  return value < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

template <class T>
V128 to_integers(Arg b, u32 uimm, Vscr& vscr) {
  const auto x = get<float>(b);
  bool saturated = false;
  const V128 result =
      generate<T>([&](unsigned i) { return to_integer<T>(double{x[i]} * detail::power(uimm), saturated); });
  vscr |= saturated ? vscr_sat : 0;
  return result;
}

}  // namespace

namespace detail {

V128 choose_nans(const V128& result, Arg a, Arg b) { return choose_nans_among(result, {&a, &b}); }
V128 choose_nans(const V128& result, Arg a, Arg b, Arg c) { return choose_nans_among(result, {&a, &b, &c}); }

}  // namespace detail

V128 vmaddfp(Arg a, Arg b, Arg c, Vscr vscr) {
  const auto result = fused(flush_if(get<float>(a), vscr), flush_if(get<float>(b), vscr),
                            flush_if(get<float>(c), vscr), vscr);
  if (any(result != result)) [[unlikely]]
    return detail::choose_nans(put(result), a, b, c);
  return put(result);
}

V128 vnmsubfp(Arg a, Arg b, Arg c, Vscr vscr) {
  const auto result = -fused(flush_if(get<float>(a), vscr), -flush_if(get<float>(b), vscr),
                             flush_if(get<float>(c), vscr), vscr);
  if (any(result != result)) [[unlikely]]
    return detail::choose_nans(put(result), a, b, c);
  return put(result);
}

V128 vrfin(Arg b, Vscr vscr) {
  // Adding 2^23 leaves no room for a fraction; the host rounds to nearest even.
  return round_lanes(b, vscr, [](float x) { return (std::fabs(x) + 0x1p23f) - 0x1p23f; });
}
V128 vrfiz(Arg b, Vscr vscr) { return round_lanes(b, vscr, truncate); }
V128 vrfip(Arg b, Vscr vscr) {
  return round_lanes(b, vscr, [](float x) { return truncate(x) + (truncate(x) < x ? 1.0f : 0.0f); });
}
V128 vrfim(Arg b, Vscr vscr) {
  return round_lanes(b, vscr, [](float x) { return truncate(x) - (truncate(x) > x ? 1.0f : 0.0f); });
}

V128 vctuxs(Arg b, u32 uimm, Vscr& vscr) { return to_integers<u32>(b, uimm, vscr); }
V128 vctsxs(Arg b, u32 uimm, Vscr& vscr) { return to_integers<i32>(b, uimm, vscr); }

}  // namespace quince::ppc::vec
