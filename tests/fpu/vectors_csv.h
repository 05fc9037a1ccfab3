// The project's own floating-point vectors, tests/fpu/data/vectors.csv, one instruction a line:
//   MNEMONIC,NARROW,FPSCR,A,C,B,RESULT,FPSCR-AFTER
// all numbers hexadecimal; NARROW is 1 for a CPU that reads frC of single multiplies with 25 bits; operands
// that the instruction has not are 0; RESULT is "-" where the target register keeps its value.
#pragma once

#include <cstdint>

#include "tests/fpu/fp_case.h"

namespace quince::test {

struct FpMnemonic {
  const char* name;
  FpOp op;
  bool single;
};
inline constexpr FpMnemonic fp_mnemonics[] = {
    {"fadd", FpOp::add, false},
    {"fadds", FpOp::add, true},
    {"fsub", FpOp::sub, false},
    {"fsubs", FpOp::sub, true},
    {"fmul", FpOp::mul, false},
    {"fmuls", FpOp::mul, true},
    {"fdiv", FpOp::div, false},
    {"fdivs", FpOp::div, true},
    {"fmadd", FpOp::madd, false},
    {"fmadds", FpOp::madd, true},
    {"fmsub", FpOp::msub, false},
    {"fmsubs", FpOp::msub, true},
    {"fnmadd", FpOp::nmadd, false},
    {"fnmadds", FpOp::nmadd, true},
    {"fnmsub", FpOp::nmsub, false},
    {"fnmsubs", FpOp::nmsub, true},
    {"frsp", FpOp::round_to_single, true},
    {"fctiw", FpOp::to_int, false},
    {"fctiwz", FpOp::to_int_toward_zero, false},
};

}  // namespace quince::test
