// The pass over a block's nodes.
#include <algorithm>
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

void Lowering::run(const Block& block, const u8* base, u8 alignment_traps, bool flat, bool flat_stores) {
  block_ = &block;
  base_ = base;
  alignment_traps_ = alignment_traps;
  flat_ = flat;
  flat_stores_ = flat_stores;
  start_ = a.offset();
  side_points.clear();
  float_records.clear();
  links.clear();
  far_.clear();
  loop = {};
  loans.clear();
  owed.clear();
  registers_ = &usual_registers;
  fprs_held_ = vrs_held_ = false;
  rounds_ = Rounds::none;
  if (block.runs) [[unlikely]]
    count_run(block.runs);
  if (is_loop()) begin_loop();
  go_over_nodes();
  if (rounds_ == Rounds::first) {
    begin_rounds();
    go_over_nodes();
  }
  // A far piece may add another.
  for (std::size_t f = 0; f < far_.size(); ++f) {  // NOLINT(modernize-loop-convert)
    Far piece = far_[f];
    for (const u32 from : piece.from) land(from);
    insns_ = piece.insns;
    note_origin(true);
    float_record_ = piece.float_record;
    owed_now_ = piece.owed;
    registers_ = piece.registers;
    piece.emit();
  }
  assert(std::is_sorted(side_points.begin(), side_points.end(),
                        [](const auto& x, const auto& y) { return x.host_offset < y.host_offset; }));
}

void Lowering::count_run(u32* runs) {
  insns_ = 1;
  note_origin(false);
  a.mov(x86::rax, reinterpret_cast<u64>(runs));
  a.add(x86::dword_ptr(x86::rax), 1);
}

void Lowering::go_over_nodes() {
  so_known_ = true;
  insns_ = 0;
  carry_ = {};
  copy_of_.fill(no_guest);
  late_compares_ = {};
  late_compare_count_ = 0;
  last_overwrite_ = no_node;
  owed_now_ = {};
  if (registers_ == &lent_registers_) begin_next_round();
  zero_in_flags_ = no_node;
  flags_of_value_ = {};
  uses_ = block_->uses;
  where_.assign(block_->nodes.size(), {});
  done_.assign(block_->nodes.size(), Done::no);
  std::fill(std::begin(holder_), std::end(holder_), no_node);
  std::fill(std::begin(slot_holder_), std::end(slot_holder_), no_node);
  last_alias_.fill(no_node);
  alias_before_.resize(block_->nodes.size());
  plan_float_records();
  for (NodeId n = 0; n < block_->nodes.size(); ++n) {
    if (is_only_named(n)) continue;
    if (done_[n] == Done::no) {
      if (late_compare_count_ != 0) settle_late_compares(n);
      settle_carry(n);
      lower(n);
      if (!keeps_copies(n)) copy_of_.fill(no_guest);
    } else if (done_[n] == Done::code) {
      use_operands(n);
    }
    locked_.fill(false);
  }
}

constexpr auto copy_keepers = [] {
  std::array<bool, translator::ir_table.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto op = static_cast<IrOp>(i);
    table[i] = op <= IrOp::bit_not || (op >= IrOp::get_gpr && op <= IrOp::load32) || op == IrOp::store8 ||
               op == IrOp::store16 || op == IrOp::store32 || op == IrOp::require_alignment ||
               op == IrOp::jump_if;
  }
  return table;
}();

// Whether the node's code uses the temporaries by the rules of values.cpp alone and calls nothing.
bool Lowering::keeps_copies(NodeId n) const { return copy_keepers[static_cast<std::size_t>(node(n).op)]; }

// Half of all nodes only give something a name. True, and done with it, if this is one of them.
bool Lowering::is_only_named(NodeId n) {
  switch (node(n).op) {
    case IrOp::nop: return true;
    case IrOp::insn: ++insns_; return note_origin(false), true;
    case IrOp::imm: where_[n] = {Place::constant}; return true;
    case IrOp::get_gpr:
      where_[n] = {Place::guest, static_cast<u8>(node(n).imm)};
      return add_alias(node(n).imm, n), true;
    default: return false;
  }
}

