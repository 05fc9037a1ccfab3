// One floating-point instruction with its operands, as the generators, the model and the checks hand it on.
#pragma once

#include <cstdint>

namespace quince::test {

enum class FpOp : std::uint8_t {
  add,
  sub,
  mul,
  div,
  madd,
  msub,
  nmadd,
  nmsub,
  round_to_single,
  to_int,
  to_int_toward_zero
};

struct FpCase {
  FpOp op;
  bool single;      // the single-precision form
  bool narrow_frc;  // single-precision multiplies read frC with 25 bits
  std::uint64_t a, c, b;
  std::uint32_t fpscr;  // before; NI must be 0
};

}  // namespace quince::test
