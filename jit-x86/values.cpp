// Where values are while a block is lowered: registers, guest registers, spill slots.
#include <algorithm>
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

namespace {

// Temporaries in the order in which they are given out.
constexpr u8 temporary_ids[] = {x86::Gp::kIdAx, x86::Gp::kIdDx, x86::Gp::kIdCx};

unsigned temporary_index(u8 host) {
  const auto at = std::find(std::begin(temporary_ids), std::end(temporary_ids), host);
  assert(at != std::end(temporary_ids));
  return static_cast<unsigned>(at - std::begin(temporary_ids));
}

bool is_temporary(u8 host) {
  return host == x86::Gp::kIdAx || host == x86::Gp::kIdCx || host == x86::Gp::kIdDx;
}

}  // namespace

void Lowering::use(NodeId n) {
  assert(uses_[n] > 0);
  if (--uses_[n] != 0) return;
  const Location at = where_[n];
  if (at.place == Place::temporary) holder_[temporary_index(at.index)] = no_node;
  if (at.place == Place::slot) slot_holder_[at.index] = no_node;
  where_[n] = {Place::nowhere};
}

// --- Temporaries ---

x86::Gp Lowering::temporary() {
  for (const bool may_forget_copy : {false, true}) {
    for (unsigned t = 0; t < temporaries; ++t) {
      if (holder_[t] != no_node || locked_[t]) continue;
      if (copy_of_[t] != no_guest && !may_forget_copy) continue;
      copy_of_[t] = no_guest;
      return locked_[t] = true, x86::gpd(temporary_ids[t]);
    }
  }
  for (unsigned t = 0; t < temporaries; ++t) {
    if (!locked_[t]) return spill(t), locked_[t] = true, x86::gpd(temporary_ids[t]);
  }
  assert(!"a node uses more temporaries than there are");
  return {};
}

x86::Gp Lowering::claim(u8 host) {
  const unsigned t = temporary_index(host);
  assert(!locked_[t]);
  if (holder_[t] != no_node) spill(t);
  copy_of_[t] = no_guest;
  locked_[t] = true;
  return x86::gpd(host);
}

void Lowering::spill(unsigned t) {
  const NodeId n = holder_[t];
  const auto free = std::find(std::begin(slot_holder_), std::end(slot_holder_), no_node);
  assert(free != std::end(slot_holder_));
  const auto slot = static_cast<u8>(free - std::begin(slot_holder_));
  a.mov(slot_memory(slot), x86::gpq(temporary_ids[t]));
  *free = n;
  holder_[t] = no_node;
  where_[n] = {Place::slot, slot};
}

void Lowering::free_temporaries_for_call() {
  copy_of_.fill(no_guest);
  for (unsigned t = 0; t < temporaries; ++t) {
    if (holder_[t] != no_node) spill(t);
  }
}

void Lowering::release(x86::Gp r) {
  if (is_temporary(static_cast<u8>(r.id()))) locked_[temporary_index(static_cast<u8>(r.id()))] = false;
}

void Lowering::relocate(NodeId n, u8 host) {
  const u8 from = where_[n].index;
  if (from == host) return;
  const x86::Gp to = claim(host);
  a.mov(to.r64(), x86::gpq(from));
  release(x86::gpd(from));
  holder_[temporary_index(from)] = no_node;
  holder_[temporary_index(host)] = n;
  where_[n].index = host;
}

// --- Copies of guest registers that live in memory ---

std::optional<x86::Gp> Lowering::copy_of(Location at) const {
  if (at.place != Place::guest || is_pinned(at.index)) return {};
  const auto t = std::find(copy_of_.begin(), copy_of_.end(), at.index);
  if (t == copy_of_.end()) return {};
  return x86::gpd(temporary_ids[t - copy_of_.begin()]);
}

void Lowering::keep_copy(x86::Gp temporary, unsigned guest) {
  copy_of_[temporary_index(static_cast<u8>(temporary.id()))] = static_cast<u8>(guest);
}

// --- Values ---

void Lowering::load_into(x86::Gp to, NodeId n) {
  const Location at = where_[n];
  switch (at.place) {
    case Place::constant:
      if (constant(n) == 0) {
        a.mov(to.r32(), 0);  // not xor: the flags may be in use
      } else {
        a.mov(to.r32(), constant(n));
      }
      break;
    case Place::guest:
      if (is_pinned(at.index)) {
        if (pinned_register(at.index).id() != to.id()) a.mov(to.r32(), pinned_register(at.index));
      } else if (const auto copy = copy_of(at)) {
        if (copy->id() != to.id()) a.mov(to.r32(), *copy);
      } else {
        a.load_state(to.r32(), StateOffsets::gpr(at.index));
      }
      break;
    case Place::temporary:
      if (at.index != to.id()) a.mov(to.r64(), x86::gpq(at.index));
      break;
    case Place::slot: a.mov(to.r64(), slot_memory(at.index)); break;
    case Place::nowhere:
    case Place::step:
    case Place::pending: assert(!"the value is not a word or has not been computed");
  }
}

x86::Gp Lowering::reg(NodeId n) {
  const Location at = where_[n];
  if (at.place == Place::guest && is_pinned(at.index)) return pinned_register(at.index);
  if (at.place == Place::temporary) return locked_[temporary_index(at.index)] = true, x86::gpd(at.index);
  if (const auto copy = copy_of(at)) {
    locked_[temporary_index(static_cast<u8>(copy->id()))] = true;
    return *copy;
  }
  const x86::Gp t = temporary();
  load_into(t, n);
  if (at.place == Place::guest) keep_copy(t, at.index);
  return t;
}

