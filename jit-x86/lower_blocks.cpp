// Reservations and cache blocks. In line where the software TLB knows the page: then translation and
// protection have been seen to, and a page that may be stored to at once has no translated code.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

// Reservations and dcbz want memory that is cached; the table knows of pages with an entry for stores.
void Lowering::require_cached(Jumps& slow) {
  a.mov(x86::ecx, x86::eax);
  a.shr(x86::ecx, 12);
  a.cmp(x86::byte_ptr(x86::r15, x86::rcx, 0, SoftTlb::uncached_offset), 0);
  slow.push_back(jump_if(x86::CondCode::kNZ));
}

// --- lwarx, stwcx. ---

void Lowering::load_reserved(NodeId n) {
  copy_to_eax(node(n).a);
  claim(x86::Gp::kIdCx);
  claim(x86::Gp::kIdDx);  // the thunk returns the value here
  if (flat_) {
    call_with_side_point(thunks_.load_reserved);
  } else {
    Jumps slow;
    require_cached(slow);
    slow.push_back(translate(node(n).a, SoftTlb::write_offset, 2, true));
    a.add(x86::rcx, x86::rax);
    a.movbe(x86::edx, x86::dword_ptr(x86::rcx));
    a.mov(qword(StateOffsets::reserved_word), x86::rcx);
    a.mov(byte(StateOffsets::reservation), 1);
    const u32 back = here();
    far(slow, [this, back] {
      call_with_side_point(thunks_.load_reserved);
      jump_to(back);
    });
  }
  use(node(n).a);
  define(n, x86::edx);
}

// CR0 is one of two fields, found by its four bits: whether it stored, and SO.
void Lowering::store_conditional(NodeId n) {
  assert(so_known_);
  const NodeId ea = node(n).a, value = node(n).b;
  const i32 fields = in_area(offsetof(translator::Area, cr_fields)) + 8 * block_->mode.so;
  free_temporaries_for_call();
  for (const u8 id : {x86::Gp::kIdAx, x86::Gp::kIdCx, x86::Gp::kIdDx}) claim(id);
  load_into(x86::eax, ea);
  load_into(x86::edx, value);
  use(ea);
  use(value);
  const auto slow_path = [this, fields] {
    call_with_side_point(thunks_.store_conditional);
    a.add(x86::edx, x86::edx);
    a.mov(x86::rax, x86::qword_ptr(x86::rbp, x86::rdx, 3, fields));
  };
  if (flat_) {
    slow_path();
    return a.mov(qword(StateOffsets::cr(0)), x86::rax), void();
  }
  Jumps slow;
  require_cached(slow);
  slow.push_back(translate(node(n).a, SoftTlb::write_offset, 2, true));
  a.cmp(byte(StateOffsets::reservation), 0);
  const u32 not_reserved = jump_if(x86::CondCode::kZ);
  a.movbe(x86::dword_ptr(x86::rcx, x86::rax), x86::edx);
  a.mov(byte(StateOffsets::reservation), 0);
  a.mov(x86::rax, qword(fields + 8 * static_cast<i32>(CrField::eq)));
  const u32 back = here();
  a.mov(qword(StateOffsets::cr(0)), x86::rax);
  far({not_reserved}, [this, fields, back] {
    a.mov(x86::rax, qword(fields));
    jump_to(back);
  });
  far(slow, [this, slow_path, back] {
    slow_path();
    jump_to(back);
  });
}

// --- dcbz ---

void Lowering::zero_block(NodeId n) {
  constexpr i32 block_bytes = 32;
  copy_to_eax(node(n).a);
  claim(x86::Gp::kIdCx);
  const x86::Gp block = claim(x86::Gp::kIdDx);
  x86::Mem to = x86::xmmword_ptr(x86::rcx, x86::rdx);
  Jumps slow;
  if (flat_) {
    to = x86::xmmword_ptr(block);
    to.setSegment(x86::gs);
  } else {
    require_cached(slow);
    slow.push_back(translate(node(n).a, SoftTlb::write_offset, 0, true));
  }
  use(node(n).a);
  if (flat_ && !flat_stores_) return call_with_side_point(thunks_.zero_block);
  a.mov(block, x86::eax);
  a.and_(block, -block_bytes);
  a.vpxor(x86::xmm0, x86::xmm0, x86::xmm0);
  for (const i32 half : {0, block_bytes / 2}) {
    if (flat_) note_flat_access();
    a.vmovdqu(to.cloneAdjusted(half), x86::xmm0);
  }
  const u32 back = here();
  far(slow, [this, back] {
    call_with_side_point(thunks_.zero_block);
    jump_to(back);
  });
}

// --- dcbst, dcbf, dcbi, icbi ---

// Nothing to do if the page of the node's address is in the table.
void Lowering::require_page(NodeId n, u32 table, const u8* thunk) {
  copy_to_eax(node(n).a);
  claim(x86::Gp::kIdCx);
  claim(x86::Gp::kIdDx);
  use(node(n).a);
  if (flat_) return call_with_side_point(thunk);  // nothing fills the table
  a.mov(x86::ecx, x86::eax);
  a.shr(x86::ecx, 12);
  a.cmp(x86::qword_ptr(x86::r15, x86::rcx, 3, static_cast<i32>(table)), 0);
  const u32 slow = jump_if(x86::CondCode::kZ);
  const u32 back = here();
  far({slow}, [this, thunk, back] {
    call_with_side_point(thunk);
    jump_to(back);
  });
}

void Lowering::touch_block(NodeId n) {
  if (flat_ && static_cast<Access>(node(n).aux) == Access::read) {  // a load that is not wanted
    x86::Mem from = flat_address(node(n).a);
    from.setSegment(x86::gs);
    from.setSize(1);
    const x86::Gp nothing = temporary();
    note_flat_access();
    a.movzx(nothing, from);
    return release(nothing);
  }
  const bool write = static_cast<Access>(node(n).aux) == Access::write;
  require_page(n, write ? SoftTlb::write_offset : SoftTlb::read_offset, thunks_.touch_block[write]);
}

void Lowering::invalidate_block(NodeId n) {
  require_page(n, SoftTlb::write_offset, thunks_.invalidate_block);
}

}  // namespace quince::jit