void Lowering::lower(NodeId n) {
  switch (translator::info(node(n).op).result) {
    case translator::IrType::bit:
      where_[n] = {Place::pending};  // compared where it is used
      return;
    default: break;
  }
  switch (node(n).op) {
    case IrOp::add:
    case IrOp::sub:
    case IrOp::add_with_carry:
    case IrOp::mul:
    case IrOp::mul_high_signed:
    case IrOp::mul_high_unsigned:
    case IrOp::div_signed:
    case IrOp::div_unsigned:
    case IrOp::and_:
    case IrOp::or_:
    case IrOp::xor_:
    case IrOp::not_:
    case IrOp::rotate_left:
    case IrOp::shift_left:
    case IrOp::shift_right:
    case IrOp::shift_right_arithmetic:
    case IrOp::count_leading_zeros:
    case IrOp::sign_extend8:
    case IrOp::sign_extend16:
    case IrOp::swap16:
    case IrOp::swap32: return lower_arithmetic(n);
    case IrOp::set_gpr:
    case IrOp::get_lr:
    case IrOp::set_lr:
    case IrOp::get_ctr:
    case IrOp::set_ctr:
    case IrOp::get_state:
    case IrOp::set_state:
    case IrOp::set_ca:
    case IrOp::set_ov:
    case IrOp::set_cr_signed:
    case IrOp::set_cr_unsigned: return lower_register(n);
    case IrOp::get_cr:
    case IrOp::set_cr_bit:
    case IrOp::set_cr_field:
    case IrOp::copy_cr_field: return lower_cr(n);
    case IrOp::load8:
    case IrOp::load16:
    case IrOp::load32:
    case IrOp::store8:
    case IrOp::store16:
    case IrOp::store32:
    case IrOp::require_alignment: return lower_memory(n);
    case IrOp::load_reserved: return load_reserved(n);
    case IrOp::store_conditional: return store_conditional(n);
    case IrOp::zero_block: return zero_block(n);
    case IrOp::touch_block: return touch_block(n);
    case IrOp::invalidate_block: return invalidate_block(n);
    case IrOp::get_vr:
    case IrOp::set_vr:
    case IrOp::vec:
    case IrOp::vec_saturating:
    case IrOp::set_cr6_from_mask:
    case IrOp::set_cr6_bounds:
    case IrOp::insert_element:
    case IrOp::extract_element:
    case IrOp::vec_lvsl:
    case IrOp::vec_lvsr:
    case IrOp::load_vec:
    case IrOp::store_vec: return lower_vector(n);
    case IrOp::leave_if_float_mode_changed: return leave_if_float_mode_changed(n);
    case IrOp::leave_with_rounding: return leave_with_rounding(n);
    case IrOp::get_fpscr:
    case IrOp::set_fpscr:
    case IrOp::get_fpr:
    case IrOp::set_fpr:
    case IrOp::load_fp:
    case IrOp::load_fp_stored:
    case IrOp::store_fp:
    case IrOp::fp_from_single:
    case IrOp::fp_to_single:
    case IrOp::fp_low_word:
    case IrOp::fp_negate:
    case IrOp::fp_absolute:
    case IrOp::fp_select:
    case IrOp::fp_arith:
    case IrOp::fp_round_to_single:
    case IrOp::fp_to_int32:
    case IrOp::fp_compare: return lower_float(n);
    default: return lower_control(n);
  }
}

// --- Jumps ---

u32 Lowering::jump() {
  a.put(0xe9, 5);
  return here() - 4;
}

u32 Lowering::jump_if(x86::CondCode code) {
  a.put(0x0f | (0x80u | static_cast<u8>(code)) << 8, 6);
  return here() - 4;
}

void Lowering::lead(u32 displacement_at, u32 to) {
  const u32 displacement = to - (displacement_at + 4);
  std::memcpy(a.bufferData() + start_ + displacement_at, &displacement, 4);
}

u32 Lowering::short_jump_if(x86::CondCode code) {
  a.put(0x70u | static_cast<u8>(code), 2);
  return here() - 1;
}

void Lowering::land_short(u32 displacement_at) {
  a.bufferData()[start_ + displacement_at] = static_cast<u8>(here() - (displacement_at + 1));
}

void Lowering::jump_to(u32 offset) { jump_to(address(offset)); }
void Lowering::jump_to(const u8* code) { branch_absolute(0xe9, code); }
void Lowering::call(const u8* code) { branch_absolute(0xe8, code); }