x86::Gp Lowering::reg_to_change(NodeId n) {
  const Location at = where_[n];
  if (at.place == Place::temporary && uses_[n] == 1) {
    return locked_[temporary_index(at.index)] = true, x86::gpd(at.index);
  }
  const x86::Gp t = temporary();
  load_into(t, n);
  return t;
}

asmjit::Operand Lowering::operand(NodeId n) {
  const Location at = where_[n];
  switch (at.place) {
    case Place::constant: return asmjit::imm(static_cast<i32>(constant(n)));
    case Place::guest:
      if (is_pinned(at.index)) return pinned_register(at.index);
      if (copy_of(at)) return reg(n);
      return guest_memory(at.index);
    case Place::slot: {
      x86::Mem memory = slot_memory(at.index);
      memory.setSize(4);
      return memory;
    }
    default: return reg(n);
  }
}

void Lowering::define(NodeId n, x86::Gp result) {
  const auto host = static_cast<u8>(result.id());
  if (uses_[n] == 0) return;
  if (is_temporary(host)) {
    holder_[temporary_index(host)] = n;
    where_[n] = {Place::temporary, host};
    return;
  }
  // A pinned register: destination() has chosen it, and the set_gpr that follows counts as done.
  const u8 guest = registers_->guest_of_host[host];
  where_[n] = {Place::guest, guest};
  add_alias(guest, n);
}

// --- Guest registers ---

// Values that live in the guest register move out before it changes.
void Lowering::before_guest_write(unsigned guest, NodeId except) {
  std::replace(copy_of_.begin(), copy_of_.end(), static_cast<u8>(guest), no_guest);
  for (NodeId n = last_alias_[guest]; n != no_node; n = alias_before_[n]) {
    if (n == except || uses_[n] == 0 || where_[n].place != Place::guest || where_[n].index != guest) continue;
    const x86::Gp t = temporary();
    load_into(t, n);
    define(n, t);
    release(t);
  }
  last_alias_[guest] = no_node;
}

NodeId Lowering::next_code(NodeId n) const {
  do {
    ++n;
  } while (n < block_->nodes.size() &&
           (node(n).op == IrOp::imm || node(n).op == IrOp::nop || done_[n] == Done::all));
  return n;
}

unsigned Lowering::uses_by(NodeId user, NodeId x) const {
  const Node& it = node(user);
  const auto complement = [&](NodeId operand_node) {
    return operand_node != no_node && where_[operand_node].place == Place::pending &&
           node(operand_node).op == IrOp::not_ && node(operand_node).a == x;
  };
  return (complement(it.a) ? 1 : 0) + (complement(it.b) ? 1 : 0) + (it.a == x ? 1 : 0) + (it.b == x ? 1 : 0) +
         (it.c == x ? 1 : 0);
}

// If the next thing that happens to the node's value is that it becomes a pinned guest register, and nobody
// needs the old value, the node is computed right there and the set_gpr is done with it. The node's own uses
// of its operands must still be pending when this is called.
std::optional<x86::Gp> Lowering::pinned_destination(NodeId n) {
  NodeId next = next_code(n), then = no_node;
  if (next < block_->nodes.size() && is_step_of(n, next)) {
    then = next;
    next = next_code(next);
  }
  if (next >= block_->nodes.size() || node(next).op != IrOp::set_gpr) return std::nullopt;
  if (node(next).a != (then == no_node ? n : then)) return std::nullopt;
  const unsigned guest = node(next).imm;
  if (!is_pinned(guest)) return std::nullopt;
  for (NodeId x = last_alias_[guest]; x != no_node; x = alias_before_[x]) {
    const bool lives_there = where_[x].place == Place::guest && where_[x].index == guest;
    if (lives_there && uses_[x] > uses_by(n, x)) return std::nullopt;
  }
  if (then == no_node) done_[next] = Done::code;
  return pinned_register(guest);
}

// Whether `next` computes the only thing that becomes of n's value, and can do so in place.
bool Lowering::is_step_of(NodeId n, NodeId next) const {
  const Node& it = node(next);
  if (it.a != n || uses_[n] != 1) return false;
  switch (it.op) {
    case IrOp::not_:
    case IrOp::sign_extend8:
    case IrOp::sign_extend16:
    case IrOp::swap32: return true;
    case IrOp::add:
    case IrOp::and_:
    case IrOp::or_:
    case IrOp::xor_:
    case IrOp::rotate_left:
    case IrOp::shift_left:
    case IrOp::shift_right: return is_constant(it.b);
    default: return false;
  }
}

x86::Gp Lowering::destination(NodeId n) {
  if (const auto pin = pinned_destination(n)) return *pin;
  return temporary();
}

x86::Gp Lowering::destination_over(NodeId n, NodeId operand_node) {
  if (const auto pin = pinned_destination(n)) return *pin;
  const Location at = where_[operand_node];
  if (at.place == Place::temporary && uses_[operand_node] == 1) return reg(operand_node);
  return temporary();
}

void Lowering::use_operands(NodeId n) {
  for (const NodeId x : {node(n).a, node(n).b, node(n).c}) {
    if (x != no_node) use(x);
  }
}

}  // namespace quince::jit
