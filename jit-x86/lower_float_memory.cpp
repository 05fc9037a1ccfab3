// Loads and stores of doubles, and what lfs and stfs do to the bits.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

void Lowering::load_float(NodeId n) {
  const x86::Xmm to = fpr_target(n);
  const x86::Mem swap = constant_memory(Constant::swap_bytes, 16);
  if (flat_) {
    const x86::Mem address = flat_address(node(n).a);
    x86::Mem from = address;
    from.setSegment(x86::gs);
    from.setSize(8);
    note_flat_access();
    a.vmovq(to, from);
    a.vpshufb(to, to, swap);
  } else {
    address_to_eax(n, node(n).a);
    const u32 slow = translate(node(n).a, SoftTlb::read_offset, 3);
    slow_access(slow, thunks_.load[3], here());
    a.vmovq(to, x86::qword_ptr(x86::rax));
    a.vpshufb(to, to, swap);
    use(node(n).a);
  }
  float_value_ = to;
  float_value_short_ = false;
}

void Lowering::join_words(x86::Xmm to, NodeId high, NodeId low) {
  const auto from = [this](NodeId word) {
    return is_constant(word) ? asmjit::Operand(reg(word)) : operand(word);
  };
  if (is_constant(low) && constant(low) == 0) {
    a.emit(x86::Inst::kIdVmovd, to, from(high));
    a.vpsllq(to, to, 32);
  } else {
    a.emit(x86::Inst::kIdVmovd, to, from(low));
    a.emit(x86::Inst::kIdVpinsrd, to, to, from(high), asmjit::imm(1));
  }
}

// What is in the way of the shortcut: memory that does not keep what is stored, or that the words reach in
// two pages. Flat memory is all of one kind, and where the stores succeeded the load does.
void Lowering::load_stored_float(NodeId n) {
  const Node& it = node(n);
  const x86::Xmm to = fpr_target(n);
  if (flat_) {
    if (where_[it.a].place == Place::pending) use_operands(it.a);
    join_words(to, it.b, it.c);
  } else {
    address_to_eax(n, it.a);
    const u32 slow = translate(it.a, SoftTlb::write_offset, 3);
    release(x86::eax);
    release(x86::ecx);
    join_words(to, it.b, it.c);
    far({}, [this, to, slow, back = here()] {
      const u32 load = here();
      a.vmovq(to, x86::qword_ptr(x86::rax));
      a.vpshufb(to, to, constant_memory(Constant::swap_bytes, 16));
      jump_to(back);
      slow_access(slow, thunks_.load[3], load);
    });
  }
  use_operands(n);
  float_value_ = to;
  float_value_short_ = is_constant(it.c) && (constant(it.c) & 0x1fff'ffff) == 0;
}

void Lowering::store_float_flat(NodeId n) {
  const Node& it = node(n);
  a.vpshufb(x86::xmm1, fpr(it.b, x86::xmm0), constant_memory(Constant::swap_bytes, 16));
  x86::Mem to = flat_address(it.a);
  to.setSegment(x86::gs);
  to.setSize(8);
  note_flat_access();
  a.vmovq(to, x86::xmm1);
  use(it.b);
}

void Lowering::store_float(NodeId n) {
  if (flat_stores_) return store_float_flat(n);
  const Node& it = node(n);
  address_to_eax(n, it.a);
  a.vpshufb(x86::xmm1, fpr(it.b, x86::xmm0), constant_memory(Constant::swap_bytes, 16));
  const u32 slow = translate(it.a, SoftTlb::write_offset, 3);
  a.vmovq(x86::qword_ptr(x86::rax), x86::xmm1);
  slow_access(slow, thunks_.store_double, here());
  use(it.a);
  use(it.b);
}

// The host's conversion is right for all but NaNs, which it quiets.
void Lowering::float_from_single(NodeId n) {
  const NodeId word = node(n).a;
  const x86::Gp from = reg(word);
  const x86::Xmm to = fpr_target(n);
  a.vmovd(to, from);
  a.vcvtss2sd(to, to, to);
  a.vucomisd(to, to);
  const u32 nan = jump_if(x86::CondCode::kParityEven);
  const u32 back = here();
  far({nan}, [this, from, to, back] {
    a.vmovd(x86::xmm0, from);
    call(thunks_.load_single);
    if (to.id() != 0) a.vmovapd(to, x86::xmm0);
    jump_to(back);
  });
  use(word);
  float_value_ = to;
  float_value_short_ = true;
}

// A selection of bits, but for values that are denormal as singles. Those, zeros and NaNs go through the
// thunk.
void Lowering::float_to_single(NodeId n) {
  const NodeId value = node(n).a;
  const x86::Gp to = temporary();
  const x86::Xmm from = fpr(value, x86::xmm0);
  a.vandpd(x86::xmm1, from, constant_memory(Constant::absolute, 16));
  a.vucomisd(x86::xmm1, constant_memory(Constant::least_normal_single, 8));
  const u32 unusual = jump_if(x86::CondCode::kB);
  a.vmovq(to.r64(), from);
  a.pext(to.r64(), to.r64(), constant_memory(Constant::single_bits, 8));
  const u32 back = here();
  far({unusual}, [this, from, to, back] {
    if (from.id() != 0) a.vmovapd(x86::xmm0, from);
    call(thunks_.store_single);
    a.vmovd(to, x86::xmm0);
    jump_to(back);
  });
  use(value);
  define(n, to);
}

void Lowering::float_low_word(NodeId n) {
  const NodeId value = node(n).a;
  const x86::Gp to = temporary();
  if (const unsigned number = node(value).imm; is_pinned_fpr(number)) {
    a.vmovd(to, pinned_fpr(number));
  } else {
    a.mov(to, dword(StateOffsets::fpr(number)));
  }
  use(value);
  define(n, to);
}

}  // namespace quince::jit
