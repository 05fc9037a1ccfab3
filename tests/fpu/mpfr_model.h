// What the PowerPC's floating-point instructions give, computed with MPFR: correctly rounded arithmetic with
// an unbounded exponent range, and on top of it the flag rules of PEM chapter 3, written down here once more
// and without a look at guest-ppc/fpu. Operands may be anything but NaNs.
#pragma once

#include <mpfr.h>

#include <cstdint>

#include "tests/fpu/fp_case.h"

namespace quince::test {

struct FpOutcome {
  bool defined;  // false: the architecture promises nothing
  bool write;
  std::uint64_t bits;
  std::uint32_t fpscr;
};

class MpfrModel {
 public:
  MpfrModel();
  ~MpfrModel();
  MpfrModel(const MpfrModel&) = delete;
  MpfrModel& operator=(const MpfrModel&) = delete;

  FpOutcome run(const FpCase& c);

 private:
  struct Format;
  struct Rounded;
  void load(const FpCase& c);
  int compute(mpfr_ptr result, FpOp op, mpfr_rnd_t mode);
  FpOutcome arithmetic(const FpCase& c);
  FpOutcome finite(const FpCase& c, const Format& format, long exponent);
  Rounded round(const FpCase& c, const Format& format, long exponent);
  FpOutcome to_int(const FpCase& c);

  mpfr_t a_, c_, b_;
  mpfr_t single_, double_;  // results of 24 and 53 bits
  mpfr_t work_;             // of any other precision
};

}  // namespace quince::test
