// The emitter that builds the intermediate representation. Constants are folded and neutral operations
// dropped as the nodes are made, also those that a register has from earlier in the block: compilers write
// addresses of variables as lis and addi, or lis and a load. A condition bit that a compare of the same block
// has set becomes the comparison itself, so that compare and branch meet in one node.
#pragma once

#include <cassert>
#include <optional>

#include "guest-ppc/fpu/fpu.h"
#include "guest-ppc/semantics/emitter.h"
#include "guest-ppc/vector/op.h"
#include "translator/ir.h"

namespace quince::translator {

class IrEmitter {
 public:
  struct Word {
    NodeId id;
  };
  struct Bit {
    NodeId id;
  };
  struct Fp {
    NodeId id;
  };
  struct Vec {
    NodeId id;
  };

  explicit IrEmitter(Block& block) : block_(block) {}

  bool is_off(JitPart part) const { return has(block_.off, part); }

  // Begins the next guest instruction.
  void begin(GuestInsn insn) {
    insn_ = insn;
    block_.insns.push_back(insn);
    push({.op = IrOp::insn, .imm = insn.pc});
  }
  // checkpoint: the instruction is one at which engines may stop; the others only change the mode.
  void leave(u32 pc, bool checkpoint) { push({.op = IrOp::leave, .aux = checkpoint, .imm = pc}); }
  void leave_if_float_mode_changed(u32 pc) { push({.op = IrOp::leave_if_float_mode_changed, .imm = pc}); }
  void leave_with_rounding(u8 mode, u32 pc) {
    push({.op = IrOp::leave_with_rounding, .aux = mode, .imm = pc});
  }
  void raise(ppc::Vector vector, u32 cause) {
    push({.op = IrOp::raise, .a = static_cast<NodeId>(cause >> 16), .imm = static_cast<u32>(vector)});
  }

  // --- Words ---
  Word imm(u32 v) { return {push({.op = IrOp::imm, .imm = v})}; }
  Word add(Word a, Word b) {
    if (is_imm(a)) std::swap(a, b);
    if (is_imm(b)) {
      if (is_known(a)) return imm(known(a) + value(b));
      if (value(b) == 0) return a;
    }
    return word(IrOp::add, a, b);
  }
  Word sub(Word a, Word b) {
    if (is_imm(b)) return add(a, imm(0 - value(b)));
    return word(IrOp::sub, a, b);
  }
  Word add_with_carry(Word a, Word b, Bit c) {
    if (is_bit(c, false)) return add(a, b);
    return {push({.op = IrOp::add_with_carry, .a = a.id, .b = b.id, .c = c.id})};
  }
  Bit carry_out(Word a, Word b, Bit c) {
    return {push({.op = IrOp::carry_out, .a = a.id, .b = b.id, .c = c.id})};
  }
  Word mul(Word a, Word b) { return word(IrOp::mul, a, b); }
  Word mul_high_signed(Word a, Word b) { return word(IrOp::mul_high_signed, a, b); }
  Word mul_high_unsigned(Word a, Word b) { return word(IrOp::mul_high_unsigned, a, b); }
  Word div_signed(Word a, Word b) { return word(IrOp::div_signed, a, b); }
  Word div_unsigned(Word a, Word b) { return word(IrOp::div_unsigned, a, b); }
  Word and_(Word a, Word b) {
    if (is_imm(a)) std::swap(a, b);
    if (is_imm(b)) {
      if (is_imm(a)) return imm(value(a) & value(b));
      if (value(b) == ~0u) return a;
      if (value(b) == 0) return b;
      if (const auto shifted = masked_rotation(a, value(b))) return *shifted;
    }
    return word(IrOp::and_, a, b);
  }
  Word or_(Word a, Word b) {
    if (is_imm(a)) std::swap(a, b);
    if (is_imm(b)) {
      if (is_known(a)) return imm(known(a) | value(b));
      if (value(b) == 0) return a;
    }
    return word(IrOp::or_, a, b);
  }
  Word xor_(Word a, Word b) {
    if (is_imm(a)) std::swap(a, b);
    if (is_imm(b) && value(b) == 0) return a;
    return word(IrOp::xor_, a, b);
  }
  Word not_(Word a) { return is_imm(a) ? imm(~value(a)) : Word{push({.op = IrOp::not_, .a = a.id})}; }
  Word rotate_left(Word a, Word n) {
    if (is_imm(n) && (value(n) & 31) == 0) return a;
    return word(IrOp::rotate_left, a, n);
  }
  Word shift_left(Word a, Word n) { return word(IrOp::shift_left, a, n); }
  Word shift_right(Word a, Word n) { return word(IrOp::shift_right, a, n); }
  Word shift_right_arithmetic(Word a, Word n) { return word(IrOp::shift_right_arithmetic, a, n); }
  Word count_leading_zeros(Word a) { return unary(IrOp::count_leading_zeros, a); }
  Word sign_extend8(Word a) { return unary(IrOp::sign_extend8, a); }
  Word sign_extend16(Word a) { return unary(IrOp::sign_extend16, a); }
  Word swap16(Word a) { return unary(IrOp::swap16, a); }
  Word swap32(Word a) { return unary(IrOp::swap32, a); }