void Lowering::branch_absolute(u8 opcode, const u8* code) {
  const auto displacement = static_cast<u32>(code - address(here() + 5));
  a.put(opcode | u64{displacement} << 8, 5);
}

// --- Guest registers ---

void Lowering::set_gpr(NodeId n) {
  const NodeId value = node(n).a;
  const unsigned guest = node(n).imm;
  const Location at = where_[value];
  const bool in_place = at.place == Place::guest && at.index == guest;
  const bool has_flags = flags_of_value_.at == here();
  before_guest_write(guest, value);
  if (at.place == Place::step) {
    a.lea(pinned_register(guest),
          x86::ptr(pinned_register(guest).r64(), static_cast<i32>(constant(node(value).b))));
  } else if (!in_place) {
    if (is_pinned(guest)) {
      load_into(pinned_register(guest), value);
    } else {
      store_word(StateOffsets::gpr(guest), value);
      if (where_[value].place == Place::temporary) keep_copy(x86::gpd(where_[value].index), guest);
    }
  }
  if (has_flags) flags_of_value_.at = here();  // moves have not changed them
  use(value);
  if (uses_[value] == 0) return;
  // Whoever needs the value again finds it in the guest register, too.
  if (where_[value].place == Place::temporary) {
    for (NodeId& holder : holder_) {
      if (holder == value) holder = no_node;
    }
    where_[value] = {Place::guest, static_cast<u8>(guest)};
  }
  if (where_[value].place == Place::guest && where_[value].index == guest) add_alias(guest, value);
}

void Lowering::store_word(i32 at, NodeId value) {
  if (is_constant(value)) {
    a.mov(dword(at), constant(value));
  } else {
    a.store_state(at, reg(value));
  }
}

void Lowering::load_word(NodeId n, i32 at) {
  const x86::Gp to = destination(n);
  a.load_state(to, at);
  define(n, to);
}

void Lowering::lower_register(NodeId n) {
  const Node& it = node(n);
  switch (it.op) {
    case IrOp::set_gpr: return set_gpr(n);
    case IrOp::get_lr: return load_word(n, StateOffsets::lr);
    case IrOp::get_ctr: return get_ctr(n);
    case IrOp::get_state: return load_word(n, StateOffsets::word(it.imm));
    case IrOp::set_state: return store_word(StateOffsets::word(it.imm), it.a), use(it.a);
    case IrOp::set_lr: return store_word(StateOffsets::lr, it.a), use(it.a);
    case IrOp::set_ctr:
      if (is_ctr_pinned()) return load_into(ctr_register(), it.a), use(it.a);
      return store_word(StateOffsets::ctr, it.a), use(it.a);
    case IrOp::set_ca: return set_ca(n);
    case IrOp::set_ov: {
      set_byte(it.a, byte(StateOffsets::ov));
      const x86::Gp t = temporary();
      a.movzx(t, byte(StateOffsets::ov));
      a.or_(byte(StateOffsets::so), t.r8());
      so_known_ = false;
      return;
    }
    default: return set_compare(n);
  }
}

void Lowering::get_ctr(NodeId n) {
  if (count_ctr_down(n)) return;
  if (!is_ctr_pinned()) return load_word(n, StateOffsets::ctr);
  const x86::Gp to = destination(n);
  a.mov(to, ctr_register());
  define(n, to);
}

// bdnz and bdz: if all that happens to CTR is that one is taken from it and the branch asks for zero, one
// instruction does it, and the branch finds the flag.
bool Lowering::count_ctr_down(NodeId n) {
  const NodeId minus = next_code(n), set = next_code(minus);
  if (set >= block_->nodes.size() || uses_[n] != 1) return false;
  const bool counts = node(minus).op == IrOp::add && node(minus).a == n && is_constant(node(minus).b) &&
                      constant(node(minus).b) == ~0u && node(set).op == IrOp::set_ctr && node(set).a == minus;
  const NodeId zero = next_code(set);
  if (!counts || zero >= block_->nodes.size() || uses_[minus] != 2 || uses_[zero] != 1) return false;
  if (node(zero).op != IrOp::equal || node(zero).a != minus || !is_constant(node(zero).b) ||
      constant(node(zero).b) != 0) {
    return false;
  }
  NodeId condition_node = zero, branch = next_code(zero);
  if (branch < block_->nodes.size() && node(branch).op == IrOp::bit_not && node(branch).a == zero &&
      uses_[branch] == 1) {
    condition_node = branch;
    branch = next_code(branch);
  }
  if (branch >= block_->nodes.size() || node(branch).op != IrOp::jump_if || node(branch).a != condition_node)
    return false;
  // Not sub, which changes the carry flag.
  is_ctr_pinned() ? a.dec(ctr_register()) : a.dec(dword(StateOffsets::ctr));
  zero_in_flags_ = zero;
  use_operands(set);
  use_operands(minus);
  done_[minus] = done_[set] = Done::all;
  return true;
}

