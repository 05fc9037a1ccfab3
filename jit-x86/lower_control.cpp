// Branches, traps, helpers: everything that leaves a block's straight line.
#include <cassert>

#include "jit-x86/lowering.h"

namespace quince::jit {

void Lowering::count_down(u32 insns) { a.sub(countdown(), insns); }

void Lowering::call_with_side_point(const u8* thunk) {
  call(thunk);
  note_side_point(here(), CarryFlag::none);
}

void Lowering::call_helper(translator::Helper function, u32 word, bool uses_fpscr) {
  a.mov(x86::edx, word);
  a.mov(x86::rax, reinterpret_cast<u64>(function));
  call_with_side_point(uses_fpscr ? thunks_.float_helper : thunks_.helper);
  if (uses_fpscr) short_fprs_ = 0;
}

// Backward jumps are checkpoints.
void Lowering::count_and_check(u32 next, bool checkpoint) {
  count_down(insns_);
  if (next > block_->insns[insns_ - 1].pc && !checkpoint) return;
  far({jump_if(x86::CondCode::kLE)}, [this, next] {
    return_loans();
    a.mov(x86::ecx, next);
    jump_to(thunks_.checkpoint);
  });
}

// To a known address: through a link, guarded where the target's page may have come to mean something else.
void Lowering::link_to(u32 target, bool calls) {
  const auto index = static_cast<u32>(links.size());
  links.push_back({target, 0, 0, 0, calls});
  if ((target ^ block_->pc) & ~page_mask) {
    const auto entry = static_cast<i32>(SoftTlb::exec_offset + target / page_size * 4);
    a.cmp(x86::dword_ptr(x86::r15, entry), 0x7fff'ffff);  // no tag has this value until the link is made
    links[index].guard_offset = here() - 4;
    far({jump_if(x86::CondCode::kNE)}, [this, index] {
      call(thunks_.link);
      links[index].after_stub = here();
    });
  }
  if (calls) push_return_address();
  call(thunks_.link);
  links[index].after_jump = here();
}

void Lowering::leave_to(u32 target, bool checkpoint) {
  count_and_check(target, checkpoint);
  return_loans();
  link_to(target, false);
}

// --- Subroutines ---

void Lowering::push_return_address() {
  a.cmp(x86::rsp, qword(StateOffsets::call_stack_limit));
  const u32 full = jump_if(x86::CondCode::kB);
  const u32 back = here();
  far({full}, [this, back] { call_and_go_to(thunks_.new_call_stack, back); });
  a.push(static_cast<i32>(block_->insns[insns_ - 1].pc + 4));
}

void Lowering::return_here() { link_to(block_->insns[insns_ - 1].pc + 4, false); }

void Lowering::call_subroutine(u32 target) {
  count_and_check(target, false);
  link_to(target, true);
  return_here();
}

// Target in a value. Every indirect branch is a checkpoint: the look-up begins with the countdown's flags.
void Lowering::leave_indirectly(NodeId n, NodeId target) {
  constexpr i32 address = ~3;
  load_into(x86::eax, target);
  use(target);
  switch (static_cast<translator::BranchHint>(node(n).aux)) {
    case translator::BranchHint::computed:
      a.and_(x86::eax, address);
      count_down(insns_);
      return jump_to(thunks_.indirect);
    case translator::BranchHint::call:
      a.and_(x86::eax, address);
      push_return_address();
      count_down(insns_);
      call(thunks_.indirect);
      return return_here();
    case translator::BranchHint::subroutine_return: {
      count_down(insns_);
      const u32 out_of_time = jump_if(x86::CondCode::kLE);
      a.cmp(x86::dword_ptr(x86::rsp, 8), x86::eax);
      const u32 elsewhere = jump_if(x86::CondCode::kNE);
      a.ret(8);
      return far({out_of_time, elsewhere}, [this] { jump_to(thunks_.failed_return); });
    }
  }
}

// --- The machine's state ---

void Lowering::change_state(const u8* thunk, u32 next_pc) {
  a.mov(x86::ecx, next_pc);
  jump_to(thunk);
}

void Lowering::set_msr(NodeId n) {
  const u32 next = node(n).imm;
  free_temporaries_for_call();
  load_into(x86::edx, node(n).a);
  use(node(n).a);
  a.mov(x86::ecx, next);
  count_down(insns_);
  call(thunks_.set_msr);
  link_to(next, false);
}

// Nothing to do if the page still is where this code's own page was.
void Lowering::synchronize(u32 next) {
  count_down(insns_);
  Jumps slow{jump_if(x86::CondCode::kLE)};
  if (!flat_) {
    const auto entry = static_cast<i32>(SoftTlb::exec_offset + block_->pc / page_size * 4);
    a.cmp(x86::dword_ptr(x86::r15, entry), (block_->physical & ~page_mask) | 1);
    slow.push_back(jump_if(x86::CondCode::kNE));
  }
  far(slow, [this, next] { change_state(thunks_.synchronize, next); });
  link_to(next, false);
}

// The way on is known unless it leads through this very segment.
void Lowering::segment_changed(NodeId n) {
  const u32 next = node(n).imm;
  free_temporaries_for_call();
  load_into(x86::eax, node(n).a);
  use(node(n).a);
  count_down(insns_);
  Jumps slow{jump_if(x86::CondCode::kLE)};
  a.xor_(x86::eax, next - 4);
  a.shr(x86::eax, 28);
  slow.push_back(jump_if(x86::CondCode::kZ));
  far(slow, [this, next] { change_state(thunks_.synchronize, next); });
  link_to(next, false);
}

void Lowering::lower_control(NodeId n) {
  const Node& it = node(n);
  const u32 pc = block_->insns[insns_ - 1].pc;
  const auto raise = [this, pc](u32 vector, u32 cause) {
    count_down(insns_ - 1);
    a.mov(x86::ecx, pc);
    a.mov(x86::eax, vector);
    a.mov(x86::edx, cause);
    jump_to(thunks_.raise);
  };
  switch (it.op) {
    case IrOp::jump: return closes_loop(n) ? close_loop(n) : leave_to(it.imm, it.aux != 0);
    case IrOp::call_subroutine: return call_subroutine(it.imm);
    case IrOp::jump_if: {
      if (closes_loop(n)) return close_loop(n);
      if (is_never_taken(n)) return use(it.a);
      const x86::CondCode taken = condition(it.a);
      use(it.a);
      if (it.imm <= pc) {  // probably a loop: stay in line
        const u32 not_taken = jump_if(static_cast<x86::CondCode>(static_cast<u8>(taken) ^ 1));
        write_fields(late_compares());
        leave_to(it.imm, false);
        return land(not_taken);
      }
      return far({jump_if(taken)}, [this, target = it.imm, late = late_compares()] {
        write_fields(late);
        leave_to(target, false);
      });
    }
    case IrOp::jump_indirect:
    case IrOp::jump_indirect_if: {
      u32 not_taken = 0;
      const bool conditional = it.op == IrOp::jump_indirect_if;
      const NodeId target = conditional ? it.b : it.a;
      if (conditional) {
        reg(target);  // in place before the flags are
        const x86::CondCode taken = condition(it.a);
        use(it.a);
        not_taken = jump_if(static_cast<x86::CondCode>(static_cast<u8>(taken) ^ 1));
      }
      leave_indirectly(n, target);
      if (conditional) land(not_taken);
      return;
    }
    case IrOp::trap_if: {
      const x86::CondCode hit = condition(it.a);
      use(it.a);
      const u32 cause = it.imm;
      return far({jump_if(hit)}, [raise, cause] { raise(static_cast<u32>(Vector::program), cause); });
    }
    case IrOp::raise: return raise(it.imm, u32{it.a} << 16);
    case IrOp::call:
      free_temporaries_for_call();
      return call_helper(block_->helpers[it.imm], block_->insns[insns_ - 1].word, it.aux != 0);
    case IrOp::set_msr: return set_msr(n);
    case IrOp::segment_changed: return segment_changed(n);
    case IrOp::synchronize: return synchronize(it.imm);
    case IrOp::system_call: count_down(insns_); return change_state(thunks_.system_call, pc + 4);
    case IrOp::return_from_interrupt:
      count_down(insns_);
      return change_state(thunks_.return_from_interrupt, 0);
    case IrOp::leave:
      count_down(insns_);
      a.mov(x86::ecx, it.imm);
      return jump_to(it.aux ? thunks_.checkpoint : thunks_.lookup);
    default: assert(!"lifting gives no such node to this back end");
  }
}

}  // namespace quince::jit
