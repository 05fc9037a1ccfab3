// What the tests need to know of instruction words: ranges of immediates, and CR6 of the record forms.
#pragma once

#include "guest-ppc/vector/op.h"
#include "guest-ppc/vector_value.h"

namespace quince::test {

// How many values the immediate field has; 1 if there is none.
constexpr ppc::u32 immediate_count(ppc::vec::Op op) {
  switch (ppc::vec::info(op).shape) {
    case ppc::vec::Shape::VB_UIMM:
    case ppc::vec::Shape::SIMM: return 32;
    case ppc::vec::Shape::VA_VB_SH: return 16;
    default: return 1;
  }
}

// The field's bits as the instruction takes them.
constexpr ppc::u32 immediate_value(ppc::vec::Op op, ppc::u32 field) {
  const bool negative = ppc::vec::info(op).shape == ppc::vec::Shape::SIMM && field >= 16;
  return negative ? field - 32 : field;
}

// CR6 after the record form that gave result: 8 all true, 2 none true; of vcmpbfp
// 2 if all are in bounds.
inline ppc::u32 record_field(ppc::vec::Op op, const ppc::V128& result) {
  bool all = true, none = true;
  for (const ppc::u8 byte : result.bytes) {
    all = all && byte == 0xff;
    none = none && byte == 0;
  }
  return ppc::vec::info(op).is_bounds() ? none * 2u : all * 8u + none * 2u;
}

}  // namespace quince::test
