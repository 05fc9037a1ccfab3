#include "tests/differential/exclusions.h"

#include "guest-ppc/effects.h"
#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/insn.h"

namespace quince::differential {

namespace fp = ppc::fpu::fpscr;
using ppc::Insn;
using ppc::Op;

namespace {

// --- Operands ---

constexpr u64 sign64 = u64{1} << 63, infinity64 = u64{0x7ff} << 52, quiet64 = u64{1} << 51;

bool is_nan(u64 bits) { return (bits & ~sign64) > infinity64; }
bool is_signalling(u64 bits) { return is_nan(bits) && !(bits & quiet64); }
bool is_infinite(u64 bits) { return (bits & ~sign64) == infinity64; }
bool is_zero(u64 bits) { return (bits & ~sign64) == 0; }

u64 fra(const Step& s) { return s.before.fpr[Insn(s.word).ra()]; }
u64 frb(const Step& s) { return s.before.fpr[Insn(s.word).rb()]; }
u64 frc(const Step& s) { return s.before.fpr[Insn(s.word).rc_reg()]; }

bool is_single_operation(const Step& s) { return Insn(s.word).opcd() == 59 || s.op == Op::frsp; }

bool is_arithmetic(Op op) { return ppc::info(op).has(ppc::flag::keeps_fd); }

bool is_multiply_add(Op op) {
  switch (op) {
    case Op::fmadd:
    case Op::fmsub:
    case Op::fnmadd:
    case Op::fnmsub:
    case Op::fmadds:
    case Op::fmsubs:
    case Op::fnmadds:
    case Op::fnmsubs: return true;
    default: return false;
  }
}
bool negates_result(Op op) {
  return op == Op::fnmadd || op == Op::fnmsub || op == Op::fnmadds || op == Op::fnmsubs;
}
bool converts(Op op) { return op == Op::fctiw || op == Op::fctiwz; }

// --- Rows ---

bool enabled_exception(const Step& s) { return (s.after.fpscr & fp::fex) != 0; }

bool trap_taken(const Step& s) { return s.exception && s.exception->srr1 == ppc::program_cause::trap; }

u32 fraction_rounded(const Step& s) {
  return is_arithmetic(s.op) ? (s.before.fpscr ^ s.after.fpscr) & fp::fr : 0;
}

u32 denormal_single(const Step& s) {
  if (!is_arithmetic(s.op) || !is_single_operation(s)) return 0;
  const u32 result_class = s.after.fpscr & fp::fprf;
  return result_class == (fp::c | fp::fg) || result_class == (fp::c | fp::fl) ? fp::c : 0;
}

u32 summary_again(const Step& s) {
  if (!(ppc::info(s.op).writes & ppc::role::FPSCR) || (s.before.fpscr & fp::fx) || (s.after.fpscr & fp::fx))
    return 0;
  if (!is_arithmetic(s.op) && s.op != Op::fcmpo && s.op != Op::fcmpu) return 0;
  if (!(s.before.fpscr & fp::exceptions)) return 0;
  const u32 raised = s.fpscr_after(s.stepper, s, s.before.fpscr & ~(fp::exceptions | fp::vx));
  return raised & fp::exceptions ? fp::fx : 0;
}

u32 conversion_class(const Step& s) {
  if (!converts(s.op)) return 0;
  const u32 raised = s.fpscr_after(s.stepper, s, s.before.fpscr & ~(fp::exceptions | fp::vx));
  return raised & fp::vxcvi ? fp::fprf : 0;
}
u32 compare_class(const Step& s) {
  return s.op == Op::fcmpo && (is_nan(fra(s)) || is_nan(frb(s))) ? fp::c : 0;
}
u32 compare_inexact(const Step& s) {
  return s.op == Op::fcmpo || s.op == Op::fcmpu ? s.before.fpscr & fp::fi : 0;
}

u32 bit_set(const Step& s) {
  const bool is_fx = ppc::bit32(Insn(s.word).crbd()) == fp::fx;
  return s.op == Op::mtfsb1 && !is_fx ? ~s.before.fpscr & s.after.fpscr & fp::fx : 0;
}

u32 non_ieee_bit_set(const Step& s) {
  return s.op == Op::mtfsb1 && ppc::bit32(Insn(s.word).crbd()) == fp::ni ? ~s.before.fpscr & fp::ni : 0;
}

bool zero_times_infinity_and_signalling(const Step& s) {
  if (!is_multiply_add(s.op) || !is_signalling(frb(s))) return false;
  return (is_zero(fra(s)) && is_infinite(frc(s))) || (is_infinite(fra(s)) && is_zero(frc(s)));
}

bool negated_before_rounding(const Step& s) {
  return negates_result(s.op) && (s.before.fpscr & 2) && (s.after.fpscr & fp::fi);
}

bool estimate(const Step& s) {
  if (s.op != Op::fres && s.op != Op::frsqrte) return false;
  if (is_nan(frb(s)) || is_infinite(frb(s))) return false;
  const bool has_no_root = s.op == Op::frsqrte && (is_zero(frb(s)) || (frb(s) & sign64));
  return !has_no_root;
}

// NaNs, infinities, zeros and numbers without a root or logarithm have prescribed results.
bool is_estimated(Op op, u32 operand) {
  const u32 magnitude = operand & 0x7fff'ffff;
  if (magnitude > 0x7f80'0000 || magnitude == 0) return false;
  if (op == Op::vexptefp) return operand != 0x7f80'0000;
  return !(operand >> 31) && operand != 0x7f80'0000;
}
bool vector_estimate(const Step& s) {
  if (s.op != Op::vrsqrtefp && s.op != Op::vlogefp && s.op != Op::vexptefp) return false;
  const V128& operand = s.before.vr[Insn(s.word).rb()];
  for (unsigned n = 0; n < 4; ++n) {
    if (is_estimated(s.op, operand.element<u32>(n))) return true;
  }
  return false;
}

// More than 25 significant bits (a double has 53).
bool wide_multiplier(const Step& s) {
  if (!s.model.fpu.round_frc_to_25_bits || Insn(s.word).opcd() != 59) return false;
  if (s.op != Op::fmuls && !is_multiply_add(s.op)) return false;
  return (frc(s) & 0x0fff'ffff) != 0 && !is_nan(frc(s));
}

bool flushed(const Step& s) {
  if (!(s.before.fpscr & fp::ni) || !is_arithmetic(s.op) || converts(s.op)) return false;
  const u32 without = s.before.fpscr & ~fp::ni;
  return s.fpscr_after(s.stepper, s, without) != (s.after.fpscr & ~fp::ni) ||
         s.result_after(s.stepper, s, without) != s.after.fpr[Insn(s.word).rd()];
}

// Neither 0 nor in the range of denormal singles or above.
bool too_small_for_single(const Step& s) {
  switch (s.op) {
    case Op::stfs:
    case Op::stfsu:
    case Op::stfsx:
    case Op::stfsux: break;
    default: return false;
  }
  const u64 value = s.before.fpr[Insn(s.word).rs()];
  return !is_zero(value) && (value >> 52 & 0x7ff) < 874;
}

bool undefined_quotient(const Step& s) {
  const u32 a = s.before.gpr[Insn(s.word).ra()], b = s.before.gpr[Insn(s.word).rb()];
  if (s.op == Op::divwu) return b == 0;
  return s.op == Op::divw && (b == 0 || (a == 0x8000'0000 && b == 0xffff'ffff));
}

bool other_address(const Step& s) {
  return s.op == Op::stwcx_rc && s.reservation && s.reservation->address != indexed_address(s.before, s.word);
}
bool value_changed(const Step& s) {
  return s.op == Op::stwcx_rc && s.reservation &&
         s.reservation->address == indexed_address(s.before, s.word) &&
         s.reservation->value != s.word_at_address;
}

bool reserved_bits_of_xer(const Step& s) {
  return s.op == Op::mtspr && Insn(s.word).spr() == 1 &&
         (s.before.gpr[Insn(s.word).rs()] & ~0xe000'ff7fu) != 0;
}

bool reserved_bits_of_vscr(const Step& s) {
  return s.op == Op::mtvscr && (s.before.vr[Insn(s.word).rb()].element<u32>(3) & ~0x1'0001u) != 0;
}

bool convert_high_word(const Step& s) { return converts(s.op); }
bool fpscr_high_word(const Step& s) { return s.op == Op::mffs; }

constexpr Exclusion rows[] = {
    {.name = "enabled floating-point exception",
     .reason = "user-mode QEMU runs with MSR[FE0,FE1] = 1,1 and ends the program with SIGFPE",
     .skips = enabled_exception},
    {.name = "trap taken", .reason = "ends the program with SIGTRAP", .skips = trap_taken},
    {.name = "FPSCR[FR]", .reason = "QEMU's arithmetic leaves it alone", .fpscr = fraction_rounded},
    {.name = "class of a denormal single",
     .reason = "QEMU classifies the result as the normal double that the register holds",
     .fpscr = denormal_single},
    {.name = "FPSCR[FX] set again",
     .reason = "QEMU sets it at any exception; by the PEM (2.1.4) an exception bit must change from 0 to 1",
     .fpscr = summary_again},
    {.name = "FPSCR[FX] after mtfsb1 of an exception bit",
     .reason = "QEMU does not set it; by the PEM (8.2) mtfsb1 does",
     .fpscr = bit_set},
    {.name = "mtfsb1 of FPSCR[NI]", .reason = "QEMU does not set it", .fpscr = non_ieee_bit_set},
    {.name = "FPRF after an invalid conversion",
     .reason = "undefined in the PEM (8.2); QEMU gives the class of a NaN",
     .fpscr = conversion_class},
    {.name = "FPSCR[C] after fcmpo of a NaN",
     .reason = "QEMU sets it; by the PEM (8.2) compares set FPCC only",
     .fpscr = compare_class},
    {.name = "FPSCR[FI] after compares",
     .reason = "QEMU clears it; by the PEM (8.2) compares leave it alone",
     .fpscr = compare_inexact},
    {.name = "0 times infinity plus a signalling NaN",
     .reason = "QEMU sets VXIMZ only; by the PEM (3.3.6.1.1) an instruction sets the bits of all its causes",
     .skips = zero_times_infinity_and_signalling},
    {.name = "fnmadd and fnmsub, directed rounding",
     .reason = "QEMU negates before it rounds, the PEM (8.2) afterwards",
     .skips = negated_before_rounding},
    {.name = "fres and frsqrte",
     .reason = "estimates: hardware looks them up in a table, QEMU divides",
     .skips = estimate},
    {.name = "vrsqrtefp, vlogefp and vexptefp",
     .reason = "estimates: QEMU's are its own (tests/vector compares them within limits)",
     .skips = vector_estimate},
    {.name = "single multiplies with a frC that is no single",
     .reason = "the 750 family rounds frC to 25 bits first; QEMU does not",
     .skips = wide_multiplier},
    {.name = "FPSCR[NI]",
     .reason = "QEMU ignores it; the 750 and the 7400 flush denormal results",
     .skips = flushed},
    {.name = "stfs of a number too small",
     .reason = "below the denormal singles the result is undefined in the PEM (8.2)",
     .skips = too_small_for_single},
    {.name = "undefined quotients",
     .reason = "x / 0 and 0x80000000 / -1 have no result in the PEM (8.2)",
     .skips = undefined_quotient},
    {.name = "stwcx. to another address",
     .reason = "QEMU fails it; the 750 and the 7400 ask only if there is a reservation",
     .skips = other_address},
    {.name = "stwcx. after a store to the reserved word",
     .reason =
         "QEMU compares the word with what lwarx read; a processor's own stores leave its reservation alone",
     .skips = value_changed},
    {.name = "reserved bits of XER",
     .reason = "QEMU keeps them; hardware reads them as 0",
     .skips = reserved_bits_of_xer},
    {.name = "reserved bits of VSCR",
     .reason = "QEMU keeps them; by the AltiVec PEM (2.3.2) they read as 0",
     .skips = reserved_bits_of_vscr},
    {.name = "high word of fctiw and fctiwz",
     .reason = "undefined in the PEM (8.2)",
     .fpr_high = convert_high_word},
    {.name = "high word of mffs", .reason = "undefined in the PEM (8.2)", .fpr_high = fpscr_high_word},
};

// The FPSCR bits that an instruction gives a value that does not depend on the one before.
u32 overwritten(const Step& s) {
  const Insn i(s.word);
  const auto field = [](unsigned n) { return 0xf000'0000u >> (4 * n); };
  // FX is the same in both machines once an exception bit has changed from 0 to 1.
  const u32 set_anew = ~s.before.fpscr & s.after.fpscr & fp::fx;
  if (converts(s.op)) return fp::fi | set_anew;
  if (is_arithmetic(s.op)) return fp::fi | fp::fprf | set_anew;
  switch (s.op) {
    case Op::mtfsf: {
      u32 mask = 0;
      for (unsigned n = 0; n < 8; ++n) mask |= i.fm() & (0x80u >> n) ? field(n) : 0;
      return mask;
    }
    case Op::mtfsfi: return field(i.crfd());
    case Op::mtfsb0: return ppc::bit32(i.crbd());
    case Op::mtfsb1: return (ppc::bit32(i.crbd()) & ~fp::ni) | set_anew;
    case Op::mcrfs: return field(i.crfs()) & fp::fx;
    default: return set_anew;
  }
}

}  // namespace

std::span<const Exclusion> exclusions() { return rows; }

u32 indexed_address(const ppc::CpuState& registers, u32 word) {
  const Insn i(word);
  return (i.ra() == 0 ? 0 : registers.gpr[i.ra()]) + registers.gpr[i.rb()];
}

Ignored ignored_after(const Step& step, Ignored before, Ignored fresh) {
  const u32 written = ppc::effects(step.word).writes.fpr;
  return {(before.fpscr & ~overwritten(step)) | fresh.fpscr, (before.fpr_high & ~written) | fresh.fpr_high};
}

bool reads_ignored(const Step& step, Ignored before, Ignored after) {
  const ppc::Effects effects = ppc::effects(step.word);
  const bool low_word_only = step.op == Op::stfiwx || step.op == Op::mtfsf;
  if (!low_word_only && (effects.reads.fpr & before.fpr_high)) return true;
  if (step.op == Op::mffs && before.fpscr) return true;
  if (step.op == Op::mcrfs && (before.fpscr & (0xf000'0000u >> (4 * Insn(step.word).crfs())))) return true;
  const bool copies_to_cr1 = ppc::info(step.op).writes & ppc::role::CR1_if_Rc && Insn(step.word).rc();
  return copies_to_cr1 && (after.fpscr & 0xf000'0000);
}

}  // namespace quince::differential
