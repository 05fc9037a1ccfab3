// The floating-point arithmetic of the PowerPC 750 and 7400, exact in every bit of the result and of the
// FPSCR (PEM chapter 3 and 8.2, MPC750UM 2.2 and 2.3.4.2). Pure functions on bit patterns: a register is the
// u64 that an FPR holds, the FPSCR is a u32 that goes in and comes out with FEX and VX up to date.
#pragma once

#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/types.h"

namespace quince::ppc::fpu {

enum class ArithOp : u8 { add, sub, mul, div, madd, msub, nmadd, nmsub };
enum class Precision : u8 { single, double_ };

// What the architecture leaves to the CPU, as properties of a CPU model.
struct Quirks {
  // The multiplier of single-precision multiplies and multiply-adds reads frC with 25 significant bits (half
  // rounded away from zero); only seen where frC holds more than a single. Recorded on the 750 family.
  bool round_frc_to_25_bits = false;
  // FPSCR[NI] = 1 (non-IEEE mode) replaces a result that would be denormal, before rounding, by a zero of the
  // same sign, and reports an inexact underflow: UX, XX, FI. UE = 1 comes first. The 750's manual promises
  // the zero and speaks of denormal operands taken as zero too; chips of the family (750CL, 604) use those as
  // they are.
  bool ni_flushes_denormals = false;
};

inline constexpr Quirks quirks_750{.round_frc_to_25_bits = true, .ni_flushes_denormals = true};
inline constexpr Quirks quirks_7400{.round_frc_to_25_bits = false, .ni_flushes_denormals = true};

struct Result {
  u64 bits;                // for frD, if write
  u32 fpscr;               // for the FPSCR, always
  bool write;              // false: an enabled invalid operation or zero divide leaves frD unchanged
  bool enabled_exception;  // FPSCR[FEX] after the instruction; MSR[FE0,FE1] decide if a program exception
                           // follows
};

// fadd fsub fdiv: a, b. fmul: a, c. fmadd fmsub fnmadd fnmsub: a * c, then b. And their single forms, which
// take operands of any precision and round the exact result once. Operands that are not used are ignored.
Result arith(ArithOp op, Precision precision, u64 a, u64 c, u64 b, u32 fpscr, Quirks quirks);

// The same by integer arithmetic alone: arith without its short cuts, for the tests.
Result arith_exactly(ArithOp op, Precision precision, u64 a, u64 c, u64 b, u32 fpscr, Quirks quirks);

// frsp
Result round_to_single(u64 b, u32 fpscr, Quirks quirks);

// fctiw (by FPSCR[RN]) and fctiwz. The integer is in the low word; the high word, which the architecture
// leaves undefined, is 0xfff80000, or 0xfff80001 where a negative operand gives zero. FPRF stays as it was.
Result to_int32(u64 b, bool toward_zero, u32 fpscr);

// fres, frsqrte: table estimates, see estimates.cpp. fres sets FI without XX where its result is not exact to
// the table; FR, and FI of frsqrte, which the architecture leaves undefined, are cleared.
Result reciprocal_estimate(u64 b, u32 fpscr, Quirks quirks);
Result rsqrt_estimate(u64 b, u32 fpscr, Quirks quirks);

// fsel: c where a >= 0 (-0 is), b where a < 0 or a is a NaN.
u64 select(u64 a, u64 c, u64 b);

// fcmpo (ordered) and fcmpu. The nibble is for the CR field, LT GT EQ FU as 8 4 2 1. It goes into FPCC even
// if an enabled exception follows; C, FR and FI stay.
struct Compare {
  u32 nibble;
  u32 fpscr;
  bool enabled_exception;
};
Compare compare(u64 a, u64 b, bool ordered, u32 fpscr);

// lfs: the value of a single in the format of a register. Nothing is quieted, no flag is touched.
u64 load_single(u32 bits);

// stfs: the single that the PEM's bit conversion makes of a register (not rounded, denormalised where
// needed). Values too small for a single, for which the PEM promises nothing, give the same bits as values in
// range do.
u32 store_single(u64 bits);

}  // namespace quince::ppc::fpu
