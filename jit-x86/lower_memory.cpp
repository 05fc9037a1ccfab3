// Loads and stores: one look-up in the software TLB's flat table, else a thunk. Where memory is flat, nothing
// but the access itself.
//
//   mov ecx, eax ; shr ecx, 12 ; test al, size - 1 ; jnz end
//   sub rax, [r15 + rcx * 8 + table] ; end: jnc slow ; movbe value, [rax]
//
// A test clears the carry flag, so that the short jump leads on to the slow path.
//
// Unaligned accesses are slow because they may cross into another page. Code that makes many gets
//
//   lea ecx, [rax + size] ; test ecx, 0x1000 - size ; jz end
//
// as its beginning, for which only the last bytes of a page are slow. What stands at a constant address needs
//
//   mov eax, address ; sub rax, [r15 + page * 8 + table] ; jnc slow
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

// Of translate(), what there is one of for nearly every guest load and store, as whole words of code.
void Lowering::look_up(u32 table, u32 size) {
  constexpr u64 page_number = 0x0c'e9c1'c189;              // mov ecx, eax ; shr ecx, 12
  const u64 is_aligned = u64{size - 1} << 8 | 0x7500'a8;   // test al, size - 1 ; jnz
  constexpr u32 sub = 0xcf04'2b49, sub_far = 0xcf84'2b49;  // sub rax, [r15 + rcx * 8], + 32 bits
  if (size == 1) {
    a.put(page_number, 5);
  } else {
    a.put(page_number | is_aligned << 40, 8);
    a.put(table == 0 ? 4 : 8, 1);
  }
  table == 0 ? a.put(sub, 4) : a.put(sub_far | u64{table} << 32, 8);
}

u32 Lowering::translate(NodeId ea, u32 table, unsigned size_log2, bool keeps_address) {
  const u32 size = 1u << size_log2;
  if (is_constant(ea) && !keeps_address && (constant(ea) & page_mask) + size <= page_size) {
    a.sub(x86::rax, x86::qword_ptr(x86::r15, static_cast<i32>(constant(ea) / page_size * 8 + table)));
    return jump_if(x86::CondCode::kNC);
  }
  u32 unaligned = 0;
  if (size != 1 && block_->unaligned) {
    a.lea(x86::ecx, x86::ptr(x86::rax, static_cast<i32>(size)));
    a.test(x86::ecx, page_size - size);
    unaligned = short_jump_if(x86::CondCode::kZ);
    a.shr(x86::ecx, 12);
  } else if (!keeps_address) {
    look_up(table, size);
    return jump_if(x86::CondCode::kNC);
  } else {
    a.mov(x86::ecx, x86::eax);
    a.shr(x86::ecx, 12);
    if (size != 1) {
      a.test(x86::al, size - 1);
      unaligned = short_jump_if(x86::CondCode::kNZ);
    }
  }
  const x86::Mem distance = x86::qword_ptr(x86::r15, x86::rcx, 3, static_cast<i32>(table));
  if (keeps_address) {
    a.mov(x86::rcx, distance);
    a.neg(x86::rcx);
  } else {
    a.sub(x86::rax, distance);
  }
  if (unaligned != 0) land_short(unaligned);
  return jump_if(x86::CondCode::kNC);
}

void Lowering::slow_access(u32 from, const u8* thunk, u32 back) {
  far({from}, [this, thunk, back] { call_and_go_to(thunk, back); });
}

// The thunk goes back to `back`: the distance to there follows the call.
void Lowering::call_and_go_to(const u8* thunk, u32 back) {
  call_with_side_point(thunk);
  a.put(here() - back, 2);
}

void Lowering::copy_to_eax(NodeId ea) {
  if (lives_in(ea, x86::Gp::kIdAx)) {
    reg(ea);
  } else {
    load_into(claim(x86::Gp::kIdAx), ea);
  }
}

// The address, where translate() wants it and may change it. ecx is claimed, too.
void Lowering::address_to_eax(NodeId access, NodeId ea) {
  copy_to_eax(ea);
  claim(x86::Gp::kIdCx);
  if (!lives_in(ea, x86::Gp::kIdAx) || uses_[ea] == 1) return;
  if (is_next_step(access, ea)) {
    holder_[0] = no_node;
    where_[ea].place = Place::step;
  } else if (locked_[1]) {
    spill(0);
  } else {
    claim(x86::Gp::kIdDx);
    a.mov(x86::edx, x86::eax);
    holder_[0] = no_node;
    holder_[1] = ea;
    where_[ea].index = x86::Gp::kIdDx;
  }
}

