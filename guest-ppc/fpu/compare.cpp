// fcmpu, fcmpo (PEM 8.2) and fsel.
#include "guest-ppc/fpu/number.h"

namespace quince::ppc::fpu {
namespace {

constexpr u32 less = 8, greater = 4, equal = 2, unordered = 1;

// Registers as integers in the order of the numbers they stand for; both zeros are 0. No NaN.
i64 ordinal(u64 bits) {
  const i64 magnitude = static_cast<i64>(bits & ~sign_bit);
  return is_negative(bits) ? -magnitude : magnitude;
}

u32 relation(u64 a, u64 b) {
  if (is_nan(a) || is_nan(b)) return unordered;
  const i64 x = ordinal(a), y = ordinal(b);
  return x < y ? less : x > y ? greater : equal;
}

// A signalling NaN is VXSNAN, and for fcmpo VXVC too unless VE stops the instruction at the first cause.
u32 invalid_causes(u64 a, u64 b, bool ordered, u32 fpscr) {
  const bool signalling = is_signalling(a) || is_signalling(b);
  if (!ordered) return signalling ? fpscr::vxsnan : 0;
  if (!signalling) return fpscr::vxvc;
  return fpscr & fpscr::ve ? fpscr::vxsnan : fpscr::vxsnan | fpscr::vxvc;
}

}  // namespace

Compare compare(u64 a, u64 b, bool ordered, u32 fpscr) {
  const u32 nibble = relation(a, b);
  const u32 causes = nibble == unordered ? invalid_causes(a, b, ordered, fpscr) : 0;
  const u32 next = with_exceptions((fpscr & ~fpscr::fpcc) | nibble << 12, causes);
  return {nibble, next, (next & fpscr::fex) != 0};
}

u64 select(u64 a, u64 c, u64 b) {
  const bool at_least_zero = !is_nan(a) && (!is_negative(a) || is_zero(a));
  return at_least_zero ? c : b;
}

}  // namespace quince::ppc::fpu