  // --- Conditions ---
  Bit bit(bool v) { return {push({.op = IrOp::bit, .imm = v})}; }
  Bit equal(Word a, Word b) { return compare(IrOp::equal, a, b); }
  Bit less_signed(Word a, Word b) { return compare(IrOp::less_signed, a, b); }
  Bit less_unsigned(Word a, Word b) { return compare(IrOp::less_unsigned, a, b); }
  Bit bit_and(Bit a, Bit b) {
    if (is_bit(a, true)) return b;
    if (is_bit(b, true)) return a;
    return {push({.op = IrOp::bit_and, .a = a.id, .b = b.id})};
  }
  Bit bit_or(Bit a, Bit b) {
    if (is_bit(a, false)) return b;
    if (is_bit(b, false)) return a;
    return {push({.op = IrOp::bit_or, .a = a.id, .b = b.id})};
  }
  Bit bit_xor(Bit a, Bit b) { return {push({.op = IrOp::bit_xor, .a = a.id, .b = b.id})}; }
  Bit bit_not(Bit a) {
    if (block_.nodes[a.id].op == IrOp::bit_not) return {block_.nodes[a.id].a};
    return {push({.op = IrOp::bit_not, .a = a.id})};
  }

  // --- Registers ---
  Word gpr(unsigned n) { return {push({.op = IrOp::get_gpr, .imm = n})}; }
  void set_gpr(unsigned n, Word v) {
    const NodeId set = push({.op = IrOp::set_gpr, .a = v.id, .imm = n});
    constants_[n] = {is_imm(v) ? set : no_node, value(v)};
  }
  Word lr() { return {push({.op = IrOp::get_lr})}; }
  void set_lr(Word v) { push({.op = IrOp::set_lr, .a = v.id}); }
  Word ctr() { return {push({.op = IrOp::get_ctr})}; }
  void set_ctr(Word v) { push({.op = IrOp::set_ctr, .a = v.id}); }
  Word state_word(std::size_t offset) {
    return {push({.op = IrOp::get_state, .imm = static_cast<u32>(offset)})};
  }
  void set_state_word(u32 offset, Word v) { push({.op = IrOp::set_state, .a = v.id, .imm = offset}); }
  Bit ca() { return {push({.op = IrOp::get_ca})}; }
  void set_ca(Bit v) { push({.op = IrOp::set_ca, .a = v.id}); }
  Bit ov() { return {push({.op = IrOp::get_ov})}; }
  Bit so() { return {push({.op = IrOp::get_so})}; }
  void set_ov(Bit v) { push({.op = IrOp::set_ov, .a = v.id}); }
  void clear_so_and_ov() { push({.op = IrOp::clear_so_and_ov}); }
  void set_cr_signed(unsigned f, Word a, Word b) { set_compare(IrOp::set_cr_signed, f, a, b); }
  void set_cr_unsigned(unsigned f, Word a, Word b) { set_compare(IrOp::set_cr_unsigned, f, a, b); }
  Bit cr_bit(unsigned n) {
    const Compare& known = compares_[n / 4];
    if (known.op != IrOp::nop && !is_off(JitPart::fusion)) {
      const IrOp less = known.op == IrOp::set_cr_signed ? IrOp::less_signed : IrOp::less_unsigned;
      switch (n % 4) {
        case 0: return compare(less, known.a, known.b);
        case 1: return compare(less, known.b, known.a);
        case 2: return compare(IrOp::equal, known.a, known.b);
        default: break;
      }
    }
    return {push({.op = IrOp::get_cr_bit, .imm = n})};
  }
  void set_cr_bit(unsigned n, Bit v) {
    compares_[n / 4] = {};
    push({.op = IrOp::set_cr_bit, .a = v.id, .imm = n});
  }
  void copy_cr_field(unsigned to, unsigned from) {
    compares_[to] = compares_[from];
    push({.op = IrOp::copy_cr_field, .aux = static_cast<u8>(from), .imm = to});
  }
  Word cr() { return {push({.op = IrOp::get_cr})}; }
  void set_cr_field(unsigned f, Word v, unsigned shift) {
    compares_[f] = {};
    push({.op = IrOp::set_cr_field, .aux = static_cast<u8>(shift), .a = v.id, .imm = f});
  }

