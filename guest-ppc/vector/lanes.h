// How the instructions see a V128: as host vectors of lanes. Lane 0 is the manual's last element, so
// "even" elements of the manual are the odd lanes and its "high" half is the upper half.
#pragma once

#include <cstring>
#include <limits>
#include <type_traits>

#include "guest-ppc/vector/vscr.h"
#include "guest-ppc/vector_value.h"

namespace quince::ppc::vec {

using Arg = const V128&;  // an operand

// The compilers' own vector type (GCC and Clang alike): element-wise operators; a comparison gives lanes of
// all ones or all zeros. Baseline SSE2 is enough, anything better is the compiler's choice.
template <class T>
struct LanesOf {
  using type __attribute__((vector_size(16))) = T;
};
template <class T>
using Lanes = typename LanesOf<T>::type;

template <class T>
inline constexpr unsigned lane_count = 16 / sizeof(T);

template <class T>
inline Lanes<T> get(const V128& v) {
  Lanes<T> lanes;
  std::memcpy(&lanes, &v, sizeof lanes);
  return lanes;
}

// V: any vector of 16 bytes.
template <class V>
inline V128 put(V lanes) {
  static_assert(sizeof lanes == sizeof(V128));
  V128 v;
  std::memcpy(&v.bytes, &lanes, sizeof v);
  return v;
}

template <class To, class V>
inline Lanes<To> recast(V lanes) {
  return get<To>(put(lanes));
}

template <class V>
inline bool any(V mask) {
  const auto halves = recast<u64>(mask);
  return (halves[0] | halves[1]) != 0;
}

inline u128 get_u128(const V128& v) {
  u128 value;
  std::memcpy(&value, &v, sizeof value);
  return value;
}

inline V128 put_u128(u128 value) {
  V128 v;
  std::memcpy(&v.bytes, &value, sizeof v);
  return v;
}

// One lane after the other: f(i) gives lane i of the result. Unrolled, the compiler turns most into vector
// code; sixteen bytes are better left a loop.
template <class T, class F>
inline V128 generate(F f) {
  Lanes<T> result{};
#pragma GCC unroll 8
  for (unsigned i = 0; i < lane_count<T>; ++i) result[i] = static_cast<T>(f(i));
  return put(result);
}

// The nearest value of T to an exact wide result; a change is remembered in saturated.
template <class T, class Wide>
inline T clamp(Wide value, bool& saturated) {
  constexpr Wide low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  const Wide nearest = value < low ? low : value > high ? high : value;
  saturated |= nearest != value;
  return static_cast<T>(nearest);
}

// As generate(), with each exact result clamped to T and VSCR[SAT] set if that changed one.
template <class T, class F>
inline V128 generate_clamped(Vscr& vscr, F f) {
  bool saturated = false;
  const V128 result = generate<T>([&](unsigned i) { return clamp<T>(f(i), saturated); });
  vscr |= saturated ? vscr_sat : 0;
  return result;
}

}  // namespace quince::ppc::vec
