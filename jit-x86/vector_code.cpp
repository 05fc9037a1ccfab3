#include "jit-x86/vector_code.h"

#include "translator/runtime.h"

namespace quince::jit {

using Id = x86::Inst::Id;
using vec::Op;

#define QUINCE_K(member) static_cast<u32>(offsetof(VectorConstants, member))

// One row for each instruction that has host code.
VectorCode::Row VectorCode::row_of(Op op) {
  using C = VectorCode;
  switch (op) {
    case Op::vaddubm: return {&C::commuting, Id::kIdVpaddb};
    case Op::vadduhm: return {&C::commuting, Id::kIdVpaddw};
    case Op::vadduwm: return {&C::commuting, Id::kIdVpaddd};
    case Op::vsububm: return {&C::direct, Id::kIdVpsubb};
    case Op::vsubuhm: return {&C::direct, Id::kIdVpsubw};
    case Op::vsubuwm: return {&C::direct, Id::kIdVpsubd};
    case Op::vaddubs: return {&C::saturate, Id::kIdVpaddusb, Id::kIdVpaddb};
    case Op::vadduhs: return {&C::saturate, Id::kIdVpaddusw, Id::kIdVpaddw};
    case Op::vaddsbs: return {&C::saturate, Id::kIdVpaddsb, Id::kIdVpaddb};
    case Op::vaddshs: return {&C::saturate, Id::kIdVpaddsw, Id::kIdVpaddw};
    case Op::vsububs: return {&C::saturate, Id::kIdVpsubusb, Id::kIdVpsubb};
    case Op::vsubuhs: return {&C::saturate, Id::kIdVpsubusw, Id::kIdVpsubw};
    case Op::vsubsbs: return {&C::saturate, Id::kIdVpsubsb, Id::kIdVpsubb};
    case Op::vsubshs: return {&C::saturate, Id::kIdVpsubsw, Id::kIdVpsubw};
    case Op::vadduws: return {&C::add_unsigned_words};
    case Op::vsubuws: return {&C::subtract_unsigned_words};
    case Op::vaddsws: return {&C::add_signed_words};
    case Op::vsubsws: return {&C::subtract_signed_words};
    case Op::vaddcuw: return {&C::carry};
    case Op::vsubcuw: return {&C::no_borrow};

    case Op::vmuloub: return {&C::multiply_odd_bytes};
    case Op::vmulosb: return {&C::multiply_odd_signed_bytes};
    case Op::vmuleub: return {&C::multiply_even_bytes, Id::kIdVpsrlw};
    case Op::vmulesb: return {&C::multiply_even_bytes, Id::kIdVpsraw};
    case Op::vmulosh: return {&C::multiply_signed_halves, 0, 0, QUINCE_K(words_low_half)};
    case Op::vmulesh: return {&C::multiply_signed_halves, 0, 0, QUINCE_K(words_high_half)};
    case Op::vmulouh: return {&C::multiply_odd_halves};
    case Op::vmuleuh: return {&C::multiply_even_halves};
    case Op::vmladduhm: return {&C::multiply_add_low};
    case Op::vmhaddshs: return {&C::multiply_add_high};
    case Op::vmhraddshs: return {&C::multiply_add_rounded};
    case Op::vmsumubm: return {&C::multiply_sum_bytes};
    case Op::vmsummbm: return {&C::multiply_sum_mixed};
    case Op::vmsumshm: return {&C::multiply_sum_halves};
    case Op::vmsumuhm: return {&C::multiply_sum_unsigned_halves};
    case Op::vmsumuhs: return {&C::multiply_sum_unsigned_saturate};
    case Op::vmsumshs: return {&C::multiply_sum_signed_saturate};
    case Op::vsum4ubs: return {&C::sum_unsigned_bytes};
    case Op::vsum4sbs: return {&C::sum_signed_bytes};
    case Op::vsum4shs: return {&C::sum_halves};
    case Op::vsum2sws: return {&C::sum_pairs};
    case Op::vsumsws: return {&C::sum_all};

    case Op::vavgub: return {&C::commuting, Id::kIdVpavgb};
    case Op::vavguh: return {&C::commuting, Id::kIdVpavgw};
    case Op::vavguw: return {&C::average, Id::kIdVpsrld, Id::kIdVpsubd};
    case Op::vavgsb: return {&C::average_signed_bytes};
    case Op::vavgsh: return {&C::average, Id::kIdVpsraw, Id::kIdVpsubw};
    case Op::vavgsw: return {&C::average, Id::kIdVpsrad, Id::kIdVpsubd};
    case Op::vmaxub: return {&C::commuting, Id::kIdVpmaxub};
    case Op::vmaxuh: return {&C::commuting, Id::kIdVpmaxuw};
    case Op::vmaxuw: return {&C::commuting, Id::kIdVpmaxud};
    case Op::vmaxsb: return {&C::commuting, Id::kIdVpmaxsb};
    case Op::vmaxsh: return {&C::commuting, Id::kIdVpmaxsw};
    case Op::vmaxsw: return {&C::commuting, Id::kIdVpmaxsd};
    case Op::vminub: return {&C::commuting, Id::kIdVpminub};
    case Op::vminuh: return {&C::commuting, Id::kIdVpminuw};
    case Op::vminuw: return {&C::commuting, Id::kIdVpminud};
    case Op::vminsb: return {&C::commuting, Id::kIdVpminsb};
    case Op::vminsh: return {&C::commuting, Id::kIdVpminsw};
    case Op::vminsw: return {&C::commuting, Id::kIdVpminsd};

    case Op::vcmpequb: return {&C::commuting, Id::kIdVpcmpeqb};
    case Op::vcmpequh: return {&C::commuting, Id::kIdVpcmpeqw};
    case Op::vcmpequw: return {&C::commuting, Id::kIdVpcmpeqd};
    case Op::vcmpgtsb: return {&C::direct, Id::kIdVpcmpgtb};
    case Op::vcmpgtsh: return {&C::direct, Id::kIdVpcmpgtw};
    case Op::vcmpgtsw: return {&C::direct, Id::kIdVpcmpgtd};
    case Op::vcmpgtub: return {&C::compare_unsigned, Id::kIdVpcmpgtb, 0, QUINCE_K(bytes_80)};
    case Op::vcmpgtuh: return {&C::compare_unsigned, Id::kIdVpcmpgtw, 0, QUINCE_K(halves_8000)};
    case Op::vcmpgtuw: return {&C::compare_unsigned, Id::kIdVpcmpgtd, 0, QUINCE_K(words_sign)};

    case Op::vand: return {&C::commuting, Id::kIdVpand};
    case Op::vandc: return {&C::swapped, Id::kIdVpandn};
    case Op::vor: return {&C::commuting, Id::kIdVpor};
    case Op::vxor: return {&C::commuting, Id::kIdVpxor};
    case Op::vnor: return {&C::nor};
    case Op::vsel: return {&C::select};

    case Op::vrlb: return {&C::rotate_bytes};
    case Op::vrlh: return {&C::rotate_halves};
    case Op::vrlw: return {&C::rotate_words};
    case Op::vslb: return {&C::shift_bytes_left};
    case Op::vslh: return {&C::shift_halves_left};
    case Op::vslw: return {&C::shift_words, Id::kIdVpsllvd};
    case Op::vsrb: return {&C::shift_bytes_right, Id::kIdVpsrlw};
    case Op::vsrh: return {&C::shift_halves_right};
    case Op::vsrw: return {&C::shift_words, Id::kIdVpsrlvd};
    case Op::vsrab: return {&C::shift_bytes_right, Id::kIdVpsraw};
    case Op::vsrah: return {&C::shift_halves_right_signed};
    case Op::vsraw: return {&C::shift_words, Id::kIdVpsravd};
    case Op::vsl: return {&C::shift_bits, Id::kIdVpsllq, Id::kIdVpsrlq};
    case Op::vsr: return {&C::shift_bits, Id::kIdVpsrlq, Id::kIdVpsllq};
    case Op::vslo: return {&C::shift_octets, Id::kIdVpsubb};
    case Op::vsro: return {&C::shift_octets, Id::kIdVpaddb};
    case Op::vsldoi: return {&C::shift_double};

    case Op::vperm: return {&C::permute};
    case Op::vmrghb: return {&C::swapped, Id::kIdVpunpckhbw};
    case Op::vmrghh: return {&C::swapped, Id::kIdVpunpckhwd};
    case Op::vmrghw: return {&C::swapped, Id::kIdVpunpckhdq};
    case Op::vmrglb: return {&C::swapped, Id::kIdVpunpcklbw};
    case Op::vmrglh: return {&C::swapped, Id::kIdVpunpcklwd};
    case Op::vmrglw: return {&C::swapped, Id::kIdVpunpckldq};
    case Op::vspltb: return {&C::splat_element, Id::kIdVpbroadcastb, 0, 1};
    case Op::vsplth: return {&C::splat_element, Id::kIdVpbroadcastw, 0, 2};
    case Op::vspltw: return {&C::splat_word};
    case Op::vspltisb: return {&C::splat_immediate, Id::kIdVpbroadcastb, 0, 1};
    case Op::vspltish: return {&C::splat_immediate, Id::kIdVpbroadcastw, 0, 2};
    case Op::vspltisw: return {&C::splat_immediate, Id::kIdVpbroadcastd, 0, 4};
    case Op::vpkuhum: return {&C::pack_modulo, Id::kIdVpackuswb, 0, QUINCE_K(halves_00ff)};
    case Op::vpkuwum: return {&C::pack_modulo, Id::kIdVpackusdw, 0, QUINCE_K(words_low_half)};
    case Op::vpkpx: return {&C::pack_pixels};
    case Op::vpkuhus:
      return {&C::pack_unsigned, Id::kIdVpackuswb, Id::kIdVpminuw, QUINCE_K(halves_00ff),
              QUINCE_K(halves_ff00)};
    case Op::vpkuwus:
      return {&C::pack_unsigned, Id::kIdVpackusdw, Id::kIdVpminud, QUINCE_K(words_low_half),
              QUINCE_K(words_high_half)};
    case Op::vpkshus: return {&C::pack_signed_to_unsigned, Id::kIdVpackuswb, 0, 0, QUINCE_K(halves_ff00)};
    case Op::vpkswus: return {&C::pack_signed_to_unsigned, Id::kIdVpackusdw, 0, 0, QUINCE_K(words_high_half)};
    case Op::vpkshss:
      return {&C::pack_signed, Id::kIdVpacksswb, Id::kIdVpaddw, QUINCE_K(halves_0080), QUINCE_K(halves_ff00)};
    case Op::vpkswss:
      return {&C::pack_signed, Id::kIdVpackssdw, Id::kIdVpaddd, QUINCE_K(words_8000),
              QUINCE_K(words_high_half)};
    case Op::vupkhsb: return {&C::unpack_high, Id::kIdVpunpckhbw, Id::kIdVpsraw, 8};
    case Op::vupkhsh: return {&C::unpack_high, Id::kIdVpunpckhwd, Id::kIdVpsrad, 16};
    case Op::vupklsb: return {&C::unpack_low, Id::kIdVpmovsxbw};
    case Op::vupklsh: return {&C::unpack_low, Id::kIdVpmovsxwd};
    case Op::vupkhpx: return {&C::unpack_pixels_high};
    case Op::vupklpx: return {&C::unpack_pixels_low};

    case Op::vaddfp: return {&C::add_floats, Id::kIdVaddps};
    case Op::vsubfp: return {&C::add_floats, Id::kIdVsubps};
    case Op::vmaddfp: return {&C::multiply_add_floats};
    case Op::vnmsubfp: return {&C::negative_multiply_subtract};
    case Op::vmaxfp: return {&C::limit_floats, Id::kIdVmaxps, Id::kIdVandps};
    case Op::vminfp: return {&C::limit_floats, Id::kIdVminps, Id::kIdVorps};
    case Op::vrfin: return {&C::round_floats, 0, 0, 0};
    case Op::vrfim: return {&C::round_floats, 0, 0, 1};
    case Op::vrfip: return {&C::round_floats, 0, 0, 2};
    case Op::vrfiz: return {&C::round_floats, 0, 0, 3};
    case Op::vrefp: return {&C::reciprocal};
    case Op::vrsqrtefp: return {&C::reciprocal_root};
    case Op::vcfux: return {&C::from_unsigned};
    case Op::vcfsx: return {&C::from_signed};
    case Op::vctuxs: return {&C::to_unsigned};
    case Op::vctsxs: return {&C::to_signed};
    case Op::vcmpeqfp: return {&C::compare_floats, 0, 0, 0x00};  // ordered, quiet
    case Op::vcmpgefp: return {&C::compare_floats, 0, 0, 0x1d};
    case Op::vcmpgtfp: return {&C::compare_floats, 0, 0, 0x1e};
    case Op::vcmpbfp: return {&C::compare_bounds};
    case Op::vexptefp:
    case Op::vlogefp: break;
  }
  return {};
}

#undef QUINCE_K

bool VectorCode::has(Op op) { return row_of(op).code != nullptr; }

void VectorCode::emit(const Insn& insn) {
  insn_ = insn;
  exact = {};
  const Row row = row_of(insn.op);
  (this->*row.code)(row);
}

x86::Mem VectorCode::constant(std::size_t member, u32 bytes) {
  return x86::Mem(x86::rbp, in_area(offsetof(translator::Area, backend_vectors) + member), bytes);
}

// --- Building blocks ---

void VectorCode::put(asmjit::InstId id, x86::Xmm to, x86::Xmm x, const asmjit::Operand& y) {
  a.emit(id, to, x, y);
}

void VectorCode::put(asmjit::InstId id, x86::Xmm to, x86::Xmm x, const asmjit::Operand& y, u32 imm) {
  a.emit(id, to, x, y, asmjit::imm(imm));
}

void VectorCode::move(x86::Xmm to, const asmjit::Operand& from) {
  if (from.isReg() && from.id() == to.id()) return;
  a.emit(Id::kIdVmovdqa, to, from);
}

x86::Xmm VectorCode::in_register(const asmjit::Operand& operand, x86::Xmm scratch) {
  if (operand.isReg()) return operand.as<x86::Xmm>();
  move(scratch, operand);
  return scratch;
}

void VectorCode::shift(asmjit::InstId id, x86::Xmm to, const asmjit::Operand& from, u32 bits) {
  a.emit(id, to, in_register(from, to), asmjit::imm(bits));
}

void VectorCode::ones(x86::Xmm to) { a.vpcmpeqd(to, to, to); }
void VectorCode::zero(x86::Xmm to) { a.vpxor(to, to, to); }

void VectorCode::mask(x86::Xmm to, u32 constant_offset, const asmjit::Operand& with) {
  if (with.isReg()) {
    a.vpand(to, with.as<x86::Xmm>(), constant(constant_offset));
  } else {
    a.vmovdqa(to, with.as<x86::Mem>());
    a.vpand(to, to, constant(constant_offset));
  }
}

void VectorCode::note_saturation(x86::Xmm bits) { a.vpor(saturated, saturated, bits); }

void VectorCode::exact_if(x86::Xmm bits) {
  a.vptest(bits, bits);
  constexpr u8 jump_if_not_zero[6] = {0x0f, 0x85};
  a.embed(jump_if_not_zero, sizeof jump_if_not_zero);
  exact.push_back(static_cast<u32>(a.offset() - 4));
}

void VectorCode::exact_if_any_sign(x86::Xmm words) {
  a.vtestps(words, words);
  constexpr u8 jump_if_not_zero[6] = {0x0f, 0x85};
  a.embed(jump_if_not_zero, sizeof jump_if_not_zero);
  exact.push_back(static_cast<u32>(a.offset() - 4));
}

bool VectorCode::is_operand(x86::Xmm r) const {
  for (const asmjit::Operand* operand : {&insn_.a, &insn_.b, &insn_.c}) {
    if (operand->isReg() && operand->id() == r.id()) return true;
  }
  return false;
}

x86::Xmm VectorCode::early_target(x86::Xmm otherwise) const {
  return is_operand(insn_.to) ? otherwise : insn_.to;
}

}  // namespace quince::jit