  // --- Control ---
  // An indirect jump's target does not need to be aligned for it.
  NodeId unaligned(Word target) const {
    const Node& it = block_.nodes[target.id];
    return it.op == IrOp::and_ && is_imm({it.b}) && value({it.b}) == ~3u ? it.a : target.id;
  }
  u32 cia() const { return insn_.pc; }
  void jump(u32 target) {
    // A link to the next instruction only asks for the address, it is no call. The semantics have set LR.
    const bool calls = ppc::Insn(insn_.word).lk() && target != insn_.pc + 4 && !is_off(JitPart::returns);
    push({.op = calls ? IrOp::call_subroutine : IrOp::jump, .imm = target});
  }
  // checkpoint: past an indirect branch, which is one whether or not it is taken.
  void fall_through(u32 pc, bool checkpoint) { push({.op = IrOp::jump, .aux = checkpoint, .imm = pc}); }
  void jump_if(Bit taken, u32 target) { push({.op = IrOp::jump_if, .a = taken.id, .imm = target}); }
  void jump_indirect(Word target) {
    push({.op = IrOp::jump_indirect, .aux = static_cast<u8>(hint()), .a = unaligned(target)});
  }
  void jump_indirect_if(Bit taken, Word target) {
    push({.op = IrOp::jump_indirect_if,
          .aux = static_cast<u8>(hint()),
          .a = taken.id,
          .b = unaligned(target)});
  }
  void program_exception_if(Bit condition, u32 cause) {
    if (is_bit(condition, false)) return;
    push({.op = IrOp::trap_if, .a = condition.id, .imm = cause});
  }
  void system_call() { push({.op = IrOp::system_call, .imm = insn_.pc + 4}); }
  void set_msr(Word v) { push({.op = IrOp::set_msr, .a = v.id, .imm = insn_.pc + 4}); }
  void segment_changed(Word ea) { push({.op = IrOp::segment_changed, .a = ea.id, .imm = insn_.pc + 4}); }
  void synchronize() { push({.op = IrOp::synchronize, .imm = insn_.pc + 4}); }
  void return_from_interrupt() { push({.op = IrOp::return_from_interrupt}); }
  template <auto helper, class I>
  void call(I) {
    call_exact(helper);
  }
  // The whole instruction as a function on the state in memory. uses_fpscr: it must find FPSCR up to date.
  void call_exact(Helper helper, bool uses_fpscr = false) {
    const auto index = static_cast<u32>(block_.helpers.size());
    block_.helpers.push_back(helper);
    push({.op = IrOp::call, .aux = uses_fpscr, .imm = index});
    compares_.fill({});
    constants_.fill({});
  }

  // --- Memory ---
  Word load8(Word ea) { return {push({.op = IrOp::load8, .a = ea.id})}; }
  Word load16(Word ea) { return {push({.op = IrOp::load16, .a = ea.id})}; }
  Word load32(Word ea) { return {push({.op = IrOp::load32, .a = ea.id})}; }
  Fp load_fp(Word ea) { return {push_float({.op = IrOp::load_fp, .a = ea.id})}; }
  Vec load_vec(Word ea) { return {push({.op = IrOp::load_vec, .a = ea.id})}; }
  void store8(Word ea, Word v) { push({.op = IrOp::store8, .a = ea.id, .b = v.id}); }
  void store16(Word ea, Word v) { push({.op = IrOp::store16, .a = ea.id, .b = v.id}); }
  void store32(Word ea, Word v) { push({.op = IrOp::store32, .a = ea.id, .b = v.id}); }
  void store_fp(Word ea, Fp v) { push({.op = IrOp::store_fp, .a = ea.id, .b = v.id}); }
  void store_vec(Word ea, Vec v) { push({.op = IrOp::store_vec, .a = ea.id, .b = v.id}); }
  void require_alignment(Word ea, ppc::AlignedOperand kind) {
    if (!(block_.alignment_traps & static_cast<u8>(kind))) return;
    push({.op = IrOp::require_alignment, .aux = static_cast<u8>(kind), .a = ea.id});
  }
  Word load_reserved(Word ea) { return {push({.op = IrOp::load_reserved, .a = ea.id})}; }
  void store_conditional(Word ea, Word v) {
    push({.op = IrOp::store_conditional, .a = ea.id, .b = v.id});
    compares_[0] = {};
  }
  void zero_block(Word ea) { push({.op = IrOp::zero_block, .a = ea.id}); }
  void touch_block(Word ea, ppc::Access access) {
    push({.op = IrOp::touch_block, .aux = static_cast<u8>(access), .a = ea.id});
  }
  void invalidate_block(Word ea) { push({.op = IrOp::invalidate_block, .a = ea.id}); }

