// Loads and stores: one look-up in the software TLB's flat table, else a thunk. Where memory is flat, nothing
// but the access itself.
//
//   mov ecx, eax ; shr ecx, 12 ; mov rcx, [r15 + rcx * 8 + table] ; test rcx, rcx ; jz slow
//   test al, size - 1 ; jnz slow ; movbe value, [rcx + rax]
//
// Unaligned accesses are slow because they may cross into another page.
#include <cassert>

#include "jit-x86/byte_swapped.h"
#include "jit-x86/lowering.h"

namespace quince::jit {

void Lowering::lower_memory(NodeId n) {
  switch (node(n).op) {
    case IrOp::load8: return load(n, 0);
    case IrOp::load16: return load(n, 1);
    case IrOp::load32: return load(n, 2);
    case IrOp::store8: return store(n, 0);
    case IrOp::store16: return store(n, 1);
    case IrOp::store32: return store(n, 2);
    default: break;
  }
  assert(node(n).op == IrOp::require_alignment);
  if (alignment_traps_ & node(n).aux) {
    const x86::Gp ea = reg(node(n).a);
    a.test(ea.r8(), 3);
    // The address goes to eax only on the way out: nothing there is needed any more.
    far({jump_if(x86::CondCode::kNZ)}, [this, ea] {
      if (ea.id() != x86::Gp::kIdAx) a.mov(x86::eax, ea);
      call_with_side_point(thunks_.misaligned);
    });
  }
  use(node(n).a);
}

// The load or store that comes next wants the address there, and nothing has to leave it.
bool Lowering::is_address_for_eax(NodeId n) const {
  NodeId next = next_code(n);
  while (next < block_->nodes.size() && node(next).op == IrOp::get_gpr) next = next_code(next);
  if (flat_ || holder_[rax_index] != no_node || locked_[rax_index] || next >= block_->nodes.size())
    return false;
  return is_load_or_store(node(next).op) && node(next).a == n;
}

void Lowering::translate(u32 table, unsigned size_log2, Jumps& slow) {
  a.mov(x86::ecx, x86::eax);
  a.shr(x86::ecx, 12);
  a.mov(x86::rcx, x86::qword_ptr(x86::r15, x86::rcx, 3, static_cast<i32>(table)));
  a.test(x86::rcx, x86::rcx);
  slow.push_back(jump_if(x86::CondCode::kZ));
  if (size_log2 == 0) return;
  a.test(x86::al, (1 << size_log2) - 1);
  slow.push_back(jump_if(x86::CondCode::kNZ));
}

void Lowering::access(const MemoryAccess& it, const x86::Mem& at) {
  if (it.is_store)
    byte_swapped_store(a, at, it.value, it.size_log2);
  else
    byte_swapped_load(a, it.value, at, it.size_log2);
}

void Lowering::call_for_access(const MemoryAccess& it, const u8* thunk) {
  const bool elsewhere = it.value.id() != x86::Gp::kIdDx;
  if (it.is_store && elsewhere) a.mov(x86::edx, it.value);
  call_with_side_point(thunk);
  if (!it.is_store && elsewhere) a.mov(it.value, x86::edx);
}

// The address in eax, rcx free.
void Lowering::access_with_look_up(const MemoryAccess& it) {
  Jumps slow;
  translate(it.is_store ? SoftTlb::write_offset : SoftTlb::read_offset, it.size_log2, slow);
  const bool leads = !neighbours_.others.empty();
  if (leads) a.add(x86::rcx, x86::rax);
  access(it, leads ? x86::ptr(x86::rcx) : x86::ptr(x86::rcx, x86::rax));
  const u32 apart = leads ? check_neighbours() : 0, back = here();
  far(slow, [this, it, apart, back] {
    call_for_access(it, (it.is_store ? thunks_.store : thunks_.load)[it.size_log2]);
    if (apart != 0) {
      land(apart);
      a.xor_(x86::ecx, x86::ecx);
    }
    jump_to(back);
  });
}

// The sum can be left to the addressing mode of the load or store if nobody else wants it and its terms are
// what they are until then: nothing stands between but constants, names of registers and what a store makes
// of a floating-point register.
bool Lowering::is_address_of_next_access(NodeId n) const {
  if (!flat_ || uses_[n] != 1) return false;
  const auto writes_no_register = [&](NodeId x) {
    switch (node(x).op) {
      case IrOp::imm:
      case IrOp::nop:
      case IrOp::get_gpr:
      case IrOp::get_fpr:
      case IrOp::fp_to_single:
      case IrOp::fp_low_word: return true;
      default: return false;
    }
  };
  NodeId next = static_cast<NodeId>(n + 1);
  while (next < block_->nodes.size() && writes_no_register(next)) ++next;
  if (next == block_->nodes.size() || node(next).a != n) return false;
  switch (node(next).op) {
    case IrOp::load8:
    case IrOp::load16:
    case IrOp::load32:
    case IrOp::load_fp:
    case IrOp::load_fp_stored: return true;
    case IrOp::store8:
    case IrOp::store16:
    case IrOp::store32:
    case IrOp::store_fp: return flat_stores_;
    default: return false;
  }
}

x86::Mem Lowering::flat_address(NodeId ea) {
  const bool is_sum = where_[ea].place == Place::pending;
  x86::Mem address;
  if (!is_sum) {
    address = x86::ptr(reg(ea));
  } else if (is_constant(node(ea).b)) {
    address = x86::ptr(reg(node(ea).a), static_cast<i32>(constant(node(ea).b)));
  } else {
    const x86::Gp left = reg(node(ea).a);
    address = x86::ptr(left, reg(node(ea).b));
  }
  if (is_sum) use_operands(ea);
  use(ea);
  return address;
}

// Loads and stores are one instruction: movbe value, gs:[address], the address 32 bits wide so that it wraps
// as the guest's does. If the host faults, the guest's instruction is interpreted: its state is exact here.
void Lowering::note_flat_access() {
  // One further, because a call may return to here.
  const CarryFlag carry = carry_.in_byte ? CarryFlag::none : carry_.flag;
  side_points.push_back({here() + 1, static_cast<u8>(insns_ - 1), static_cast<u8>(carry), float_record_});
}

void Lowering::load_flat(NodeId n, unsigned size_log2) {
  const x86::Mem address = flat_address(node(n).a);
  const std::optional<x86::Gp> pin = pinned_destination(n);
  const x86::Gp to = pin ? *pin : temporary();
  x86::Mem from = address;
  from.setSegment(x86::gs);
  note_flat_access();
  byte_swapped_load(a, to, from, size_log2);
  define(n, to);
}

void Lowering::load(NodeId n, unsigned size_log2) {
  if (flat_) return load_flat(n, size_log2);
  const NodeId ea = node(n).a;
  const bool near = is_neighbour(n), pending = where_[ea].place == Place::pending;
  const bool in_place = where_[ea].place == Place::temporary && where_[ea].index == x86::Gp::kIdAx;
  const x86::Gp address = in_place ? reg(ea) : claim(x86::Gp::kIdAx);
  if (!in_place && !pending) load_into(address, ea);
  claim(x86::Gp::kIdDx);  // the thunk returns the value here
  if (!near) claim(x86::Gp::kIdCx), plan_neighbours(n);
  const LateAddress late = late_address(ea);
  if (pending) use_operands(ea);
  use(ea);
  const std::optional<x86::Gp> pin = pinned_destination(n);
  const MemoryAccess it{false, size_log2, pin ? *pin : x86::edx};
  near ? access_neighbour(n, it, late) : access_with_look_up(it);
  define(n, it.value);
}

void Lowering::store_flat(NodeId n, unsigned size_log2) {
  const NodeId value = node(n).b;
  const x86::Gp from = reg(value);
  const x86::Mem address = flat_address(node(n).a);
  x86::Mem to = address;
  to.setSegment(x86::gs);
  note_flat_access();
  byte_swapped_store(a, to, from, size_log2);
  use(value);
}

void Lowering::store(NodeId n, unsigned size_log2) {
  if (flat_stores_) return store_flat(n, size_log2);
  const NodeId ea = node(n).a, value = node(n).b;
  const bool near = is_neighbour(n), pending = where_[ea].place == Place::pending;
  const auto lives_in = [&](NodeId x, u8 host) {
    return where_[x].place == Place::temporary && where_[x].index == host;
  };
  // The value first: if it is in eax, it must leave before the address comes.
  const Location at = where_[value];
  x86::Gp from = x86::edx;
  if (at.place == Place::guest && is_pinned(at.index)) {
    from = pinned_register(at.index);
    claim(x86::Gp::kIdDx);
  } else if (lives_in(value, x86::Gp::kIdDx)) {
    reg(value);
    if (uses_[value] > 1) {  // somebody needs it again, and the thunk does not keep it
      release(x86::edx);
      claim(x86::Gp::kIdDx);
      load_into(x86::edx, value);
    }
  } else {
    if (lives_in(ea, x86::Gp::kIdDx)) {
      const x86::Gp address = claim(x86::Gp::kIdAx);
      a.mov(address, x86::edx);
      holder_[1] = no_node;
      holder_[0] = ea;
      where_[ea] = {Place::temporary, x86::Gp::kIdAx};
    }
    claim(x86::Gp::kIdDx);
    load_into(x86::edx, value);
  }
  if (lives_in(ea, x86::Gp::kIdAx)) {
    reg(ea);
  } else {
    release(x86::eax);
    claim(x86::Gp::kIdAx);
    if (!pending) load_into(x86::eax, ea);
    if (!pending && where_[ea].place == Place::temporary) {  // the thunk keeps it there, and nowhere else
      holder_[where_[ea].index == x86::Gp::kIdDx ? rdx_index : rcx_index] = no_node;
      holder_[rax_index] = ea;
      where_[ea] = {Place::temporary, x86::Gp::kIdAx};
    }
  }
  if (!near) claim(x86::Gp::kIdCx), plan_neighbours(n);
  const MemoryAccess it{true, size_log2, from};
  near ? access_neighbour(n, it, late_address(ea)) : access_with_look_up(it);
  if (pending) use_operands(ea);
  use(ea);
  use(value);
}

}  // namespace quince::jit
