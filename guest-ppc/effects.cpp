#include "guest-ppc/effects.h"

#include "guest-ppc/decoder.h"

namespace quince::ppc {
namespace {

constexpr u32 one(unsigned reg) { return 1u << reg; }

// The registers first, first + 1 ... of a string instruction, wrapping from r31 to r0.
constexpr u32 run(unsigned first, unsigned count) {
  u32 set = 0;
  for (unsigned i = 0; i < count; ++i) set |= one((first + i) % 32);
  return set;
}

constexpr u32 cr_field(unsigned field) { return 0xf000'0000u >> (4 * field); }

constexpr u32 mask_fields(u32 crm) {
  u32 set = 0;
  for (unsigned field = 0; field < 8; ++field) set |= crm & (0x80u >> field) ? cr_field(field) : 0;
  return set;
}

u32 gprs(u64 roles, Insn insn) {
  const unsigned bytes = insn.nb() == 0 ? 32 : insn.nb();
  u32 set = 0;
  if (roles & role::RA) set |= one(insn.ra());
  if ((roles & role::RA0) && insn.ra() != 0) set |= one(insn.ra());
  if (roles & role::RB) set |= one(insn.rb());
  if (roles & (role::RS | role::RD)) set |= one(insn.rd());
  if (roles & role::TO_R31) set |= run(insn.rd(), 32 - insn.rd());
  if (roles & role::STRING_NB) set |= run(insn.rd(), (bytes + 3) / 4);
  if (roles & role::STRING_XER) set |= 0xffff'ffff;
  return set;
}

u32 fprs(u64 roles, Insn insn) {
  u32 set = 0;
  if (roles & role::FA) set |= one(insn.ra());
  if (roles & role::FB) set |= one(insn.rb());
  if (roles & role::FC) set |= one(insn.rc_reg());
  if (roles & (role::FS | role::FD)) set |= one(insn.rd());
  return set;
}

u32 vrs(u64 roles, Insn insn) {
  u32 set = 0;
  if (roles & role::VA) set |= one(insn.ra());
  if (roles & role::VB) set |= one(insn.rb());
  if (roles & role::VC) set |= one(insn.rc_reg());
  if (roles & (role::VS | role::VD)) set |= one(insn.rd());
  return set;
}

u32 crs(u64 roles, Insn insn) {
  u32 set = 0;
  if ((roles & role::CR0) || ((roles & role::CR0_if_Rc) && insn.rc())) set |= cr_field(0);
  if ((roles & role::CR1_if_Rc) && insn.rc()) set |= cr_field(1);
  if ((roles & role::CR6_if_Rc) && insn.vrc()) set |= cr_field(6);
  if (roles & role::CRFD) set |= cr_field(insn.crfd());
  if (roles & role::CRFS) set |= cr_field(insn.crfs());
  if (roles & role::CRBD) set |= bit32(insn.crbd());
  if (roles & role::CRBA) set |= bit32(insn.crba());
  if (roles & role::CRBB) set |= bit32(insn.crbb());
  if (roles & role::CR) set |= 0xffff'ffff;
  if (roles & role::CRM) set |= mask_fields(insn.crm());
  if ((roles & role::BI_if_BO) && !(insn.bo() & 16)) set |= bit32(insn.bi());
  return set;
}

// Roles that are one piece of state whatever the word.
constexpr struct {
  u64 role;
  u32 state;
} plain_roles[] = {
    {role::CA, state::ca},           {role::OV, state::ov},     {role::SO, state::so},
    {role::CTR, state::ctr},         {role::LR, state::lr},     {role::XER_COUNT, state::xer_count},
    {role::FPSCR, state::fpscr},     {role::VSCR, state::vscr}, {role::RESERVATION, state::reservation},
    {role::MEM, state::memory},      {role::MSR, state::msr},   {role::SRR, state::srr},
    {role::SEGMENT, state::segment}, {role::TLB, state::tlb},   {role::TB, state::clock},
    {role::EAR, state::spr},
};

// Special registers that are more than a store: which state they are, and what an access means.
struct Spr {
  unsigned first, last;
  u32 state;
  bool always_there;  // on every processor and in every mode: an access cannot fail
  bool write_ends_block;
};

constexpr Spr sprs[] = {
    {1, 1, state::xer, true, false},
    {8, 8, state::lr, true, false},
    {9, 9, state::ctr, true, false},
    {18, 19, state::spr, false, false},   // DSISR, DAR
    {22, 22, state::clock, false, true},  // DEC
    {26, 27, state::srr, false, false},
    {256, 256, state::vrsave, false, false},
    {268, 269, state::clock, false, true},                 // the time base, to read
    {272, 275, state::spr, false, false},                  // SPRG
    {284, 285, state::clock, false, true},                 // the time base, to write
    {928, 959, state::clock | state::spr, false, true},    // the performance monitor
    {1020, 1022, state::clock | state::spr, false, true},  // the thermal units
};

Spr find_spr(unsigned number) {
  for (const Spr& row : sprs) {
    if (number >= row.first && number <= row.last) return row;
  }
  return {number, number, state::spr, false, true};
}

u32 others(u64 roles, Insn insn) {
  u32 set = 0;
  for (const auto& plain : plain_roles) set |= roles & plain.role ? plain.state : 0;
  if ((roles & role::OV_if_OE) && insn.oe()) set |= state::ov | state::so;
  if ((roles & role::CTR_if_BO) && !(insn.bo() & 4)) set |= state::ctr;
  if ((roles & role::LR_if_LK) && insn.lk()) set |= state::lr;
  if (roles & role::SPR) set |= find_spr(insn.spr()).state;
  return set;
}

StateSet apply(u64 roles, Insn insn) {
  return {gprs(roles, insn), fprs(roles, insn), vrs(roles, insn), crs(roles, insn), others(roles, insn)};
}

// State of one value: who writes it leaves nothing of it.
constexpr u32 single_values = state::xer | state::lr | state::ctr | state::vrsave | state::reservation;

// mfspr of a register that this processor does not have leaves rD as it was.
bool may_do_nothing(const InsnInfo& row, Insn insn) {
  return row.op == Op::mfspr && !find_spr(insn.spr()).always_there;
}

// What a record bit copies, what OE collects, and what stays of state that is written in part.
StateSet implied_reads(const InsnInfo& row, Insn insn) {
  const u64 writes = row.writes;
  const bool copies_so = (writes & role::CR0) || ((writes & role::CR0_if_Rc) && insn.rc());
  const bool collects_so = (writes & role::OV_if_OE) && insn.oe();
  const bool copies_fpscr = (writes & role::CR1_if_Rc) && insn.rc();
  StateSet set;
  if (copies_so || collects_so) set.other |= state::so;
  if (copies_fpscr) set.other |= state::fpscr;
  if (writes & role::SPR) set.other |= find_spr(insn.spr()).state & ~single_values;
  if (may_do_nothing(row, insn)) set.gpr |= one(insn.rd());
  return set;
}

StateSet kills(const StateSet& writes, const InsnInfo& row, Insn insn) {
  StateSet set = writes;
  set.other &= single_values;
  if (row.has(flag::keeps_fd)) set.fpr = 0;
  if ((row.writes & role::STRING_XER) || may_do_nothing(row, insn)) set.gpr = 0;
  return set;
}

StateSet operator|(StateSet a, const StateSet& b) {
  return {a.gpr | b.gpr, a.fpr | b.fpr, a.vr | b.vr, a.cr | b.cr, a.other | b.other};
}

u32 spr_flags(const InsnInfo& row, Insn insn) {
  const Spr spr = find_spr(insn.spr());
  u32 flags = row.flags & ~flag::by_spr;
  if (insn.spr() & 0x10) flags |= flag::priv;  // of the ten bits the one that marks supervisor registers
  if (spr.always_there) flags &= ~flag::may_fault;
  if (!spr.write_ends_block) flags &= ~flag::ends_block;
  if (!(spr.state & state::clock)) flags &= ~flag::reads_clock;
  return flags;
}

}  // namespace

Effects effects(u32 word) {
  const Insn insn(word);
  const InsnInfo& row = info(decode(word));
  Effects result{apply(row.reads, insn), apply(row.writes, insn), {}, row.flags};
  result.reads = result.reads | implied_reads(row, insn);
  result.kills = kills(result.writes, row, insn);
  if (row.has(flag::by_spr)) result.flags = spr_flags(row, insn);
  return result;
}

}  // namespace quince::ppc