  // --- Floating point ---
  Fp fpr(unsigned n) { return {push({.op = IrOp::get_fpr, .imm = n})}; }
  void set_fpr(unsigned n, Fp v) { push({.op = IrOp::set_fpr, .a = v.id, .imm = n}); }
  Fp fpscr() { return {push({.op = IrOp::get_fpscr})}; }
  void set_fpscr(Fp v, u32 next) { push({.op = IrOp::set_fpscr, .a = v.id, .imm = next}); }
  Fp fp_from_single(Word v) { return {push({.op = IrOp::fp_from_single, .a = v.id})}; }
  Word fp_to_single(Fp v) { return {push({.op = IrOp::fp_to_single, .a = v.id})}; }
  Word fp_low_word(Fp v) { return {push({.op = IrOp::fp_low_word, .a = v.id})}; }
  Fp fp_negate(Fp v) { return {push({.op = IrOp::fp_negate, .a = v.id})}; }
  Fp fp_absolute(Fp v) { return {push({.op = IrOp::fp_absolute, .a = v.id})}; }
  Fp fp_select(Fp a, Fp c, Fp b) { return {push({.op = IrOp::fp_select, .a = a.id, .b = c.id, .c = b.id})}; }
  template <ppc::fpu::ArithOp op, ppc::fpu::Precision precision>
  void fp_arith(unsigned d, Fp a, Fp c, Fp b) {
    constexpr u8 aux = static_cast<u8>(static_cast<u8>(op) | static_cast<u8>(precision) << 4);
    push_float({.op = IrOp::fp_arith, .aux = aux, .a = a.id, .b = c.id, .c = b.id, .imm = d});
  }
  void fp_round_to_single(unsigned d, Fp b) {
    push_float({.op = IrOp::fp_round_to_single, .a = b.id, .imm = d});
  }
  void fp_to_int32(unsigned d, Fp b, bool toward_zero) {
    push({.op = IrOp::fp_to_int32, .aux = toward_zero, .a = b.id, .imm = d});
  }
  void fp_reciprocal_estimate(unsigned d, Fp b) {
    push({.op = IrOp::fp_reciprocal_estimate, .a = b.id, .imm = d});
  }
  void fp_rsqrt_estimate(unsigned d, Fp b) { push({.op = IrOp::fp_rsqrt_estimate, .a = b.id, .imm = d}); }
  void fp_compare(unsigned f, Fp a, Fp b, bool ordered) {
    compares_[f] = {};
    push({.op = IrOp::fp_compare, .aux = ordered, .a = a.id, .b = b.id, .imm = f});
  }
  void copy_fpscr_to_cr1() {
    compares_[1] = {};
    push({.op = IrOp::copy_fpscr_to_cr1});
  }
  // Without enabled exceptions nothing can happen; with them the block's mode is fp_exact.
  void fp_exception_if_enabled() {
    if (block_.mode.fp_exact) push({.op = IrOp::fp_exception_if_enabled});
  }

