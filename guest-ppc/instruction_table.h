// The instruction table: what each row of instructions.inc says, as data that the compiler can see.
// Encodings are those of the PEM, chapter 8 and appendix A, and of the AltiVec PEM, chapter 6 and appendix A.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <initializer_list>

#include "guest-ppc/types.h"

namespace quince::ppc {

// One value per row, in the order of instructions.inc. Names that C++ keeps for itself end in '_',
// instructions that only exist with a record bit end in "_rc".
enum class Op : u16 {
  illegal = 0,
#define INSN(id, mnemonic, mask, match, operands, part, flags, reads, writes) id,
#include "guest-ppc/instructions.inc"
#undef INSN
};

// The part of the architecture that an instruction belongs to. A processor is a set of them (see IsaSet).
enum class Part : u8 {
  none,
  uisa,
  vea,
  oea,
  fp,
  graphics,          // fres, frsqrte, fsel, stfiwx (PEM appendix A, optional)
  external_control,  // eciwx, ecowx
  altivec,
  dcba,
  optional_fsqrt,  // fsqrt, fsqrts: neither on the 750 nor on the 7400
  optional_tlbia,  // likewise
  count
};

// Operands in the order of assembly language. ra0 marks a base register where 0 means the value zero.
enum class Operands : u8 {
  none,
  rd,
  rd_ra,
  rd_ra_rb,
  rd_ra_simm,
  rd_ra0_simm,
  rd_ra0_rb,
  rd_ra_nb,
  rd_d_ra,
  rd_rb,
  rd_spr,
  rd_tbr,
  rd_sr,
  spr_rs,
  sr_rs,
  crm_rs,
  ra_rs,
  ra_rs_rb,
  ra_rs_uimm,
  ra_rs_sh,
  ra_rs_sh_mb_me,
  ra_rs_rb_mb_me,
  ra0_rb,
  rb,
  to_ra_rb,
  to_ra_simm,
  crfd_l_ra_rb,
  crfd_l_ra_simm,
  crfd_l_ra_uimm,
  target_li,
  bo_bi_target,
  bo_bi,
  crbd_crba_crbb,
  crfd_crfs,
  crfd,
  crbd,
  crfd_imm,
  fm_fb,
  sync_l,
  fd,
  fd_fb,
  fd_fa_fb,
  fd_fa_fc,
  fd_fa_fc_fb,
  fd_d_ra,
  fd_ra0_rb,
  crfd_fa_fb,
  vd,
  vb,
  vd_vb,
  vd_va_vb,
  vd_va_vb_vc,
  vd_va_vc_vb,
  vd_va_vb_sh,
  vd_vb_uimm,
  vd_simm,
  vd_ra0_rb,
  ra_rb_strm,
  strm,
};

// Properties of an instruction whatever its operands.
namespace flag {
inline constexpr u32 priv = 1u << 0;        // program exception when MSR[PR] = 1
inline constexpr u32 fp = 1u << 1;          // floating-point unavailable exception when MSR[FP] = 0
inline constexpr u32 vec = 1u << 2;         // AltiVec unavailable exception when MSR[VEC] = 0
inline constexpr u32 branch = 1u << 3;      // the next instruction may be elsewhere
inline constexpr u32 ends_block = 1u << 4;  // changes how the next instructions are fetched or executed
inline constexpr u32 load = 1u << 5;        // accesses memory,
inline constexpr u32 store = 1u << 6;       // or translates an address as such an access does
inline constexpr u32 may_fault = 1u << 7;   // may raise an exception other than the three above and "illegal"
inline constexpr u32 rc = 1u << 8;          // bit 31 (bit 21 in AltiVec) is a record bit
inline constexpr u32 oe = 1u << 9;          // bit 21 enables XER[OV] and XER[SO]
inline constexpr u32 lk = 1u << 10;         // bit 31 writes LR
inline constexpr u32 reads_clock = 1u << 11;  // may depend on the number of instructions executed so far
inline constexpr u32 by_spr = 1u << 12;  // privilege, clock and ends_block depend on the SPR: ask effects.h
inline constexpr u32 keeps_fd =
    1u << 13;  // frD stays as it was when FPSCR[VE] or [ZE] enables the exception raised
}  // namespace flag

// What an instruction reads and writes, by role; effects.h applies them to a concrete word.
namespace role {
inline constexpr u64 RA = 1ull << 0;   // general registers, by field
inline constexpr u64 RA0 = 1ull << 1;  // rA, or nothing when the field is 0
inline constexpr u64 RB = 1ull << 2;
inline constexpr u64 RS = 1ull << 3;
inline constexpr u64 RD = 1ull << 4;
inline constexpr u64 TO_R31 = 1ull << 5;      // rD..r31
inline constexpr u64 STRING_NB = 1ull << 6;   // from rD, as many as NB bytes need, wrapping to r0
inline constexpr u64 STRING_XER = 1ull << 7;  // the same for the byte count in XER
inline constexpr u64 FA = 1ull << 8;          // floating-point registers
inline constexpr u64 FB = 1ull << 9;
inline constexpr u64 FC = 1ull << 10;
inline constexpr u64 FS = 1ull << 11;
inline constexpr u64 FD = 1ull << 12;
inline constexpr u64 VA = 1ull << 13;  // vector registers
inline constexpr u64 VB = 1ull << 14;
inline constexpr u64 VC = 1ull << 15;
inline constexpr u64 VS = 1ull << 16;
inline constexpr u64 VD = 1ull << 17;
inline constexpr u64 CA = 1ull << 18;  // bits of XER
inline constexpr u64 OV = 1ull << 19;
inline constexpr u64 SO = 1ull << 20;
inline constexpr u64 XER_COUNT = 1ull << 21;  // XER[25-31]
inline constexpr u64 OV_if_OE = 1ull << 22;   // OV, and SO which collects it
inline constexpr u64 CR0 = 1ull << 23;
inline constexpr u64 CR0_if_Rc = 1ull << 24;  // CR0 includes a copy of SO
inline constexpr u64 CR1_if_Rc = 1ull << 25;  // a copy of FPSCR[0-3]
inline constexpr u64 CR6_if_Rc = 1ull << 26;
inline constexpr u64 CRFD = 1ull << 27;  // fields of CR
inline constexpr u64 CRFS = 1ull << 28;
inline constexpr u64 CRBD = 1ull << 29;  // bits of CR
inline constexpr u64 CRBA = 1ull << 30;
inline constexpr u64 CRBB = 1ull << 31;
inline constexpr u64 CR = 1ull << 32;         // the whole
inline constexpr u64 CRM = 1ull << 33;        // the fields that the mask CRM names
inline constexpr u64 BI_if_BO = 1ull << 34;   // the bit BI unless BO ignores it
inline constexpr u64 CTR_if_BO = 1ull << 35;  // CTR if BO counts
inline constexpr u64 CTR = 1ull << 36;
inline constexpr u64 LR = 1ull << 37;
inline constexpr u64 LR_if_LK = 1ull << 38;
inline constexpr u64 FPSCR = 1ull << 39;
inline constexpr u64 VSCR = 1ull << 40;
inline constexpr u64 MEM = 1ull << 41;  // memory
inline constexpr u64 RESERVATION = 1ull << 42;
inline constexpr u64 MSR = 1ull << 43;
inline constexpr u64 SRR = 1ull << 44;  // SRR0 and SRR1
inline constexpr u64 SEGMENT = 1ull << 45;
inline constexpr u64 TLB = 1ull << 46;
inline constexpr u64 TB = 1ull << 47;   // the time base
inline constexpr u64 SPR = 1ull << 48;  // the special register that the word names
inline constexpr u64 EAR = 1ull << 49;
}  // namespace role

struct InsnInfo {
  Op op;
  const char* mnemonic;  // without the suffixes of Rc, OE, LK, AA
  u32 mask, match;       // word is this instruction when (word & mask) == match
  Operands operands;
  Part part;
  u32 flags;
  u64 reads, writes;

