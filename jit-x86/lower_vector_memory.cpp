// Loads and stores of vectors. The address is a multiple of 16, so that an access is within a page.
#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {

x86::Mem reversal() { return VectorCode::constant(offsetof(VectorConstants, reverse)); }

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
    address_to_eax(n, node(n).a);
    const u32 slow = translate(node(n).a, SoftTlb::read_offset, 0);
    slow_access(slow, thunks_.load_vector, here());
    a.vmovdqu(to, x86::xmmword_ptr(x86::rax));
    a.vpshufb(to, to, reversal());
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
  address_to_eax(n, it.a);
  const x86::Xmm value = vr_register(it.b, VectorCode::t0);
  a.vpshufb(VectorCode::t1, value, reversal());
  const u32 slow = translate(it.a, SoftTlb::write_offset, 0);
  a.vmovdqu(x86::xmmword_ptr(x86::rax), VectorCode::t1);
  slow_access(slow, thunks_.store_vector, here());
  use(it.a);
  use(it.b);
}

}  // namespace quince::jit