  // --- AltiVec ---
  Vec vr(unsigned n) { return {push({.op = IrOp::get_vr, .imm = n})}; }
  void set_vr(unsigned n, Vec v) { push({.op = IrOp::set_vr, .a = v.id, .imm = n}); }
  template <ppc::vec::Op op>
  Vec vec1(Vec b) {
    return vec(op, no_node, b.id, no_node, 0);
  }
  template <ppc::vec::Op op>
  Vec vec2(Vec a, Vec b) {
    return vec(op, a.id, b.id, no_node, 0);
  }
  template <ppc::vec::Op op>
  Vec vec3(Vec a, Vec b, Vec c) {
    return vec(op, a.id, b.id, c.id, 0);
  }
  template <ppc::vec::Op op>
  Vec vec_imm(Vec b, u32 v) {
    return vec(op, no_node, b.id, no_node, v);
  }
  template <ppc::vec::Op op>
  Vec vec2_imm(Vec a, Vec b, u32 v) {
    return vec(op, a.id, b.id, no_node, v);
  }
  template <ppc::vec::Op op>
  Vec vec_splat_imm(u32 v) {
    return vec(op, no_node, no_node, no_node, v);
  }
  void set_cr6_from_mask(Vec mask) {
    compares_[6] = {};
    push({.op = IrOp::set_cr6_from_mask, .a = mask.id});
  }
  void set_cr6_bounds(Vec mask) {
    compares_[6] = {};
    push({.op = IrOp::set_cr6_bounds, .a = mask.id});
  }
  template <unsigned bytes>
  Vec insert_element(Vec old, Word v, Word ea) {
    return {push({.op = IrOp::insert_element, .aux = bytes, .a = old.id, .b = v.id, .c = ea.id})};
  }
  template <unsigned bytes>
  Word extract_element(Vec v, Word ea) {
    return {push({.op = IrOp::extract_element, .aux = bytes, .a = v.id, .b = ea.id})};
  }
  Vec vec_lvsl(Word ea) { return {push({.op = IrOp::vec_lvsl, .a = ea.id})}; }
  Vec vec_lvsr(Word ea) { return {push({.op = IrOp::vec_lvsr, .a = ea.id})}; }
  // VSCR is for the exact functions.
  Vec mfvscr() {
    assert(!"mfvscr is not lifted");
    return {};
  }
  void mtvscr(Vec) { assert(!"mtvscr is not lifted"); }

 private:
  struct Compare {
    IrOp op = IrOp::nop;  // set_cr_signed, set_cr_unsigned, or nop for "unknown"
    Word a{no_node}, b{no_node};
  };

  [[gnu::always_inline]] NodeId push(const Node& node) { return block_.nodes.add(node); }
  NodeId push_float(const Node& node) {
    block_.has_floats = true;
    return push(node);
  }
  bool is_imm(Word w) const { return block_.nodes[w.id].op == IrOp::imm; }
  u32 value(Word w) const { return block_.nodes[w.id].imm; }
  // A constant, or a register read since one has been written there.
  bool is_known(Word w) const {
    const Node& node = block_.nodes[w.id];
    if (node.op != IrOp::get_gpr) return node.op == IrOp::imm;
    return constants_[node.imm].set < w.id && !is_off(JitPart::constants);
  }
  u32 known(Word w) const { return is_imm(w) ? value(w) : constants_[value(w)].value; }
  bool is_bit(Bit b, bool v) const {
    const Node& node = block_.nodes[b.id];
    return node.op == IrOp::bit && (node.imm != 0) == v;
  }
  Word word(IrOp op, Word a, Word b) { return {push({.op = op, .a = a.id, .b = b.id})}; }
  Word unary(IrOp op, Word a) { return {push({.op = op, .a = a.id})}; }
  // The rotation whose mask leaves what a shift leaves.
  std::optional<Word> masked_rotation(Word rotated, u32 mask) {
    const Node node = block_.nodes[rotated.id];
    if (node.op != IrOp::rotate_left || !is_imm({node.b})) return {};
    const u32 places = value({node.b}) & 31;
    const u32 low = (1u << places) - 1;
    if (mask == ~low) return shift_left({node.a}, imm(places));
    if (mask == low) return shift_right({node.a}, imm(32 - places));
    return {};
  }
  Bit compare(IrOp op, Word a, Word b) { return {push({.op = op, .a = a.id, .b = b.id})}; }
  Vec vec(ppc::vec::Op op, NodeId a, NodeId b, NodeId c, u32 v) {
    const IrOp node = ppc::vec::info(op).sets_sat() ? IrOp::vec_saturating : IrOp::vec;
    return {push({.op = node, .aux = static_cast<u8>(op), .a = a, .b = b, .c = c, .imm = v})};
  }
  void set_compare(IrOp op, unsigned f, Word a, Word b) {
    compares_[f] = {op, a, b};
    push({.op = op, .a = a.id, .b = b.id, .imm = f});
  }
  BranchHint hint() const {
    const ppc::Insn i(insn_.word);
    if (is_off(JitPart::returns)) return BranchHint::computed;
    if (i.lk()) return BranchHint::call;
    const bool to_lr = i.bits(21, 30) == 16;
    return to_lr ? BranchHint::subroutine_return : BranchHint::computed;
  }

  struct Constant {
    NodeId set = no_node;
    u32 value = 0;
  };

  Block& block_;
  GuestInsn insn_{};
  std::array<Compare, 8> compares_;
  std::array<Constant, 32> constants_;  // of general registers that the block has given one
};

static_assert(ppc::Emitter<IrEmitter>);

}  // namespace quince::translator
