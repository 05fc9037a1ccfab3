// Branches, condition register logic and traps (PEM 4.2.4).
#pragma once

#include "guest-ppc/exception.h"
#include "guest-ppc/insn.h"

namespace quince::ppc::sem {

namespace bo {
inline constexpr unsigned ignore_condition = 16, branch_if_set = 8, ignore_ctr = 4, branch_if_ctr_zero = 2;
}

// Counts CTR down if BO says so, and tells whether the branch is taken.
template <class E, class I>
typename E::Bit branch_taken(E& e, I i) {
  auto taken = e.bit(true);
  if (!(i.bo() & bo::ignore_ctr)) {
    const auto count = e.sub(e.ctr(), e.imm(1));
    e.set_ctr(count);
    const auto zero = e.equal(count, e.imm(0));
    taken = (i.bo() & bo::branch_if_ctr_zero) ? zero : e.bit_not(zero);
  }
  if (!(i.bo() & bo::ignore_condition)) {
    const auto condition = e.cr_bit(i.bi());
    taken = e.bit_and(taken, (i.bo() & bo::branch_if_set) ? condition : e.bit_not(condition));
  }
  return taken;
}

template <class I>
constexpr bool branches_always(I i) {
  return (i.bo() & bo::ignore_ctr) && (i.bo() & bo::ignore_condition);
}

template <class E, class I>
void b(E& e, I i) {
  const u32 target = (i.aa() ? 0 : e.cia()) + static_cast<u32>(i.li());
  if (i.lk()) e.set_lr(e.imm(e.cia() + 4));
  e.jump(target);
}

template <class E, class I>
void bc(E& e, I i) {
  const u32 target = (i.aa() ? 0 : e.cia()) + static_cast<u32>(i.bd());
  const auto taken = branch_taken(e, i);
  if (i.lk()) e.set_lr(e.imm(e.cia() + 4));
  if (branches_always(i)) {
    e.jump(target);
  } else {
    e.jump_if(taken, target);
  }
}

template <class E, class I, class W>
void branch_to_register(E& e, I i, W target) {
  const auto aligned = e.and_(target, e.imm(~3u));
  const auto taken = branch_taken(e, i);
  if (i.lk()) e.set_lr(e.imm(e.cia() + 4));
  if (branches_always(i)) {
    e.jump_indirect(aligned);
  } else {
    e.jump_indirect_if(taken, aligned);
  }
}
template <class E, class I>
void bclr(E& e, I i) {
  branch_to_register(e, i, e.lr());
}
template <class E, class I>
void bcctr(E& e, I i) {
  branch_to_register(e, i, e.ctr());
}

// --- Condition register ---

template <class E, class I>
void crand(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_and(e.cr_bit(i.crba()), e.cr_bit(i.crbb())));
}
template <class E, class I>
void crandc(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_and(e.cr_bit(i.crba()), e.bit_not(e.cr_bit(i.crbb()))));
}
template <class E, class I>
void creqv(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_not(e.bit_xor(e.cr_bit(i.crba()), e.cr_bit(i.crbb()))));
}
template <class E, class I>
void crnand(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_not(e.bit_and(e.cr_bit(i.crba()), e.cr_bit(i.crbb()))));
}
template <class E, class I>
void crnor(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_not(e.bit_or(e.cr_bit(i.crba()), e.cr_bit(i.crbb()))));
}
template <class E, class I>
void cror(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_or(e.cr_bit(i.crba()), e.cr_bit(i.crbb())));
}
template <class E, class I>
void crorc(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_or(e.cr_bit(i.crba()), e.bit_not(e.cr_bit(i.crbb()))));
}
template <class E, class I>
void crxor(E& e, I i) {
  e.set_cr_bit(i.crbd(), e.bit_xor(e.cr_bit(i.crba()), e.cr_bit(i.crbb())));
}
template <class E, class I>
void mcrf(E& e, I i) {
  e.copy_cr_field(i.crfd(), i.crfs());
}
template <class E, class I>
void mfcr(E& e, I i) {
  e.set_gpr(i.rd(), e.cr());
}
template <class E, class I>
void mtcrf(E& e, I i) {
  const auto value = e.gpr(i.rs());
  for (unsigned field = 0; field < 8; ++field) {
    if (i.crm() & (0x80u >> field)) e.set_cr_field(field, value, 28 - 4 * field);
  }
}
// XER[0-3] go to the field and are cleared; bit 3 is not implemented and reads 0.
template <class E, class I>
void mcrxr(E& e, I i) {
  const unsigned first = 4 * i.crfd();
  e.set_cr_bit(first, e.so());
  e.set_cr_bit(first + 1, e.ov());
  e.set_cr_bit(first + 2, e.ca());
  e.set_cr_bit(first + 3, e.bit(false));
  e.clear_so_and_ov();
  e.set_ca(e.bit(false));
}

// --- Traps ---

template <class E, class I, class W>
void trap(E& e, I i, W a, W b) {
  auto hit = e.bit(false);
  if (i.to() & 16) hit = e.bit_or(hit, e.less_signed(a, b));
  if (i.to() & 8) hit = e.bit_or(hit, e.less_signed(b, a));
  if (i.to() & 4) hit = e.bit_or(hit, e.equal(a, b));
  if (i.to() & 2) hit = e.bit_or(hit, e.less_unsigned(a, b));
  if (i.to() & 1) hit = e.bit_or(hit, e.less_unsigned(b, a));
  e.program_exception_if(hit, program_cause::trap);
}
template <class E, class I>
void tw(E& e, I i) {
  trap(e, i, e.gpr(i.ra()), e.gpr(i.rb()));
}
template <class E, class I>
void twi(E& e, I i) {
  trap(e, i, e.gpr(i.ra()), e.imm(static_cast<u32>(i.simm())));
}
template <class E, class I>
void sc(E& e, I) {
  e.system_call();
}

}  // namespace quince::ppc::sem
