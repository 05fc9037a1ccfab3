// The integer shorthand of the project's PowerPC code.
#pragma once

#include <cstdint>

namespace quince::ppc {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

// The manuals number bits from the most significant, bit 0; for a 32-bit register that is this mask.
constexpr u32 bit32(unsigned big_endian_bit) { return 0x8000'0000u >> big_endian_bit; }

}  // namespace quince::ppc