// Loads and stores with update: whether all that will become of the address is that it replaces the register
// which it was made from, so that making it again is simpler than keeping it.
bool Lowering::is_next_step(NodeId access, NodeId ea) const {
  const Node& sum = node(ea);
  if (sum.op != IrOp::add || uses_[ea] != 2 || !is_constant(sum.b) || node(sum.a).op != IrOp::get_gpr)
    return false;
  const u32 guest = node(sum.a).imm;
  if (!is_pinned(guest)) return false;
  for (NodeId n = static_cast<NodeId>(sum.a + 1); n < block_->nodes.size(); ++n) {
    const Node& it = node(n);
    if (it.op == IrOp::set_gpr && it.imm == guest) return n > access && it.a == ea;
    if (n > access && it.op != IrOp::set_gpr && it.op != IrOp::sign_extend16 && it.op != IrOp::imm)
      return false;
  }
  return false;
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

// The address in eax, which is changed, rcx free.
void Lowering::access_with_look_up(const MemoryAccess& it, NodeId ea) {
  const bool leads = !neighbours_.others.empty();
  const u32 slow =
      translate(ea, it.is_store ? SoftTlb::write_offset : SoftTlb::read_offset, it.size_log2, leads);
  const u8* thunk = it.is_store ? thunks_.store[it.size_log2][it.value.id()] : thunks_.load[it.size_log2];
  if (leads) return lead_neighbours(it, slow, thunk);
  if (!it.is_store) slow_access(slow, thunk, here());
  access(it, x86::ptr(x86::rax));
  if (it.is_store) slow_access(slow, thunk, here());
}

// The sum can be left to the addressing mode of the load or store if nobody else wants it, or it only
// replaces the register that it was made from, and its terms are what they are until then: nothing stands
// between but constants, names of registers and what a store makes of a floating-point register.
bool Lowering::is_address_of_next_access(NodeId n) const {
  if (!flat_ || uses_[n] > 2) return false;
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
  if (uses_[n] == 2 && !is_next_step(next, n)) return false;
  switch (node(next).op) {
    case IrOp::load8:
    case IrOp::load16:
    case IrOp::load32:
    case IrOp::load_fp:
    case IrOp::load_fp_stored: return true;
    case IrOp::touch_block: return static_cast<Access>(node(next).aux) == Access::read;
    case IrOp::store8:
    case IrOp::store16:
    case IrOp::store32:
    case IrOp::store_fp: return flat_stores_;
    default: return false;
  }
}

x86::Mem Lowering::flat_address(NodeId ea, bool may_be_constant) {
  if (may_be_constant && is_constant(ea)) {
    use(ea);
    return x86::ptr(u64{constant(ea)});
  }
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
  if (is_sum && uses_[ea] != 0) where_[ea].place = Place::step;  // as is_next_step() says
  return address;
}

// Loads and stores are one instruction: movbe value, gs:[address], the address 32 bits wide so that it wraps
// as the guest's does. If the host faults, the guest's instruction is interpreted: its state is exact here.
void Lowering::note_flat_access() {
  // One further, because a call may return to here.
  const CarryFlag carry = carry_.in_byte ? CarryFlag::none : carry_.flag;
  note_side_point(here() + 1, carry);
}

void Lowering::load_flat(NodeId n, unsigned size_log2) {
  const x86::Mem address = flat_address(node(n).a, true);
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
  const bool near = is_neighbour(n);
  if (near) {
    claim(x86::Gp::kIdDx);  // the thunk returns the value here
    neighbours_address(ea);
  } else {
    address_to_eax(n, ea);
    plan_neighbours(n);
  }
  const bool leads = !near && !neighbours_.others.empty();
  if (leads) claim(x86::Gp::kIdDx);  // more is done with eax
  const LateAddress late = late_address(ea);
  if (where_[ea].place == Place::pending) use_operands(ea);
  use(ea);
  const std::optional<x86::Gp> pin = pinned_destination(n);
  const MemoryAccess it{false, size_log2, pin ? *pin : near || leads ? x86::edx : x86::eax};
  near ? access_neighbour(n, it, late) : access_with_look_up(it, ea);
  define(n, it.value);
}

void Lowering::store_flat(NodeId n, unsigned size_log2) {
  const NodeId value = node(n).b;
  const x86::Gp from = reg(value);
  const x86::Mem address = flat_address(node(n).a, true);
  x86::Mem to = address;
  to.setSegment(x86::gs);
  note_flat_access();
  byte_swapped_store(a, to, from, size_log2);
  use(value);
}

void Lowering::store(NodeId n, unsigned size_log2) {
  if (flat_stores_) return store_flat(n, size_log2);
  const NodeId ea = node(n).a, value = node(n).b;
  const bool near = is_neighbour(n);
  // The value first: if it is in eax, it must leave before the address comes.
  const Location at = where_[value];
  const std::optional<x86::Gp> copy = copy_of(at);
  x86::Gp from = x86::edx;
  if (at.place == Place::guest && is_pinned(at.index)) {
    from = pinned_register(at.index);
    if (near) claim(x86::Gp::kIdDx);  // a miss moves the value here
  } else if (lives_in(value, x86::Gp::kIdDx) || (copy && copy->id() == x86::Gp::kIdDx)) {
    reg(value);
  } else {
    if (lives_in(ea, x86::Gp::kIdDx)) relocate(ea, x86::Gp::kIdAx);
    if (where_[value].place == Place::temporary) {
      relocate(value, x86::Gp::kIdDx);
    } else {
      load_into(claim(x86::Gp::kIdDx), value);
      if (at.place == Place::guest) keep_copy(x86::edx, at.index);
    }
    release(x86::eax);
  }
  near ? neighbours_address(ea) : address_to_eax(n, ea);
  if (!near) plan_neighbours(n);
  const MemoryAccess it{true, size_log2, from};
  near ? access_neighbour(n, it, late_address(ea)) : access_with_look_up(it, ea);
  if (where_[ea].place == Place::pending) use_operands(ea);
  use(ea);
  use(value);
}

}  // namespace quince::jit
