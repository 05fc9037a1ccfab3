// The estimate instructions, computed in doubles by basic operations only, so that every host gives the same
// bits.
#include <array>
#include <cmath>

#include "guest-ppc/vector/float.h"

namespace quince::ppc::vec {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// f maps a float to the nearly exact double result; any NaN it gives for a number becomes the default NaN.
template <class F>
V128 estimate(Arg b, Vscr vscr, F f) {
  const auto x = detail::flush_if(get<float>(b), vscr);
  const V128 result = generate<float>([&](unsigned i) {
    const double y = f(x[i]);
    const bool tiny = std::fabs(y) < 0x1p-126;
    return static_cast<float>(tiny && (vscr & vscr_nj) ? std::copysign(0.0, y) : y);
  });
  const auto r = get<float>(result);
  return any(r != r) ? detail::choose_nans(result, b, b) : result;
}

double reciprocal(float x) { return 1.0 / x; }

double reciprocal_root(float x) {
  if (x == 0) return std::copysign(infinity, static_cast<double>(x));
  return x < 0 || std::isnan(x) ? not_a_number : 1.0 / std::sqrt(static_cast<double>(x));
}

double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<u64>(exponent + 1023) << 52); }

constexpr double ln2 = 0x1.62e42fefa39efp-1, two_over_ln2 = 0x1.71547652b82fep+1;

// 1/k! for k = 0..15: at |x| <= ln2 / 2 the rest of the series is below 2^-68.
constexpr auto inverse_factorials = [] {
  std::array<double, 16> table{1.0};
  double factorial = 1;
  for (unsigned k = 1; k < table.size(); ++k) table[k] = 1 / (factorial *= k);
  return table;
}();

double exp2_of(float x) {
  if (std::isnan(x)) return not_a_number;
  if (x >= 128) return infinity;
  if (x < -151) return 0;  // half of the least denormal and below
  const int whole = static_cast<int>(x + (x < 0 ? -0.5f : 0.5f));
  const double y = (double{x} - whole) * ln2;
  double sum = 0;
  for (unsigned k = inverse_factorials.size(); k-- > 0;) sum = sum * y + inverse_factorials[k];
  return sum * power_of_two(whole);
}

// x = m * 2^e with m in [1/sqrt(2), sqrt(2)]; log2(m) = 2/ln2 * (z + z^3/3 + z^5/5 + ...), z = (m-1) / (m+1),
// whose relative error does not grow as m nears 1. |z| < 0.172: the series' rest is below 2^-64.
double log2_of(float x) {
  if (x == 0) return -infinity;
  if (!(x > 0)) return not_a_number;
  if (x == std::numeric_limits<float>::infinity()) return infinity;
  const u64 bits = std::bit_cast<u64>(double{x});
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffff) | u64{1023} << 52);
  if (m > 0x1.6a09e667f3bcdp+0) {
    m /= 2;
    ++exponent;
  }
  const double z = (m - 1) / (m + 1);
  double sum = 0;
  for (int k = 23; k > 0; k -= 2) sum = sum * (z * z) + 1.0 / k;
  return exponent + two_over_ln2 * (z * sum);
}

}  // namespace

V128 vrefp(Arg b, Vscr vscr) { return estimate(b, vscr, reciprocal); }
V128 vrsqrtefp(Arg b, Vscr vscr) { return estimate(b, vscr, reciprocal_root); }
V128 vexptefp(Arg b, Vscr vscr) { return estimate(b, vscr, exp2_of); }
V128 vlogefp(Arg b, Vscr vscr) { return estimate(b, vscr, log2_of); }

}  // namespace quince::ppc::vec
