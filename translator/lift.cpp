#include "translator/lift.h"

#include <cstring>
#include <optional>

#include "guest-ppc/decoder.h"
#include "guest-ppc/effects.h"
#include "guest-ppc/exact.h"
#include "guest-ppc/semantics/all.h"
#include "guest-ppc/spr_table.h"
#include "translator/ir_emitter.h"

namespace quince::translator {

namespace {

using ppc::Insn;
using ppc::Op;
namespace flag = ppc::flag;

using Lift = void (*)(IrEmitter&, Insn);
constexpr Lift lifts[] = {
    nullptr,
#define INSN(id, mnemonic, mask, match, operands, part, flags, reads, writes) \
  [](IrEmitter& e, Insn i) { ppc::sem::id(e, i); },
#include "guest-ppc/instructions.inc"
#undef INSN
};
static_assert(std::size(lifts) == ppc::op_count);

// The exception that the instruction raises in this mode whatever its operands; true if there is one.
bool raises(IrEmitter& e, const Mode& mode, Op op, u32 flags) {
  if (op == Op::illegal) return e.raise(ppc::Vector::program, ppc::program_cause::illegal), true;
  if ((flags & flag::priv) && mode.problem) {
    return e.raise(ppc::Vector::program, ppc::program_cause::privileged), true;
  }
  if ((flags & flag::fp) && !mode.fp) return e.raise(ppc::Vector::fp_unavailable, 0), true;
  if ((flags & flag::vec) && !mode.vec) return e.raise(ppc::Vector::vector_unavailable, 0), true;
  return false;
}

// Instructions that generated code leaves to their exact functions.
bool is_left_to_helper(Op op) {
  switch (op) {
    case Op::mcrxr:
    case Op::mfvscr:
    case Op::mtvscr:
    case Op::vexptefp:
    case Op::vlogefp: return true;
    default: return false;
  }
}

// Floating point in generated code knows nothing of enabled exceptions and of FPSCR[NI], and CR1 is copied
// from an FPSCR that is up to date.
bool is_float_left_to_helper(Op op, Insn i, const Mode& mode) {
  switch (op) {
    case Op::fres:
    case Op::frsqrte:
    case Op::mcrfs:
    case Op::mtfsf:
    case Op::mtfsfi:
    case Op::mtfsb0:
    case Op::mtfsb1: return true;
    case Op::fcmpu:
    case Op::fcmpo: return mode.fp_exact;
    case Op::fmr:
    case Op::fneg:
    case Op::fabs:
    case Op::fnabs:
    case Op::fsel: return i.rc();
    default: break;
  }
  const bool is_memory = (ppc::info(op).flags & (flag::load | flag::store)) != 0;
  return !is_memory && (mode.fp_exact || i.rc());
}

// The part of the translator that the instruction belongs to is off: its exact function does it.
bool is_turned_off(JitParts off, Op op, Insn i) {
  namespace role = ppc::role;
  constexpr u64 cr =
      role::CR0 | role::CRFD | role::CRFS | role::CRBD | role::CRBA | role::CRBB | role::CR | role::CRM;
  const ppc::InsnInfo& row = ppc::info(op);
  const u64 touched = row.reads | row.writes;
  if (row.has(flag::branch | flag::ends_block) || row.part == ppc::Part::oea) return false;
  if (row.has(flag::fp)) return has(off, JitPart::float_);
  if (row.has(flag::vec)) return has(off, JitPart::vector);
  if (row.has(flag::load | flag::store)) return has(off, JitPart::memory);
  if (has(off, JitPart::integer) && row.part == ppc::Part::uisa && !row.has(flag::by_spr)) return true;
  if (has(off, JitPart::carry) && (touched & role::CA)) return true;
  return has(off, JitPart::cr) && ((touched & cr) || (i.rc() && (touched & role::CR0_if_Rc)));
}

// Whether the instruction may change FPSCR[24:31], which decide about the mode.
bool may_change_float_mode(Op op) {
  return op == Op::mtfsf || op == Op::mtfsfi || op == Op::mtfsb0 || op == Op::mtfsb1;
}

// Whether it writes what FPSCR[24:31] have in this mode. Programs save FPSCR, set what they want, mostly what
// is there, and restore it.
bool keeps_float_mode(Op op, Insn i, const Mode& mode) {
  if (mode.fp_exact || i.rc()) return false;
  const auto has = [&](unsigned bit, u32 value) {
    return bit >= 24 && (mode.rounding >> (31 - bit) & 1) == value;
  };
  switch (op) {
    case Op::mtfsfi: {
      const u32 present = i.crfd() == 7 ? mode.rounding : 0u;
      return i.crfd() >= 6 && i.mtfsfi_imm() == present;
    }
    case Op::mtfsb0: return has(i.crbd(), 0);
    case Op::mtfsb1: return has(i.crbd(), 1);
    default: return false;
  }
}

// The rounding mode that it sets, if it does nothing else.
std::optional<u8> rounding_set_by(Op op, Insn i, const Mode& mode) {
  if (mode.fp_exact || i.rc()) return std::nullopt;
  const u8 bit = i.crbd() == 31 ? 1 : 2;
  switch (op) {
    case Op::mtfsfi:
      if (i.crfd() != 7 || i.mtfsfi_imm() > 3) return std::nullopt;
      return static_cast<u8>(i.mtfsfi_imm());
    case Op::mtfsb0:
    case Op::mtfsb1:
      if (i.crbd() < 30) return std::nullopt;
      return static_cast<u8>(op == Op::mtfsb1 ? mode.rounding | bit : mode.rounding & ~bit);
    default: return std::nullopt;
  }
}

// Whether it writes all of FPSCR, probably with what was there before.
bool restores_fpscr(Op op, Insn i, const Mode& mode) {
  return op == Op::mtfsf && i.fm() == 0xff && !i.rc() && !mode.fp_exact;
}

// Whether the instruction may change the mode under which this block is being translated, beyond what the
// table's flags say.
bool may_change_mode(Op op, Insn i, u32 flags) {
  if ((flags & flag::oe) && i.oe()) return true;
  switch (op) {
    case Op::mtspr: return i.spr() == 1;
    case Op::mcrxr: return true;
    default: return false;
  }
}

// mfspr and mtspr of a register that is a word in memory, as SPRG0 and SRR0 are. True if it is one.
bool lift_stored_register(IrEmitter& e, Op op, Insn i, const ppc::CpuModel& model, const Mode& mode) {
  const bool write = op == Op::mtspr;
  if ((!write && op != Op::mfspr) || e.is_off(JitPart::registers)) return false;
  if (ppc::check_spr(model, i.spr(), write, mode.problem) != ppc::SprAccess::allowed) return false;
  const ppc::SprRow& row = *ppc::find_spr(model, i.spr());
  const u32 at = ppc::word_of_state(row, write);
  if (at == ppc::no_word) return false;
  if (!write) return e.set_gpr(i.rd(), e.state_word(at)), true;
  const auto kept = e.and_(row.writable == ~0u ? e.imm(0) : e.state_word(at), e.imm(~row.writable));
  e.set_state_word(at, e.or_(e.and_(e.gpr(i.rs()), e.imm(row.writable)), kept));
  return true;
}

// Whether the path ends here, because control goes elsewhere for certain.
bool always_branches(Op op, Insn i) {
  if (op == Op::b) return true;
  return (op == Op::bc || op == Op::bclr || op == Op::bcctr) && ppc::sem::branches_always(i);
}

// An indirect conditional branch needs a block of its own to fall through to: its hint is for one target.
bool ends_path(Op op, Insn i, u32 flags) {
  return always_branches(op, i) || op == Op::bclr || op == Op::bcctr || op == Op::sc || op == Op::rfi ||
         (flags & flag::ends_block) || may_change_mode(op, i, flags);
}

// Whether the last instruction may jump to the first. What is behind it runs once when all the rounds are
// done.
bool closes_loop(const Block& block) {
  const Node& last = block.nodes[block.nodes.size() - 1];
  return last.op == IrOp::jump_if && last.imm == block.pc;
}

}  // namespace

void lift(Block& block, const ppc::CpuModel& model, const u8* page, const ppc::DebugPoints& debug) {
  IrEmitter e(block);
  const u32 in_page = (ppc::page_size - (block.pc & ppc::page_mask)) / 4;
  const u32 limit = std::min(max_block_insns, in_page);
  u32 n = 0;
  for (; n < limit && block.nodes.size() < enough_nodes; ++n) {
    if (!debug.breakpoints.empty() && debug.stops_at(block.pc + 4 * n)) {
      if (n > 0) break;
      e.begin({block.pc, 0});
      return e.raise(ppc::Vector::debugger, 0);
    }
    u32 word;
    std::memcpy(&word, page + (block.pc & ppc::page_mask) + 4 * n, 4);
    word = ppc::swap_bytes(word);
    const Op op = ppc::decode(word, model.isa);
    const ppc::InsnInfo& row = ppc::info(op);
    e.begin({block.pc + 4 * n, word});
    if (raises(e, block.mode, op, row.flags)) return;
    const u32 flags = row.has(flag::by_spr) ? ppc::effects(word).flags : row.flags;
    const bool is_off = block.off.any() && is_turned_off(block.off, op, Insn(word));
    if (!is_off && flags & flag::fp && keeps_float_mode(op, Insn(word), block.mode)) continue;
    // With AltiVec on, vector registers and their MXCSR may be loaded, whose flags are not FPSCR's.
    const auto rounding = is_off ? std::nullopt : rounding_set_by(op, Insn(word), block.mode);
    if (rounding && !block.mode.vec) {
      return e.leave_with_rounding(*rounding, block.pc + 4 * n + 4);
    }
    if (!is_off && restores_fpscr(op, Insn(word), block.mode)) {
      e.set_fpscr(e.fpr(Insn(word).rb()), block.pc + 4 * n + 4);
      continue;
    }
    if (flags & flag::fp && (is_off || is_float_left_to_helper(op, Insn(word), block.mode))) {
      e.call_exact(ppc::exact_function(op), true);
      if (may_change_float_mode(op)) e.leave_if_float_mode_changed(block.pc + 4 * n + 4);
    } else if (is_off || is_left_to_helper(op)) {
      e.call_exact(ppc::exact_function(op));
    } else if (!lift_stored_register(e, op, Insn(word), model, block.mode)) {
      lifts[static_cast<std::size_t>(op)](e, Insn(word));
    }
    const bool remaps = op == Op::isync || op == Op::tlbie || op == Op::tlbia;
    if (remaps) e.synchronize();
    if (op == Op::mtsr) e.segment_changed(e.imm(u32{Insn(word).sr()} << 28));
    if (op == Op::mtsrin) e.segment_changed(e.gpr(Insn(word).rb()));
    if (op == Op::bc && closes_loop(block)) return e.fall_through(block.pc + 4 * n + 4, false);
    if (!ends_path(op, Insn(word), flags)) continue;
    // Whoever did not jump falls through or, having changed the machine's state, must be looked up again.
    const bool jumped = always_branches(op, Insn(word)) || op == Op::sc || op == Op::rfi || op == Op::mtmsr ||
                        remaps || op == Op::mtsr || op == Op::mtsrin;
    // After icbi the code at the next instruction may be new, but not the page it is in.
    const bool is_linked = op == Op::bclr || op == Op::bcctr || op == Op::icbi;
    const u32 next = block.pc + 4 * n + 4;
    if (!jumped) is_linked ? e.fall_through(next, true) : e.leave(next, (flags & flag::ends_block) != 0);
    return;
  }
  e.fall_through(block.pc + 4 * n, false);
}

}  // namespace quince::translator
