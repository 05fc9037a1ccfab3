#include "guest-ppc/fpu/number.h"

namespace quince::ppc::fpu {

Result nan_result(u64 first, u64 second, u64 third, Precision precision, u32 causes, u32 fpscr) {
  const u64 chosen = is_nan(first) ? first : is_nan(second) ? second : third;
  const u64 result = quieted(chosen, precision);
  if (is_signalling(first) || is_signalling(second) || is_signalling(third)) causes |= fpscr::vxsnan;
  if (causes) return invalid(causes, result, fpscr);
  return written(result, result_class::quiet_nan, 0, fpscr);
}

}  // namespace quince::ppc::fpu
