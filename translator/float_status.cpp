#include "translator/float_status.h"

#include "guest-ppc/fpu/fpu.h"

namespace quince::translator {

namespace {

namespace fpu = ppc::fpu;
namespace fpscr = ppc::fpu::fpscr;

struct StickyFlag {
  u32 host, guest;
};
constexpr StickyFlag sticky[] = {{0x04, fpscr::zx}, {0x08, fpscr::ox}, {0x10, fpscr::ux}, {0x20, fpscr::xx}};
constexpr u32 host_flags = 0x3c;

u32 raised(u32 mxcsr) {
  u32 bits = 0;
  for (const StickyFlag& flag : sticky) bits |= mxcsr & flag.host ? flag.guest : 0;
  return bits;
}

u32 with_bits_of(u32 word, u32 mask, u32 source) { return (word & ~mask) | (source & mask); }

u32 status_of_arith(const FloatStatus& last, u32 rounding, fpu::Quirks quirks) {
  const u64* x = last.operand;
  if (last.arith == round_to_single) return fpu::round_to_single(x[0], rounding, quirks).fpscr;
  const auto op = static_cast<fpu::ArithOp>(last.arith & 7);
  const auto precision = static_cast<fpu::Precision>(last.arith >> 4 & 1);
  return fpu::arith(op, precision, x[0], x[1], x[2], rounding, quirks).fpscr;
}

u32 fpcc_of_compare(u8 relation) {
  switch (relation) {
    case 0xff: return fpscr::fl;
    case 1: return fpscr::fg;
    case 0: return fpscr::fe;
    default: return fpscr::fu;
  }
}

}  // namespace

void settle_float_status(ppc::Cpu& cpu) {
  FloatStatus& status = area_of(cpu).float_status;
  u32& word = cpu.state.fpscr;
  const u32 rounding = word & fpscr::rn;  // whoever changes it settles first
  if (status.arith != FloatStatus::no_arith) {
    word = with_bits_of(word, fpscr::fprf | fpscr::fr | fpscr::fi,
                        status_of_arith(status, rounding, cpu.model.fpu));
  }
  if (status.convert != FloatStatus::no_convert) {
    const u32 converted = fpu::to_int32(status.converted, status.convert == 2, rounding).fpscr;
    word = with_bits_of(word, fpscr::fr | fpscr::fi, converted);
  }
  if (status.compare != FloatStatus::no_compare) {
    word = with_bits_of(word, fpscr::fpcc, fpcc_of_compare(status.compare));
  }
  if (status.mxcsr & host_flags) word = fpu::with_exceptions(word, raised(status.mxcsr));
  drop_float_status(cpu);
}

void drop_float_status(ppc::Cpu& cpu) {
  // MXCSR[RC] has 0 to 3 for nearest, down, up, zero; FPSCR[RN] for nearest, zero, up, down.
  static constexpr u32 host_rounding[] = {0, 3, 2, 1};
  FloatStatus& status = area_of(cpu).float_status;
  status.mxcsr = FloatStatus::clean_mxcsr | host_rounding[cpu.state.fpscr & fpscr::rn] << 13;
  status.arith = FloatStatus::no_arith;
  status.convert = FloatStatus::no_convert;
  status.compare = FloatStatus::no_compare;
}

void recall(const FloatRecord& record, ppc::Cpu& cpu) {
  FloatStatus& status = area_of(cpu).float_status;
  status.arith = record.arith;
  for (unsigned i = 0; i < 3; ++i) {
    if (!(record.saved >> i & 1)) status.operand[i] = cpu.state.fpr[record.fpr[i]];
  }
  if (!record.converted) status.convert = FloatStatus::no_convert;
  if (!record.compared) status.compare = FloatStatus::no_compare;
}

}  // namespace quince::translator
