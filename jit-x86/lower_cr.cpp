// The condition register's fields: 64 bits each, of which cr_field.h tells the meaning. Where an instruction
// deals in the architecture's four bits, a table leads from them to a field and a thunk back.
#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {
x86::Mem field_memory(unsigned f) { return x86::qword_ptr(x86::rbp, StateOffsets::cr(f)); }
}  // namespace

void Lowering::lower_cr(NodeId n) {
  const Node& it = node(n);
  switch (it.op) {
    case IrOp::set_cr_field: return set_cr_field(n);
    case IrOp::set_cr_bit: return set_cr_bit(n);
    case IrOp::get_cr: {
      for (const u8 id : {x86::Gp::kIdAx, x86::Gp::kIdCx, x86::Gp::kIdDx}) claim(id);
      call(thunks_.get_cr);
      return define(n, x86::eax);
    }
    default: {  // copy_cr_field
      const x86::Gp field = temporary();
      a.mov(field.r64(), field_memory(it.aux));
      a.mov(field_memory(it.imm), field.r64());
    }
  }
}

void Lowering::store_field_of_bits(unsigned f, x86::Gp bits) {
  const i32 table = in_area(offsetof(translator::Area, cr_fields));
  a.mov(bits.r64(), x86::qword_ptr(x86::rbp, bits.r64(), 3, table));
  a.mov(field_memory(f), bits.r64());
}

void Lowering::set_cr_field(NodeId n) {
  const Node& it = node(n);
  const x86::Gp bits = temporary();
  load_into(bits, it.a);
  use(it.a);
  if (it.aux != 0) a.shr(bits, it.aux);
  if (it.aux != 28) a.and_(bits, 15);
  store_field_of_bits(it.imm, bits);
}

void Lowering::set_cr_bit(NodeId n) {
  const Node& it = node(n);
  const unsigned place = 3 - it.imm % 4;
  const bool is_known = node(it.a).op == IrOp::bit;
  const bool known = is_known && node(it.a).imm != 0;
  if (is_known) {
    use(it.a);
  } else {
    const x86::CondCode code = condition(it.a);
    use(it.a);
    claim(x86::Gp::kIdDx);
    a.set(code, x86::dl);
  }
  claim(x86::Gp::kIdAx);
  claim(x86::Gp::kIdCx);
  a.mov(x86::rcx, field_memory(it.imm / 4));
  call(thunks_.cr_bits);
  if (!known) a.and_(x86::eax, ~(1 << place));
  if (known) a.or_(x86::eax, 1 << place);
  if (!is_known) {
    a.movzx(x86::edx, x86::dl);
    if (place != 0) a.shl(x86::edx, place);
    a.or_(x86::eax, x86::edx);
  }
  store_field_of_bits(it.imm / 4, x86::eax);
}

}  // namespace quince::jit
