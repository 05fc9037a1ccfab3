// A case of the checks as a call of guest-ppc/fpu.
#pragma once

#include "guest-ppc/fpu/fpu.h"
#include "tests/fpu/fp_case.h"

namespace quince::test {

using Arith = ppc::fpu::Result(ppc::fpu::ArithOp, ppc::fpu::Precision, std::uint64_t, std::uint64_t,
                               std::uint64_t, std::uint32_t, ppc::fpu::Quirks);

// arith: with its short cuts for common operands, or without.
inline ppc::fpu::Result run_ours(const FpCase& c, Arith* arith) {
  const ppc::fpu::Quirks quirks{.round_frc_to_25_bits = c.narrow_frc, .ni_flushes_denormals = true};
  switch (c.op) {
    case FpOp::round_to_single: return ppc::fpu::round_to_single(c.b, c.fpscr, quirks);
    case FpOp::to_int: return ppc::fpu::to_int32(c.b, false, c.fpscr);
    case FpOp::to_int_toward_zero: return ppc::fpu::to_int32(c.b, true, c.fpscr);
    default: {
      const auto precision = c.single ? ppc::fpu::Precision::single : ppc::fpu::Precision::double_;
      return arith(static_cast<ppc::fpu::ArithOp>(c.op), precision, c.a, c.c, c.b, c.fpscr, quirks);
    }
  }
}

}  // namespace quince::test
