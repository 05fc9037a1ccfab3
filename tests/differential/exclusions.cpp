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

u32 fraction_rounded(const Step& s) { return is_arithmetic(s.op) ? s.after.fpscr & fp::fr : 0; }

u32 denormal_single(const Step& s) {
  if (!is_arithmetic(s.op) || !is_single_operation(s)) return 0;
  const u32 result_class = s.after.fpscr & fp::fprf;
  return result_class == (fp::c | fp::fg) || result_class == (fp::c | fp::fl) ? fp::c : 0;
}

u32 summary_again(const Step& s) {
  if (!(ppc::info(s.op).writes & ppc::role::FPSCR) || (s.before.fpscr & fp::fx) || (s.after.fpscr & fp::fx))
    return 0;
  if (!is_arithmetic(s.op) && s.op != Op::fcmpo && s.op != Op::fcmpu && s.op != Op::mtfsb1) return 0;
  if (!(s.before.fpscr & fp::exceptions)) return 0;
  const u32 raised = s.fpscr_after(s.stepper, s, s.before.fpscr & ~(fp::exceptions | fp::vx));
  return raised & fp::exceptions ? fp::fx : 0;
}

u32 compare_or_convert_class(const Step& s) {
  if (s.op == Op::fcmpo && (is_nan(fra(s)) || is_nan(frb(s)))) return fp::c;
  if (!converts(s.op)) return 0;
  const u32 raised = s.fpscr_after(s.stepper, s, s.before.fpscr & ~(fp::exceptions | fp::vx));
  return raised & fp::vxcvi ? fp::c : 0;
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
  return !is_nan(frb(s)) && !is_infinite(frb(s));
}

bool vector_estimate(const Step& s) {
  return s.op == Op::vrsqrtefp || s.op == Op::vlogefp || s.op == Op::vexptefp;
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

bool convert_high_word(const Step& s) { return converts(s.op); }
bool fpscr_high_word(const Step& s) { return s.op == Op::mffs; }

constexpr Exclusion rows[] = {
    {"enabled floating-point exception",
     "user-mode QEMU runs with MSR[FE0,FE1] = 1,1 and ends the program with SIGFPE", enabled_exception,
     nullptr, nullptr},
    {"trap taken", "ends the program with SIGTRAP", trap_taken, nullptr, nullptr},
    {"FPSCR[FR]", "QEMU never sets it", nullptr, fraction_rounded, nullptr},
    {"class of a denormal single", "QEMU classifies the result as the normal double that the register holds",
     nullptr, denormal_single, nullptr},
    {"FPSCR[FX] set again",
     "QEMU sets it whenever an exception occurs; the PEM (2.1.4) where an exception bit changes from 0 to 1",
     nullptr, summary_again, nullptr},
    {"FPSCR[C] after invalid compares and conversions",
     "QEMU sets it; by the PEM (8.2) fcmpo sets FPCC only, and an invalid fctiw leaves FPRF undefined",
     nullptr, compare_or_convert_class, nullptr},
    {"0 times infinity plus a signalling NaN",
     "QEMU sets VXIMZ only; the PEM (3.3.6.1.1) has several causes of one instruction set all their bits",
     zero_times_infinity_and_signalling, nullptr, nullptr},
    {"fnmadd and fnmsub, directed rounding", "QEMU negates before it rounds, the PEM (8.2) afterwards",
     negated_before_rounding, nullptr, nullptr},
    {"fres and frsqrte", "estimates: hardware looks them up in a table, QEMU divides", estimate, nullptr,
     nullptr},
    {"vrsqrtefp, vlogefp and vexptefp",
     "estimates: QEMU's are its own (tests/vector compares them within limits)", vector_estimate, nullptr,
     nullptr},
    {"single multiplies with a frC that is no single",
     "the 750 family rounds frC to 25 bits first; QEMU does not", wide_multiplier, nullptr, nullptr},
    {"FPSCR[NI]", "QEMU ignores it; the 750 and the 7400 flush denormal results", flushed, nullptr, nullptr},
    {"undefined quotients", "x / 0 and 0x80000000 / -1 have no result in the PEM (8.2)", undefined_quotient,
     nullptr, nullptr},
    {"stwcx. to another address", "QEMU fails it; the 750 and the 7400 ask only if there is a reservation",
     other_address, nullptr, nullptr},
    {"stwcx. after a store to the reserved word",
     "QEMU compares the word with what lwarx read; on hardware a processor's own stores leave its "
     "reservation alone",
     value_changed, nullptr, nullptr},
    {"reserved bits of XER", "QEMU keeps them; hardware reads them as 0", reserved_bits_of_xer, nullptr,
     nullptr},
    {"high word of fctiw and fctiwz", "undefined in the PEM (8.2)", nullptr, nullptr, convert_high_word},
    {"high word of mffs", "undefined in the PEM (8.2)", nullptr, nullptr, fpscr_high_word},
};

// The FPSCR bits that an instruction gives a value that does not depend on the one before.
u32 overwritten(const Step& s) {
  const Insn i(s.word);
  const auto field = [](unsigned n) { return 0xf000'0000u >> (4 * n); };
  // FX is the same in both machines once an exception bit has changed from 0 to 1.
  const u32 set_anew = ~s.before.fpscr & s.after.fpscr & fp::fx;
  if (converts(s.op)) return fp::fr | set_anew;
  if (is_arithmetic(s.op)) return fp::fr | fp::fprf | set_anew;
  switch (s.op) {
    case Op::mtfsf: {
      u32 mask = 0;
      for (unsigned n = 0; n < 8; ++n) mask |= i.fm() & (0x80u >> n) ? field(n) : 0;
      return mask;
    }
    case Op::mtfsfi: return field(i.crfd());
    case Op::mtfsb0:
    case Op::mtfsb1: return ppc::bit32(i.crbd()) | set_anew;
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
