// Loads, or stores, near each other: three and more with one base register and different displacements. The
// first looks its page up and, if all of them are in that page, leaves the host's address of its operand in
// rcx, otherwise 0; the others go by that, as long as no code between them takes rcx for something else.
//
//   test rcx, rcx ; jz miss ; movbe value, [rcx + distance]
//
// A miss is an access like any other, behind the block. Nothing between two of them can change the software
// TLB: there is no call but those of the accesses' own slow paths, which leave 0.
#include <algorithm>

#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {

constexpr unsigned fewest_others = 2;  // the first pays for the check
constexpr u32 farthest = 2048;         // bytes from the first

bool is_store(IrOp op) { return op == IrOp::store8 || op == IrOp::store16 || op == IrOp::store32; }

u32 size_of(IrOp op) {
  switch (op) {
    case IrOp::load8:
    case IrOp::store8: return 1;
    case IrOp::load16:
    case IrOp::store16: return 2;
    default: return 4;
  }
}

}  // namespace

Lowering::SplitAddress Lowering::split_address(NodeId ea) const {
  const Node& it = node(ea);
  if (it.op == IrOp::add && is_constant(it.b)) return {it.a, constant(it.b)};
  return {ea, 0};
}

// If the registers between them have not been written.
bool Lowering::is_same_base(NodeId one, NodeId other) const {
  return one == other || (one < other && node(one).op == IrOp::get_gpr && node(other).op == IrOp::get_gpr &&
                          node(one).imm == node(other).imm);
}

// Whose addresses have the alignment of the first, which is checked.
void Lowering::plan_neighbours(NodeId first) {
  neighbours_.others.clear();
  const IrOp op = node(first).op;
  const SplitAddress at = neighbours_.first = split_address(node(first).a);
  const auto changes_base = [&](NodeId n) {
    return node(n).op == IrOp::set_gpr && node(at.base).op == IrOp::get_gpr &&
           node(n).imm == node(at.base).imm;
  };
  if (is_constant(at.base) || uses_[node(first).a] != 1) return;  // the check overwrites the address
  for (NodeId n = at.base; n < first; ++n) {
    if (changes_base(n)) return;
  }
  i32 lowest = 0, end = static_cast<i32>(size_of(op));
  for (NodeId n = static_cast<NodeId>(first + 1); n < block_->nodes.size(); ++n) {
    if (!keeps_copies(n) || changes_base(n)) break;
    const IrOp other = node(n).op;
    if (!is_load_or_store(other)) continue;
    const SplitAddress to = split_address(node(n).a);
    const u32 distance = to.displacement - at.displacement, size = size_of(other);
    const bool near = distance + farthest < 2 * farthest && size <= size_of(op) && distance % size == 0;
    if (is_store(other) != is_store(op) || !is_same_base(at.base, to.base) || !near) break;
    lowest = std::min(lowest, static_cast<i32>(distance));
    end = std::max(end, static_cast<i32>(distance + size));
    neighbours_.others.push_back(n);
  }
  if (neighbours_.others.size() < fewest_others) neighbours_.others.clear();
  neighbours_.lowest = static_cast<u32>(lowest);
  neighbours_.end = static_cast<u32>(end);
}

bool Lowering::is_neighbour(NodeId access) const {
  return has_host_pointer() &&
         std::find(neighbours_.others.begin(), neighbours_.others.end(), access) != neighbours_.others.end();
}

// The sum is not needed but by the miss of the access that comes next.
bool Lowering::is_address_of_neighbour(NodeId n) const {
  if (!has_host_pointer() || uses_[n] != 1 || !is_constant(node(n).b)) return false;
  const auto has_no_code = [&](NodeId x) {
    const IrOp op = node(x).op;
    return op == IrOp::imm || op == IrOp::nop || op == IrOp::get_gpr;
  };
  NodeId next = static_cast<NodeId>(n + 1);
  while (next < block_->nodes.size() && has_no_code(next)) ++next;
  return next < block_->nodes.size() && is_neighbour(next) && node(next).a == n;
}

// The first access, with its address in eax and what makes the host's of it in rcx. On the slow way it is
// made apart, for rcx is 0 after it.
void Lowering::lead_neighbours(const MemoryAccess& it, u32 slow, const u8* thunk) {
  a.add(x86::rcx, x86::rax);
  access(it, x86::ptr(x86::rcx));
  const u32 apart = check_neighbours(), back = here();
  far({}, [this, it, slow, thunk, apart, back] {
    const u32 resumed = here();
    if (!it.is_store) access(it, x86::ptr(x86::rax));
    land(apart);
    a.xor_(x86::ecx, x86::ecx);
    jump_to(back);
    slow_access(slow, thunk, resumed);
  });
}

// The first one's address in eax. Jumps (to be patched) if not all of the accesses are in its page.
u32 Lowering::check_neighbours() {
  if (neighbours_.lowest != 0) a.add(x86::eax, neighbours_.lowest);
  a.and_(x86::eax, page_mask);
  a.cmp(x86::eax, page_size - (neighbours_.end - neighbours_.lowest));
  copy_of_[rcx_index] = host_pointer;
  return jump_if(x86::CondCode::kA);
}

// Of one of the others, for a miss: in eax, if it isn't left to be made then.
void Lowering::neighbours_address(NodeId ea) {
  if (lives_in(ea, x86::Gp::kIdAx)) {
    reg(ea);
  } else if (where_[ea].place == Place::temporary) {
    relocate(ea, x86::Gp::kIdAx);
  } else {
    claim(x86::Gp::kIdAx);
    if (where_[ea].place != Place::pending) load_into(x86::eax, ea);
  }
}

void Lowering::access_neighbour(NodeId n, const MemoryAccess& it, const LateAddress& address) {
  const u32 distance = split_address(node(n).a).displacement - neighbours_.first.displacement;
  a.test(x86::rcx, x86::rcx);
  const u32 miss = jump_if(x86::CondCode::kZ);
  access(it, x86::ptr(x86::rcx, static_cast<i32>(distance)));
  const u32 back = here();
  far({miss}, [this, it, address, back] {
    to_eax(address);
    call_for_access(it, (it.is_store ? thunks_.missed_store : thunks_.missed_load)[it.size_log2]);
    a.xor_(x86::ecx, x86::ecx);
    jump_to(back);
  });
}

// The address that a miss needs, from where its base is now.
Lowering::LateAddress Lowering::late_address(NodeId ea) const {
  if (where_[ea].place != Place::pending) return {};  // it is in eax
  const SplitAddress split = split_address(ea);
  return {where_[split.base], static_cast<i32>(split.displacement)};
}

void Lowering::to_eax(const LateAddress& late) {
  const Location base = late.base;
  const bool in_register =
      base.place == Place::temporary || (base.place == Place::guest && is_pinned(base.index));
  if (base.place == Place::nowhere) return;
  if (in_register) {
    const x86::Gp r = base.place == Place::guest ? pinned_register(base.index) : x86::gpd(base.index);
    a.lea(x86::eax, x86::ptr(r.r64(), late.displacement));
  } else {
    x86::Mem memory = base.place == Place::guest ? guest_memory(base.index) : slot_memory(base.index);
    memory.setSize(4);
    a.mov(x86::eax, memory);
    a.add(x86::eax, late.displacement);
  }
}

}  // namespace quince::jit