  constexpr bool has(u32 wanted) const { return (flags & wanted) != 0; }
};

namespace instruction_table_detail {

// Masks by instruction form.
inline constexpr u32 D = 0xfc00'0000, SC = 0xfc00'0002, X = 0xfc00'07fe, X_RC = 0xfc00'07ff, XO = 0xfc00'03fe,
                     A = 0xfc00'003e, VX = 0xfc00'07ff, VXR = 0xfc00'03ff, VA_FORM = 0xfc00'003f;
constexpr u32 primary(u32 opcd) { return opcd << 26; }
constexpr u32 x(u32 opcd, u32 xo) { return opcd << 26 | xo << 1; }
constexpr u32 vx(u32 xo) { return 4u << 26 | xo; }

constexpr auto make() {
  using namespace flag;
  using flag::vec;  // rather than the namespace of that name
  using namespace role;
  return std::to_array<InsnInfo>({
      {Op::illegal, "illegal", 0, 0, Operands::none, Part::none, may_fault, 0, 0},
#define INSN(id, mnemonic, mask, match, operands, part, flags, reads, writes) \
  {Op::id, mnemonic, mask, match, Operands::operands, Part::part, flags, reads, writes},
#include "guest-ppc/instructions.inc"
#undef INSN
  });
}

}  // namespace instruction_table_detail

// Indexed by Op; row 0 is Op::illegal.
inline constexpr auto instruction_table = instruction_table_detail::make();
inline constexpr std::size_t op_count = instruction_table.size();

constexpr const InsnInfo& info(Op op) {
  assert(static_cast<std::size_t>(op) < op_count);
  return instruction_table[static_cast<std::size_t>(op)];
}

// The parts that a processor implements.
class IsaSet {
 public:
  constexpr IsaSet() = default;
  constexpr IsaSet(std::initializer_list<Part> parts) {
    for (Part part : parts) bits_ |= bit(part);
  }
  constexpr bool has(Part part) const { return (bits_ & bit(part)) != 0; }
  constexpr IsaSet operator|(IsaSet other) const {
    IsaSet both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  friend constexpr bool operator==(IsaSet, IsaSet) = default;

 private:
  static constexpr u32 bit(Part part) { return 1u << static_cast<unsigned>(part); }
  u32 bits_ = 0;
};

inline constexpr IsaSet isa_750{Part::uisa, Part::vea,      Part::oea,
                                Part::fp,   Part::graphics, Part::external_control};
inline constexpr IsaSet isa_7400 = isa_750 | IsaSet{Part::altivec, Part::dcba};
// Every row of the table, also those that no processor of ours implements.
inline constexpr IsaSet isa_all = isa_7400 | IsaSet{Part::optional_fsqrt, Part::optional_tlbia};

const char* name(Part part);

}  // namespace quince::ppc
