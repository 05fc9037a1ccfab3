// Loads and stores of vectors. The address is a multiple of 16, so that an access is within a page.
#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {

x86::Mem reversal() { return VectorCode::constant(offsetof(VectorConstants, reverse)); }
x86::Mem vector_on_its_way() {
  return x86::Mem(x86::rbp, in_area(offsetof(translator::Area, vector_on_its_way)), 16);
}

}  // namespace

void Lowering::load_vector(NodeId n) {
  const x86::Xmm to = vr_target(n);
  if (flat_) {
    const x86::Mem address = flat_address(node(n).a);
    x86::Mem from = address;
    from.setSegment(x86::gs);
    from.setSize(16);
    note_flat_access();
    a.vmovdqu(to, from);
    a.vpshufb(to, to, reversal());
  } else {
    Jumps slow;
    address_to_eax(node(n).a);
    claim(x86::Gp::kIdCx);
    claim(x86::Gp::kIdDx);
    translate(SoftTlb::read_offset, 0, slow);
    a.vmovdqu(to, x86::xmmword_ptr(x86::rcx, x86::rax));
    a.vpshufb(to, to, reversal());
    const u32 back = here();
    far(slow, [this, to, back] {
      call_with_side_point(thunks_.load_vector);
      a.vmovdqa(to, vector_on_its_way());
      jump_to(back);
    });
    use(node(n).a);
  }
  vector_value_ = to;
}

void Lowering::store_vector_flat(NodeId n) {
  const NodeId value = node(n).b;
  const x86::Mem address = flat_address(node(n).a);
  a.vpshufb(VectorCode::t1, vr_register(value, VectorCode::t0), reversal());
  x86::Mem to = address;
  to.setSegment(x86::gs);
  to.setSize(16);
  note_flat_access();
  a.vmovdqu(to, VectorCode::t1);
  use(value);
}

void Lowering::store_vector(NodeId n) {
  if (flat_stores_) return store_vector_flat(n);
  const Node& it = node(n);
  address_to_eax(it.a);
  claim(x86::Gp::kIdCx);
  claim(x86::Gp::kIdDx);
  const x86::Xmm value = vr_register(it.b, VectorCode::t0);
  a.vpshufb(VectorCode::t1, value, reversal());
  Jumps slow;
  translate(SoftTlb::write_offset, 0, slow);
  a.vmovdqu(x86::xmmword_ptr(x86::rcx, x86::rax), VectorCode::t1);
  const u32 back = here();
  far(slow, [this, back] {
    a.vpshufb(VectorCode::t1, VectorCode::t1, reversal());
    a.vmovdqa(vector_on_its_way(), VectorCode::t1);
    call_with_side_point(thunks_.store_vector);
    jump_to(back);
  });
  use(it.a);
  use(it.b);
}

}  // namespace quince::jit
