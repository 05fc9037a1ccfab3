// What vector loads and stores do with the low bits of an effective address (AltiVec PEM 4.2.2 and 3.1.6).
#pragma once

#include "guest-ppc/vector/lanes.h"

namespace quince::ppc::vec {

// The vperm control that shifts an unaligned quadword into place: bytes n, n+1, ... of 0..31 with n the low
// four bits of ea for lvsl, 16 less them for lvsr.
inline V128 lvsl(u32 ea) {
  return generate<u8>([&](unsigned i) { return (ea & 15) + (15 - i); });
}
inline V128 lvsr(u32 ea) {
  return generate<u8>([&](unsigned i) { return 16 - (ea & 15) + (15 - i); });
}

// The byte lane at which an element lies in its quadword; ea is rounded down to a multiple of the size.
template <unsigned bytes>
constexpr unsigned element_offset(u32 ea) {
  return 16 - bytes - (ea & 15 & ~(bytes - 1));
}

// lvebx, lvehx, lvewx: the element of its quadword that ea names becomes the low bits of value. The
// architecture leaves the other bytes of the register undefined; here they keep what they held.
template <unsigned bytes>
inline V128 insert_element(V128 old, u32 value, u32 ea) {
  static_assert(bytes == 1 || bytes == 2 || bytes == 4);
  std::memcpy(&old.bytes[element_offset<bytes>(ea)], &value, bytes);
  return old;
}

// stvebx, stvehx, stvewx: the element that goes to ea, zero-extended.
template <unsigned bytes>
inline u32 extract_element(Arg v, u32 ea) {
  static_assert(bytes == 1 || bytes == 2 || bytes == 4);
  u32 value = 0;
  std::memcpy(&value, &v.bytes[element_offset<bytes>(ea)], bytes);
  return value;
}

}  // namespace quince::ppc::vec
