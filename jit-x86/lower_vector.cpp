// AltiVec on the host's vector registers. A node's operands are guest registers, read within the instruction;
// its result goes where the set_vr behind it wants it. Whatever the host may get wrong goes to the exact
// function, which does the whole instruction.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

using Id = x86::Inst::Id;

void Lowering::lower_vector(NodeId n) {
  const Node& it = node(n);
  if (it.op == IrOp::get_vr) return;  // read where it is used, within the same instruction
  hold_vrs();
  switch (it.op) {
    case IrOp::set_vr: return set_vr(n);
    case IrOp::vec:
    case IrOp::vec_saturating: return compute_vector(n);
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds: return set_cr6(n);
    case IrOp::insert_element: return insert_element(n);
    case IrOp::extract_element: return extract_element(n);
    case IrOp::vec_lvsl:
    case IrOp::vec_lvsr: return alignment_control(n);
    case IrOp::load_vec: return load_vector(n);
    case IrOp::store_vec: return store_vector(n);
    default: assert(!"not AltiVec");
  }
}

void Lowering::hold_vrs() {
  if (vrs_held_) return;
  vrs_held_ = true;
  fprs_held_ = false;
  a.cmp(dword(in_area(offsetof(translator::Area, fprs))), vrs_in_host);
  const u32 elsewhere = jump_if(x86::CondCode::kNE);
  const u32 back = here();
  far({elsewhere}, [this, back] {
    call(thunks_.load_vrs);
    jump_to(back);
  });
}

// --- Registers ---

asmjit::Operand Lowering::vr(NodeId value) {
  if (node(value).op != IrOp::get_vr) return vector_value_;
  const unsigned number = node(value).imm;
  if (is_pinned_vr(number)) return pinned_vr(number);
  return vr_memory(number);
}

x86::Xmm Lowering::vr_register(NodeId value, x86::Xmm scratch) {
  const asmjit::Operand operand = vr(value);
  if (operand.isReg()) return operand.as<x86::Xmm>();
  a.vmovdqa(scratch, operand.as<x86::Mem>());
  return scratch;
}

x86::Xmm Lowering::vr_target(NodeId n) {
  NodeId next = static_cast<NodeId>(n + 1);
  while (next < block_->nodes.size() && (node(next).op == IrOp::imm || node(next).op == IrOp::nop)) ++next;
  const bool is_next = next < block_->nodes.size() && node(next).op == IrOp::set_vr && node(next).a == n;
  if (is_next && is_pinned_vr(node(next).imm)) return pinned_vr(node(next).imm);
  return x86::xmm(vector_result_host);
}

void Lowering::set_vr(NodeId n) {
  const unsigned guest = node(n).imm;
  const x86::Xmm value = vr_register(node(n).a, VectorCode::t0);
  if (!is_pinned_vr(guest)) {
    a.vmovdqa(vr_memory(guest), value);
  } else if (pinned_vr(guest).id() != value.id()) {
    a.vmovdqa(pinned_vr(guest), value);
  }
  use(node(n).a);
}

// --- Computation ---

void Lowering::compute_vector(NodeId n) {
  const Node& it = node(n);
  const auto operand = [&](NodeId value) { return value == no_node ? asmjit::Operand() : vr(value); };
  const x86::Xmm to = vr_target(n);
  vector_code_.emit({static_cast<vec::Op>(it.aux), operand(it.a), operand(it.b), operand(it.c), it.imm, to});
  vector_value_ = to;
  if (!vector_code_.exact.empty()) exact_vector(vector_code_.exact);
  use_operands(n);
}

// Behind it the code goes on with the register's old value as the result: the set_vr is to change nothing.
void Lowering::exact_vector(const Jumps& from) {
  Jumps in_block;
  for (const u32 at : from) in_block.push_back(at - static_cast<u32>(start_));
  const u32 back = here();
  const u32 word = block_->insns[insns_ - 1].word;
  far(in_block, [this, word, back, value = vector_value_] {
    call_exact_float(word);
    const unsigned guest = Insn(word).rd();
    if (!is_pinned_vr(guest)) a.vmovdqa(value, vr_memory(guest));
    jump_to(back);
  });
}

// CrField: equal if the lower half is zero, less if bit 62 is one; bits 63 and 59 alone are none of the four.
void Lowering::set_cr6(NodeId n) {
  const NodeId value = node(n).a;
  const x86::Gp field = temporary(), t = temporary();
  const x86::Xmm mask = vr_register(value, VectorCode::t0);
  if (node(n).op == IrOp::set_cr6_from_mask) {
    a.vpmovmskb(field, mask);
    a.lea(t, x86::ptr(field, 1));  // 0x10000 if all are ones
    a.shr(t, 16);
    a.shl(t.r64(), 62);
    a.or_(field.r64(), t.r64());
  } else {
    a.vptest(mask, mask);
    a.mov(field, 0);
    a.setnz(field.r8());
  }
  a.mov(t.r64(), CrField::from_nibble(0).raw() & ~u64{1});
  a.or_(field.r64(), t.r64());
  a.mov(qword(StateOffsets::cr(6)), field.r64());
  use(value);
}

// --- Elements ---

// From a table that is the identity but for one element.
void Lowering::insert_element(NodeId n) {
  const Node& it = node(n);
  const u32 bytes = it.aux;
  const x86::Xmm old = vr_register(it.a, VectorCode::t2), to = vr_target(n);
  const x86::Gp value = reg(it.b);
  a.vmovd(VectorCode::t0, value);
  const x86::Gp place = reg_to_change(it.c);
  a.and_(place, 15);
  const std::size_t window = bytes == 1   ? offsetof(VectorConstants, window_1)
                             : bytes == 2 ? offsetof(VectorConstants, window_2)
                                          : offsetof(VectorConstants, window_4);
  x86::Mem mask = VectorCode::constant(window + bytes);
  mask.setIndex(place.r64());
  a.vmovdqu(VectorCode::t1, mask);
  a.emit(bytes == 1   ? Id::kIdVpbroadcastb
         : bytes == 2 ? Id::kIdVpbroadcastw
                      : Id::kIdVpbroadcastd,
         VectorCode::t0, VectorCode::t0);
  a.vpblendvb(to, old, VectorCode::t0, VectorCode::t1);
  vector_value_ = to;
  use_operands(n);
}

void Lowering::extract_element(NodeId n) {
  const Node& it = node(n);
  const u32 bytes = it.aux;
  const unsigned guest = node(it.a).imm;
  if (is_pinned_vr(guest)) a.vmovdqa(vr_memory(guest), pinned_vr(guest));
  const x86::Gp place = reg_to_change(it.b);
  a.not_(place);
  a.and_(place, 15);
  const x86::Mem element(x86::rbp, place.r64(), 0, StateOffsets::vr(guest) + 1 - static_cast<i32>(bytes),
                         bytes);
  if (bytes == 4) {
    a.mov(place, element);
  } else {
    a.movzx(place, element);
  }
  use_operands(n);
  define(n, place);
}

// Sixteen of the bytes 31, 30, ... 0.
void Lowering::alignment_control(NodeId n) {
  const bool left = node(n).op == IrOp::vec_lvsl;
  const x86::Gp place = reg_to_change(node(n).a);
  if (left) a.not_(place);
  a.and_(place, 15);
  x86::Mem bytes = VectorCode::constant(offsetof(VectorConstants, descending) + (left ? 1 : 0));
  bytes.setIndex(place.r64());
  vector_value_ = vr_target(n);
  a.vmovdqu(vector_value_, bytes);
  use_operands(n);
}

}  // namespace quince::jit
