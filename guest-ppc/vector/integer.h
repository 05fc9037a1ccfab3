// Integer arithmetic, comparison and logic (AltiVec PEM 4.2.1), an instruction by its mnemonic. Operands are
// in the manual's order vA, vB, vC; saturating instructions set VSCR[SAT] in their last argument.
#pragma once

#include "guest-ppc/vector/lanes.h"

namespace quince::ppc::vec {

namespace detail {

template <class T>
inline V128 add_modulo(Arg a, Arg b) {
  return put(get<T>(a) + get<T>(b));
}
template <class T>
inline V128 sub_modulo(Arg a, Arg b) {
  return put(get<T>(a) - get<T>(b));
}

template <class V>
inline void note_saturation(V mask, Vscr& vscr) {
  vscr |= any(mask) ? vscr_sat : 0;
}

// A sum wrapped if it is below an operand, a difference if it is above the minuend.
template <class T>
inline V128 add_unsigned_saturate(Arg a, Arg b, Vscr& vscr) {
  const Lanes<T> x = get<T>(a), sum = x + get<T>(b);
  const auto wrapped = recast<T>(sum < x);
  note_saturation(wrapped, vscr);
  return put(sum | wrapped);
}
template <class T>
inline V128 sub_unsigned_saturate(Arg a, Arg b, Vscr& vscr) {
  const Lanes<T> x = get<T>(a), difference = x - get<T>(b);
  const auto wrapped = recast<T>(difference > x);
  note_saturation(wrapped, vscr);
  return put(difference & ~wrapped);
}

// overflow: the sign bit of each lane that left the range. The saturated value has the sign of a, for both
// the sum and the difference.
template <class T>
inline V128 saturate_signed(Lanes<T> a, Lanes<T> wrapped, Lanes<T> overflow, Vscr& vscr) {
  const auto out = recast<T>(overflow < 0), limit = recast<T>(a < 0) ^ std::numeric_limits<T>::max();
  note_saturation(out, vscr);
  return put((wrapped & ~out) | (limit & out));
}
template <class T>
inline V128 add_signed_saturate(Arg a, Arg b, Vscr& vscr) {
  const Lanes<T> x = get<T>(a), y = get<T>(b), sum = get<T>(add_modulo<std::make_unsigned_t<T>>(a, b));
  return saturate_signed<T>(x, sum, (x ^ sum) & (y ^ sum), vscr);
}
template <class T>
inline V128 sub_signed_saturate(Arg a, Arg b, Vscr& vscr) {
  const Lanes<T> x = get<T>(a), y = get<T>(b), difference = get<T>(sub_modulo<std::make_unsigned_t<T>>(a, b));
  return saturate_signed<T>(x, difference, (x ^ y) & (x ^ difference), vscr);
}

// The products of every second lane; odd_element: the manual's odd elements, our even lanes.
template <class Wide, class T, bool odd_element>
inline V128 multiply_alternate(Arg a, Arg b) {
  const Lanes<T> x = get<T>(a), y = get<T>(b);
  return generate<Wide>([&](unsigned i) {
    const unsigned lane = 2 * i + (odd_element ? 0 : 1);
    return static_cast<Wide>(x[lane]) * static_cast<Wide>(y[lane]);
  });
}

// c + the products within each word. A, B: the lanes of a and b; Sum: u32 wraps, 64 bits hold the exact sum.
template <class Sum, class A, class B>
inline Sum multiply_sum_word(Lanes<A> a, Lanes<B> b, Sum c, unsigned word) {
  constexpr unsigned per_word = 4 / sizeof(A);
  Sum sum = c;
  for (unsigned k = 0; k < per_word; ++k) {
    const unsigned lane = per_word * word + k;
    sum += static_cast<Sum>(a[lane]) * static_cast<Sum>(b[lane]);
  }
  return sum;
}
template <class A, class B>
inline V128 multiply_sum_modulo(Arg a, Arg b, Arg c) {
  const auto x = get<A>(a);
  const auto y = get<B>(b);
  const auto z = get<u32>(c);
  return generate<u32>([&](unsigned i) { return multiply_sum_word<u32, A, B>(x, y, z[i], i); });
}
template <class Word, class T>
inline V128 multiply_sum_saturate(Arg a, Arg b, Arg c, Vscr& vscr) {
  using Sum = std::conditional_t<std::is_signed_v<T>, i64, u64>;
  const auto x = get<T>(a), y = get<T>(b);
  const auto z = get<Word>(c);
  return generate_clamped<Word>(vscr,
                                [&](unsigned i) { return multiply_sum_word<Sum, T, T>(x, y, z[i], i); });
}

// The elements of a within each word, added to the word of b.
template <class Word, class T>
inline V128 sum_within_words(Arg a, Arg b, Vscr& vscr) {
  constexpr unsigned per_word = 4 / sizeof(T);
  const auto x = get<T>(a);
  const auto y = get<Word>(b);
  return generate_clamped<Word>(vscr, [&](unsigned i) {
    i64 sum = y[i];
    for (unsigned k = 0; k < per_word; ++k) sum += x[per_word * i + k];
    return sum;
  });
}

// Halves are rounded up: x + y = 2 (x | y) - (x ^ y).
template <class T>
inline V128 average(Arg a, Arg b) {
  const Lanes<T> x = get<T>(a), y = get<T>(b);
  return put((x | y) - ((x ^ y) >> 1));
}

template <class T>
inline V128 maximum(Arg a, Arg b) {
  const Lanes<T> x = get<T>(a), y = get<T>(b);
  return put(x > y ? x : y);
}
template <class T>
inline V128 minimum(Arg a, Arg b) {
  const Lanes<T> x = get<T>(a), y = get<T>(b);
  return put(x < y ? x : y);
}
template <class T>
inline V128 compare_equal(Arg a, Arg b) {
  return put(get<T>(a) == get<T>(b));
}
template <class T>
inline V128 compare_greater(Arg a, Arg b) {
  return put(get<T>(a) > get<T>(b));
}

}  // namespace detail

inline V128 vaddubm(Arg a, Arg b) { return detail::add_modulo<u8>(a, b); }
inline V128 vadduhm(Arg a, Arg b) { return detail::add_modulo<u16>(a, b); }
inline V128 vadduwm(Arg a, Arg b) { return detail::add_modulo<u32>(a, b); }
inline V128 vsububm(Arg a, Arg b) { return detail::sub_modulo<u8>(a, b); }
inline V128 vsubuhm(Arg a, Arg b) { return detail::sub_modulo<u16>(a, b); }
inline V128 vsubuwm(Arg a, Arg b) { return detail::sub_modulo<u32>(a, b); }

inline V128 vaddubs(Arg a, Arg b, Vscr& vscr) { return detail::add_unsigned_saturate<u8>(a, b, vscr); }
inline V128 vadduhs(Arg a, Arg b, Vscr& vscr) { return detail::add_unsigned_saturate<u16>(a, b, vscr); }
inline V128 vadduws(Arg a, Arg b, Vscr& vscr) { return detail::add_unsigned_saturate<u32>(a, b, vscr); }
inline V128 vaddsbs(Arg a, Arg b, Vscr& vscr) { return detail::add_signed_saturate<i8>(a, b, vscr); }
inline V128 vaddshs(Arg a, Arg b, Vscr& vscr) { return detail::add_signed_saturate<i16>(a, b, vscr); }
inline V128 vaddsws(Arg a, Arg b, Vscr& vscr) { return detail::add_signed_saturate<i32>(a, b, vscr); }
inline V128 vsububs(Arg a, Arg b, Vscr& vscr) { return detail::sub_unsigned_saturate<u8>(a, b, vscr); }
inline V128 vsubuhs(Arg a, Arg b, Vscr& vscr) { return detail::sub_unsigned_saturate<u16>(a, b, vscr); }
inline V128 vsubuws(Arg a, Arg b, Vscr& vscr) { return detail::sub_unsigned_saturate<u32>(a, b, vscr); }
inline V128 vsubsbs(Arg a, Arg b, Vscr& vscr) { return detail::sub_signed_saturate<i8>(a, b, vscr); }
inline V128 vsubshs(Arg a, Arg b, Vscr& vscr) { return detail::sub_signed_saturate<i16>(a, b, vscr); }
inline V128 vsubsws(Arg a, Arg b, Vscr& vscr) { return detail::sub_signed_saturate<i32>(a, b, vscr); }

// The carry out of each word, 1 or 0; a difference's carry is "no borrow".
inline V128 vaddcuw(Arg a, Arg b) {
  const Lanes<u32> x = get<u32>(a), sum = x + get<u32>(b);
  return put(recast<u32>(sum < x) & 1u);
}
inline V128 vsubcuw(Arg a, Arg b) { return put(recast<u32>(get<u32>(a) >= get<u32>(b)) & 1u); }

inline V128 vmuloub(Arg a, Arg b) { return detail::multiply_alternate<u16, u8, true>(a, b); }
inline V128 vmulouh(Arg a, Arg b) { return detail::multiply_alternate<u32, u16, true>(a, b); }
inline V128 vmulosb(Arg a, Arg b) { return detail::multiply_alternate<i16, i8, true>(a, b); }
inline V128 vmulosh(Arg a, Arg b) { return detail::multiply_alternate<i32, i16, true>(a, b); }
inline V128 vmuleub(Arg a, Arg b) { return detail::multiply_alternate<u16, u8, false>(a, b); }
inline V128 vmuleuh(Arg a, Arg b) { return detail::multiply_alternate<u32, u16, false>(a, b); }
inline V128 vmulesb(Arg a, Arg b) { return detail::multiply_alternate<i16, i8, false>(a, b); }
inline V128 vmulesh(Arg a, Arg b) { return detail::multiply_alternate<i32, i16, false>(a, b); }

inline V128 vmhaddshs(Arg a, Arg b, Arg c, Vscr& vscr) {
  const auto x = get<i16>(a), y = get<i16>(b), z = get<i16>(c);
  return generate_clamped<i16>(vscr, [&](unsigned i) { return (x[i] * y[i] >> 15) + z[i]; });
}
inline V128 vmhraddshs(Arg a, Arg b, Arg c, Vscr& vscr) {
  const auto x = get<i16>(a), y = get<i16>(b), z = get<i16>(c);
  return generate_clamped<i16>(vscr, [&](unsigned i) { return ((x[i] * y[i] + 0x4000) >> 15) + z[i]; });
}
inline V128 vmladduhm(Arg a, Arg b, Arg c) { return put(get<u16>(a) * get<u16>(b) + get<u16>(c)); }

inline V128 vmsumubm(Arg a, Arg b, Arg c) { return detail::multiply_sum_modulo<u8, u8>(a, b, c); }
inline V128 vmsummbm(Arg a, Arg b, Arg c) { return detail::multiply_sum_modulo<i8, u8>(a, b, c); }
inline V128 vmsumuhm(Arg a, Arg b, Arg c) { return detail::multiply_sum_modulo<u16, u16>(a, b, c); }
inline V128 vmsumshm(Arg a, Arg b, Arg c) { return detail::multiply_sum_modulo<i16, i16>(a, b, c); }
inline V128 vmsumuhs(Arg a, Arg b, Arg c, Vscr& vscr) {
  return detail::multiply_sum_saturate<u32, u16>(a, b, c, vscr);
}
inline V128 vmsumshs(Arg a, Arg b, Arg c, Vscr& vscr) {
  return detail::multiply_sum_saturate<i32, i16>(a, b, c, vscr);
}

inline V128 vsum4ubs(Arg a, Arg b, Vscr& vscr) { return detail::sum_within_words<u32, u8>(a, b, vscr); }
inline V128 vsum4sbs(Arg a, Arg b, Vscr& vscr) { return detail::sum_within_words<i32, i8>(a, b, vscr); }
inline V128 vsum4shs(Arg a, Arg b, Vscr& vscr) { return detail::sum_within_words<i32, i16>(a, b, vscr); }
// Sums land in the last word of each doubleword, or of the register; the other words are zero.
inline V128 vsum2sws(Arg a, Arg b, Vscr& vscr) {
  const auto x = get<i32>(a), y = get<i32>(b);
  return generate_clamped<i32>(vscr,
                               [&](unsigned i) { return i % 2 == 0 ? i64{x[i]} + x[i + 1] + y[i] : i64{0}; });
}
inline V128 vsumsws(Arg a, Arg b, Vscr& vscr) {
  const auto x = get<i32>(a), y = get<i32>(b);
  return generate_clamped<i32>(
      vscr, [&](unsigned i) { return i == 0 ? i64{x[0]} + x[1] + x[2] + x[3] + y[0] : i64{0}; });
}

inline V128 vavgub(Arg a, Arg b) { return detail::average<u8>(a, b); }
inline V128 vavguh(Arg a, Arg b) { return detail::average<u16>(a, b); }
inline V128 vavguw(Arg a, Arg b) { return detail::average<u32>(a, b); }
inline V128 vavgsb(Arg a, Arg b) { return detail::average<i8>(a, b); }
inline V128 vavgsh(Arg a, Arg b) { return detail::average<i16>(a, b); }
inline V128 vavgsw(Arg a, Arg b) { return detail::average<i32>(a, b); }

inline V128 vmaxub(Arg a, Arg b) { return detail::maximum<u8>(a, b); }
inline V128 vmaxuh(Arg a, Arg b) { return detail::maximum<u16>(a, b); }
inline V128 vmaxuw(Arg a, Arg b) { return detail::maximum<u32>(a, b); }
inline V128 vmaxsb(Arg a, Arg b) { return detail::maximum<i8>(a, b); }
inline V128 vmaxsh(Arg a, Arg b) { return detail::maximum<i16>(a, b); }
inline V128 vmaxsw(Arg a, Arg b) { return detail::maximum<i32>(a, b); }
inline V128 vminub(Arg a, Arg b) { return detail::minimum<u8>(a, b); }
inline V128 vminuh(Arg a, Arg b) { return detail::minimum<u16>(a, b); }
inline V128 vminuw(Arg a, Arg b) { return detail::minimum<u32>(a, b); }
inline V128 vminsb(Arg a, Arg b) { return detail::minimum<i8>(a, b); }
inline V128 vminsh(Arg a, Arg b) { return detail::minimum<i16>(a, b); }
inline V128 vminsw(Arg a, Arg b) { return detail::minimum<i32>(a, b); }

inline V128 vcmpequb(Arg a, Arg b) { return detail::compare_equal<u8>(a, b); }
inline V128 vcmpequh(Arg a, Arg b) { return detail::compare_equal<u16>(a, b); }
inline V128 vcmpequw(Arg a, Arg b) { return detail::compare_equal<u32>(a, b); }
inline V128 vcmpgtub(Arg a, Arg b) { return detail::compare_greater<u8>(a, b); }
inline V128 vcmpgtuh(Arg a, Arg b) { return detail::compare_greater<u16>(a, b); }
inline V128 vcmpgtuw(Arg a, Arg b) { return detail::compare_greater<u32>(a, b); }
inline V128 vcmpgtsb(Arg a, Arg b) { return detail::compare_greater<i8>(a, b); }
inline V128 vcmpgtsh(Arg a, Arg b) { return detail::compare_greater<i16>(a, b); }
inline V128 vcmpgtsw(Arg a, Arg b) { return detail::compare_greater<i32>(a, b); }

inline V128 vand(Arg a, Arg b) { return put(get<u64>(a) & get<u64>(b)); }
inline V128 vandc(Arg a, Arg b) { return put(get<u64>(a) & ~get<u64>(b)); }
inline V128 vor(Arg a, Arg b) { return put(get<u64>(a) | get<u64>(b)); }
inline V128 vxor(Arg a, Arg b) { return put(get<u64>(a) ^ get<u64>(b)); }
inline V128 vnor(Arg a, Arg b) { return put(~(get<u64>(a) | get<u64>(b))); }
// Bits of b where c has a one.
inline V128 vsel(Arg a, Arg b, Arg c) {
  const auto mask = get<u64>(c);
  return put((get<u64>(a) & ~mask) | (get<u64>(b) & mask));
}

}  // namespace quince::ppc::vec