void Lowering::extended(x86::Gp to, NodeId value, bool is_signed) {
  const Location at = where_[value];
  if (!is_signed) return load_into(to, value);
  if (is_constant(value)) {
    a.mov(to.r64(), static_cast<i64>(static_cast<i32>(constant(value))));
  } else if (const auto copy = copy_of(at)) {
    a.movsxd(to.r64(), *copy);
  } else if (at.place == Place::guest && !is_pinned(at.index)) {
    a.movsxd(to.r64(), guest_memory(at.index));
  } else {
    a.movsxd(to.r64(), reg(value));
  }
}

// Whether the value is what its comparison with 0 becomes: the upper half of a register with a word is zero.
bool Lowering::is_field_itself(NodeId compare) const {
  const Node &it = node(compare), &value = node(it.a);
  if (!is_constant(it.b) || constant(it.b) != 0 || is_constant(it.a) || block_->mode.so || !so_known_)
    return false;
  if (it.op == IrOp::set_cr_unsigned) return true;
  switch (value.op) {
    case IrOp::load8:
    case IrOp::load16: return true;
    case IrOp::and_: return is_constant(value.b) && constant(value.b) <= 0x7fff'ffff;
    case IrOp::shift_right: return is_constant(value.b) && constant(value.b) != 0;
    default: return false;
  }
}

// The 64-bit difference is the field (cr_field.h); SO, when set, flips bit 59, or makes "equal" 1 << 63.
void Lowering::set_compare(NodeId n) {
  const Node& it = node(n);
  const bool is_signed = it.op == IrOp::set_cr_signed;
  if (is_late(n)) return;
  const bool has_flags = has_flags_of(it.a);
  if (is_field_itself(n)) {
    a.store_state(StateOffsets::cr(it.imm), reg(it.a).r64());
    if (has_flags) flags_of_value_.at = here();
    return use(it.a), use(it.b);
  }
  const x86::Gp difference = temporary();
  extended(difference, it.a, is_signed);
  if (!is_constant(it.b) || constant(it.b) != 0) {
    if (is_constant(it.b) && (is_signed || constant(it.b) <= 0x7fff'ffff)) {
      a.sub(difference.r64(), static_cast<i32>(constant(it.b)));
    } else if (!is_signed && where_[it.b].place == Place::guest && is_pinned(where_[it.b].index)) {
      a.sub(difference.r64(), pinned_register(where_[it.b].index).r64());
    } else {
      const x86::Gp t = temporary();
      extended(t, it.b, is_signed);
      a.sub(difference.r64(), t.r64());
    }
  }
  const bool may_be_so = block_->mode.so || !so_known_;
  const bool has_only_moved = is_constant(it.b) && constant(it.b) == 0 && !may_be_so;
  if (may_be_so) {
    u32 clear = 0;
    if (!so_known_) {
      a.cmp(byte(StateOffsets::so), 0);
      clear = jump_if(x86::CondCode::kE);
    }
    a.test(difference.r64(), difference.r64());
    const u32 equal = jump_if(x86::CondCode::kZ);
    a.btc(difference.r64(), 59);
    const u32 store = jump();
    land(equal);
    a.bts(difference.r64(), 63);
    land(store);
    if (!so_known_) land(clear);
  }
  a.store_state(StateOffsets::cr(it.imm), difference.r64());
  if (has_flags && has_only_moved) flags_of_value_.at = here();
  use(it.a);
  use(it.b);
}

}  // namespace quince::jit
