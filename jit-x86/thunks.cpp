#include "jit-x86/thunks.h"

#include <algorithm>

#include "guest-ppc/decoder.h"
#include "guest-ppc/exact.h"
#include "guest-ppc/vector/vscr.h"
#include "jit-x86/byte_swapped.h"
#include "jit-x86/vector_code.h"
#include "translator/float_status.h"
#include "translator/profile.h"
#include "translator/translator.h"

namespace quince::jit {

namespace {

using translator::Area;
using translator::area_of;
using translator::ExitReason;
using translator::HelperWatch;

// --- What generated code calls. Exceptions stop here: they are reported, and the thunk leaves the block. ---

u64 report(Cpu& cpu, const GuestException& exception) {
  Area& area = area_of(cpu);
  static_cast<translator::Translator*>(area.engine)->report(exception);
  area.faulted = 1;
  return 0;
}

template <class F>
u64 guarded(Cpu* cpu, F f) {
  const HelperWatch watch(*cpu);
  try {
    return f();
  } catch (const GuestException& exception) {
    return report(*cpu, exception);
  }
}

using Slow = u64 (*)(Cpu*, u32 ea, u64 value);

template <class T>
void note_alignment(Cpu& cpu, u32 ea) {
  if (ea % sizeof(T) != 0) static_cast<translator::Translator*>(area_of(cpu).engine)->note_unaligned();
}
template <class T>
u64 slow_load(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&]() -> u64 {
    note_alignment<T>(*cpu, ea);
    const auto value = cpu->try_load<T>(ea);
    return value ? u64{*value} : report(*cpu, value.error());
  });
}
template <class T>
u64 slow_store(Cpu* cpu, u32 ea, u64 value) {
  return guarded(cpu, [&] {
    note_alignment<T>(*cpu, ea);
    const auto stored = cpu->try_store(ea, static_cast<T>(value));
    return stored ? u64{0} : report(*cpu, stored.error());
  });
}
u64 slow_load_reserved(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] { return cpu->load_reserved(ea); });
}
u64 slow_store_conditional(Cpu* cpu, u32 ea, u64 value) {
  return guarded(cpu, [&] { return u64{cpu->store_conditional(ea, static_cast<u32>(value))}; });
}
u64 slow_zero_block(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] { return cpu->zero_block(ea), u64{0}; });
}
template <Access access>
u64 slow_touch_block(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] { return cpu->touch_block(ea, access), u64{0}; });
}
u64 slow_invalidate_block(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] { return cpu->invalidate_instruction_block(ea), u64{0}; });
}
u64 slow_misaligned(Cpu* cpu, u32 ea, u64) { return report(*cpu, {Vector::alignment, 0, ea, 0}); }
// In the guest's order in memory, the other way round in registers.
u64 slow_load_vector(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] {
    const V128 value = cpu->load<V128>(ea);
    const auto* bytes = reinterpret_cast<const u8*>(&value);
    std::reverse_copy(bytes, bytes + sizeof value, area_of(*cpu).on_its_way);
    return u64{0};
  });
}
u64 slow_store_vector(Cpu* cpu, u32 ea, u64) {
  return guarded(cpu, [&] {
    V128 value;
    const u8* bytes = area_of(*cpu).on_its_way;
    std::reverse_copy(bytes, bytes + sizeof value, reinterpret_cast<u8*>(&value));
    return cpu->store(ea, value), u64{0};
  });
}
u64 slow_helper(Cpu* cpu, translator::Helper function, u32 word) {
  return guarded(cpu, [&] { return function(*cpu, Insn(word)), u64{0}; });
}

constexpr bool writes_all_of_fpscr(u32 word) { return (word & 0xfdfe'07fe) == 0xfdfe'058e; }  // mtfsf 255

// May change the mode that depends on FPSCR.
u64 slow_float_helper(Cpu* cpu, translator::Helper function, u32 word) {
  const u32& fpscr = cpu->state.fpscr;
  const u32 before = fpscr;
  if (writes_all_of_fpscr(word)) {
    translator::drop_float_status(*cpu);
  } else {
    translator::settle_float_status(*cpu);
  }
  const u64 nothing = slow_helper(cpu, function, word);
  if ((before ^ fpscr) & 0xff) {
    area_of(*cpu).mode_key = translator::Mode::of(cpu->state).key();
    translator::drop_float_status(*cpu);  // MXCSR changes with FPSCR
  }
  return nothing;
}
// The instruction raises no exception: none is enabled.
void exact_float(Cpu* cpu) {
  const HelperWatch watch(*cpu);
  const u32 word = area_of(*cpu).float_word;
  exact_function(decode(word, cpu->model.isa))(*cpu, Insn(word));
}

u64 read_fpscr(Cpu* cpu) {
  const HelperWatch watch(*cpu);
  translator::settle_float_status(*cpu);
  return fpu::mffs(cpu->state.fpscr);
}

const u8* resume(Cpu& cpu, bool unmasks = false) {
  return static_cast<translator::Translator*>(area_of(cpu).engine)->resume(unmasks);
}

// --- Assembly ---

constexpr u8 callee_saved[] = {x86::Gp::kIdBp,  x86::Gp::kIdBx,  x86::Gp::kIdR12,
                               x86::Gp::kIdR13, x86::Gp::kIdR14, x86::Gp::kIdR15};

// How deep the guest's calls go on the host's stack before it starts anew, 16 bytes each.
constexpr i32 call_stack_bytes = 128 * 1024;

constexpr bool survives_calls(u8 host) {
  for (const u8 id : callee_saved) {
    if (id == host) return true;
  }
  return false;
}

class ThunkMaker {
 public:
  ThunkMaker(x86::Assembler& assembler, Cpu& cpu, const u8* base)
      : a(assembler), cpu_(cpu), base_(base), start_(assembler.offset()) {}

  Thunks run() {
    Thunks t;
    save_fprs_ = begin(), save_fprs();
    load_fprs_ = begin(), load_fprs();
    save_vrs_ = begin(), save_vrs();
    load_vrs_ = begin(), load_vrs();
    t.load_fprs = begin(), hold_fprs();
    t.load_vrs = begin(), hold_vrs();
    t.exit = begin(), exit();
    exit_ = t.exit;
    fault_ = begin(), leave_with(ExitReason::fault);
    const u8* bottom = begin();  // an odd LR has found the return address there
    forget_callers();
    t.failed_return = begin();
    a.and_(x86::eax, ~3);
    a.cmp(x86::dword_ptr(x86::rbp, StateOffsets::countdown), 0);
    t.indirect = begin(), indirect();
    t.new_mode = begin(), forget_callers();  // they have the old mode
    jump_to(look_up_);
    t.enter = begin(), enter(bottom);
    t.link = begin();
    a.pop(x86::rax);
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, link))), x86::rax);
    leave_with(ExitReason::link);
    t.access = begin(), leave_with(ExitReason::access);
    t.checkpoint = begin();
    a.mov(pc(), x86::ecx);
    leave_with(ExitReason::checkpoint);
    t.lookup = begin();
    a.mov(pc(), x86::ecx);
    leave_with(ExitReason::lookup);
    const u8* change = begin();
    change_state();
    const auto state_change = [&](StateChange function) {
      const u8* entry = begin();
      a.mov(x86::rax, reinterpret_cast<u64>(function));
      jump_to(change);
      return entry;
    };
    t.system_call = state_change(StateChanges::system_call);
    t.return_from_interrupt = state_change(StateChanges::return_from_interrupt);
    t.synchronize = state_change(StateChanges::synchronize);
    const u8* set_msr_slowly = state_change(StateChanges::set_msr);
    t.set_msr = begin(), set_msr(set_msr_slowly);
    t.new_call_stack = begin(), new_call_stack();
    t.raise = begin();
    a.mov(pc(), x86::ecx);
    a.mov(area(offsetof(Area, vector)), x86::eax);
    a.mov(area(offsetof(Area, cause)), x86::edx);
    leave_with(ExitReason::raise);
    constexpr Slow loads[] = {slow_load<u8>, slow_load<u16>, slow_load<u32>, slow_load<u64>};
    constexpr Slow stores[] = {slow_store<u8>, slow_store<u16>, slow_store<u32>, slow_store<u64>};
    for (unsigned size = 0; size < 4; ++size) t.load[size] = slow(loads[size], 1u << size);
    for (unsigned size = 0; size < 3; ++size) {
      const u8* store = slow(stores[size], 0);
      for (const u8 host : store_registers()) t.store[size][host] = store_from(host, store);
    }
    for (unsigned size = 0; size < 3; ++size) {
      t.missed_load[size] = missed(SoftTlb::read_offset, size, slow_in_line(loads[size], true));
      t.missed_store[size] = missed(SoftTlb::write_offset, size, slow_in_line(stores[size], false));
    }
    const u8* store_64_bits = slow(stores[3], 0);
    t.store_double = begin();
    a.vmovq(x86::rcx, x86::xmm1);
    a.bswap(x86::rcx);
    jump_to(store_64_bits);
    t.load_vector = slow(slow_load_vector, 16);
    const u8* store_on_its_way = slow(slow_store_vector, 0);
    t.store_vector = begin();
    a.vmovdqu(on_its_way(16), VectorCode::t1);
    jump_to(store_on_its_way);
    t.load_reserved = slow_in_line(slow_load_reserved, true);
    t.store_conditional = slow_in_line(slow_store_conditional, true);
    t.zero_block = slow_in_line(slow_zero_block, false);
    t.touch_block[0] = slow_in_line(slow_touch_block<Access::read>, false);
    t.touch_block[1] = slow_in_line(slow_touch_block<Access::write>, false);
    t.invalidate_block = slow_in_line(slow_invalidate_block, false);
    t.misaligned = slow(slow_misaligned, 0);
    t.helper = begin(), helper(reinterpret_cast<u64>(slow_helper));
    t.float_helper = begin(), helper(reinterpret_cast<u64>(slow_float_helper));
    t.exact_float = begin(), exact_float_thunk();
    t.read_fpscr = begin(), read_fpscr();
    t.load_single = begin(), load_single();
    t.store_single = begin(), store_single();
    t.cr_bits = begin(), cr_bits();
    t.get_cr = begin(), get_cr();
    return t;
  }

 private:
  const u8* begin() const { return base_ + (a.offset() - start_); }
  static x86::Mem area(std::size_t member) { return x86::dword_ptr(x86::rbp, in_area(member)); }
  static x86::Mem pc() { return x86::dword_ptr(x86::rbp, StateOffsets::pc); }
  static x86::Mem home(const PinnedRegister& p) {
    return x86::dword_ptr(x86::rbp, StateOffsets::gpr(p.guest));
  }

  void store_pinned(bool all) {
    for (const PinnedRegister& p : pinned) {
      if (all || !survives_calls(p.host)) a.mov(home(p), x86::gpd(p.host));
    }
  }
  void load_pinned(bool all) {
    for (const PinnedRegister& p : pinned) {
      if (all || !survives_calls(p.host)) a.mov(x86::gpd(p.host), home(p));
    }
  }
  static x86::Mem constant(unsigned index) {
    return x86::qword_ptr(x86::rbp, in_area(offsetof(Area, backend)) + static_cast<i32>(8 * index));
  }
  static x86::Mem fprs() { return area(offsetof(Area, fprs)); }
  static x86::Mem mxcsr() {
    return area(offsetof(Area, float_status) + offsetof(translator::FloatStatus, mxcsr));
  }
  static x86::Mem fpr(unsigned n) { return x86::qword_ptr(x86::rbp, StateOffsets::fpr(n)); }

  void save_fprs() {
    for (unsigned n = 0; n < pinned_fprs; ++n) a.vmovsd(fpr(n), x86::xmm(first_fpr_host + n));
    a.mov(fprs(), fprs_saved);
    a.ret();
  }
  void load_fprs() {
    for (unsigned n = 0; n < pinned_fprs; ++n) a.vmovsd(x86::xmm(first_fpr_host + n), fpr(n));
    a.mov(fprs(), fprs_in_host);
    a.ret();
  }
  static x86::Mem vr(unsigned n) { return x86::Mem(x86::rbp, StateOffsets::vr(n), 16); }
  static x86::Mem vscr() { return x86::dword_ptr(x86::rbp, StateOffsets::vscr); }

  void save_vrs() {
    for (const PinnedRegister& p : pinned_vrs) a.vmovdqa(vr(p.guest), x86::xmm(p.host));
    asmjit::Label done = a.newLabel();
    a.vptest(VectorCode::saturated, VectorCode::saturated);
    a.jz(done);
    a.or_(vscr(), vec::vscr_sat);
    a.bind(done);
    a.mov(fprs(), vrs_saved);
    a.ret();
  }
  void load_vrs() {
    asmjit::Label java = a.newLabel(), done = a.newLabel();
    a.test(vscr(), vec::vscr_nj);
    a.jz(java);
    a.vldmxcsr(VectorCode::constant(offsetof(VectorConstants, mxcsr_nj), 4));
    a.jmp(done);
    a.bind(java);
    a.vldmxcsr(VectorCode::constant(offsetof(VectorConstants, mxcsr), 4));
    a.bind(done);
    for (const PinnedRegister& p : pinned_vrs) a.vmovdqa(x86::xmm(p.host), vr(p.guest));
    a.vpxor(VectorCode::saturated, VectorCode::saturated, VectorCode::saturated);
    a.mov(fprs(), vrs_in_host);
    a.ret();
  }
  // One kind after the other, or none. The scalar MXCSR is in the host's while vector registers are not.
  void hold_fprs() {
    asmjit::Label others = a.newLabel();
    a.cmp(fprs(), vrs_in_host);
    a.jne(others);
    branch_to(0xe8, save_vrs_);
    a.vldmxcsr(mxcsr());
    a.bind(others);
    jump_to(load_fprs_);
  }
  void hold_vrs() {
    asmjit::Label others = a.newLabel();
    a.cmp(fprs(), fprs_in_host);
    a.jne(others);
    branch_to(0xe8, save_fprs_);
    a.bind(others);
    a.vstmxcsr(mxcsr());
    jump_to(load_vrs_);
  }
  // Around code in C++, which may use the registers and raise flags of its own.
  void leave_float() {
    asmjit::Label scalar = a.newLabel(), neither = a.newLabel(), done = a.newLabel();
    a.cmp(fprs(), vrs_in_host);
    a.jne(scalar);
    branch_to(0xe8, save_vrs_);
    a.jmp(done);
    a.bind(scalar);
    a.cmp(fprs(), fprs_in_host);
    a.jne(neither);
    branch_to(0xe8, save_fprs_);
    a.bind(neither);
    a.vstmxcsr(mxcsr());
    a.bind(done);
    a.vldmxcsr(constant(Constant::host_mxcsr));
  }
  void enter_float() {
    asmjit::Label scalar = a.newLabel(), done = a.newLabel();
    a.cmp(fprs(), vrs_saved);
    a.jne(scalar);
    branch_to(0xe8, load_vrs_);
    a.jmp(done);
    a.bind(scalar);
    a.vldmxcsr(mxcsr());
    a.cmp(fprs(), fprs_saved);
    a.jne(done);
    branch_to(0xe8, load_fprs_);
    a.bind(done);
  }

  void load_window() {
    a.mov(x86::r15, reinterpret_cast<u64>(cpu_.tlb.base_address()));
    a.mov(x86::r15, x86::qword_ptr(x86::r15));
  }
  void jump_to(const u8* code) { branch_to(0xe9, code); }
  void branch_to(u8 opcode, const u8* code) {
    u8 bytes[5] = {opcode};
    const auto displacement = static_cast<i32>(code - (begin() + 5));
    std::memcpy(&bytes[1], &displacement, 4);
    a.embed(bytes, sizeof bytes);
  }
  void leave_with(ExitReason reason) {
    a.mov(x86::eax, static_cast<u32>(reason));
    jump_to(exit_);
  }

  // u32 enter(rbp, code). On entry rsp is 8 below a multiple of 16, and again after the six pushes: where a
  // block calls a thunk, and the thunk a function, the function finds the alignment that it expects.
  void forget_callers() { a.mov(x86::rsp, x86::qword_ptr(x86::rbp, in_area(offsetof(Area, call_stack)))); }
  void enter(const u8* bottom) {
    for (const u8 id : callee_saved) a.push(x86::gpq(id));
    a.mov(x86::rbp, x86::rdi);
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, host_stack))), x86::rsp);
    // The bottom of the guest's calls has an odd return address, which is in LR only where somebody put it
    // there.
    a.push(1);
    a.mov(x86::rax, reinterpret_cast<u64>(bottom));
    a.push(x86::rax);
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, call_stack))), x86::rsp);
    a.lea(x86::rax, x86::ptr(x86::rsp, -call_stack_bytes));
    a.mov(x86::qword_ptr(x86::rbp, StateOffsets::call_stack_limit), x86::rax);
    a.mov(x86::rax, x86::rsi);
    load_pinned(true);
    load_window();
    a.vldmxcsr(mxcsr());
    a.jmp(x86::rax);
  }
  void exit() {
    leave_float();
    a.mov(fprs(), fprs_in_memory);
    store_pinned(true);
    a.mov(x86::rsp, x86::qword_ptr(x86::rbp, in_area(offsetof(Area, host_stack))));
    for (unsigned n = std::size(callee_saved); n-- > 0;) a.pop(x86::gpq(callee_saved[n]));
    a.ret();
  }

  // The callers have the old state: their returns must not be found on the stack. The function computes
  // nothing in floating point, so that MXCSR may stay where nothing else is to be saved.
  void change_state() {
    asmjit::Label in_memory = a.newLabel(), still_in_memory = a.newLabel(), leave = a.newLabel();
    store_pinned(false);
    forget_callers();
    a.cmp(fprs(), fprs_in_memory);
    a.je(in_memory);
    leave_float();
    a.bind(in_memory);
    a.sub(x86::rsp, 8);
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    a.mov(x86::esi, x86::edx);
    a.mov(x86::edx, x86::ecx);
    a.call(x86::rax);
    a.add(x86::rsp, 8);
    a.mov(x86::rdx, x86::rax);
    a.cmp(fprs(), fprs_in_memory);
    a.je(still_in_memory);
    enter_float();
    a.bind(still_in_memory);
    load_pinned(false);
    load_window();
    a.test(x86::rdx, x86::rdx);
    a.jz(leave);
    a.jmp(x86::rdx);
    a.bind(leave);
    leave_with(ExitReason::recheck);
  }

  // Operating systems turn external interrupts off and on all the time: that is quick, unless one waits.
  void set_msr(const u8* slowly) {
    constexpr u32 harmless = msr::ee | msr::ri, never = msr::se | msr::be | msr::fe0 | msr::fe1 | msr::pow;
    const x86::Mem state_msr = x86::dword_ptr(x86::rbp, StateOffsets::msr);
    asmjit::Label masked = a.newLabel(), slow = a.newLabel();
    a.jle(slow);
    a.mov(x86::eax, state_msr);
    a.xor_(x86::eax, x86::edx);
    a.test(x86::eax, ~harmless);
    a.jnz(slow);
    a.test(x86::edx, never);
    a.jnz(slow);
    a.test(x86::edx, msr::ee);
    a.jz(masked);
    a.mov(x86::eax, x86::dword_ptr(x86::rbp, StateOffsets::countdown));
    a.cmp(x86::eax, x86::dword_ptr(x86::rbp, StateOffsets::quiet));
    a.jle(slow);
    a.bind(masked);
    a.mov(state_msr, x86::edx);
    a.ret();
    a.bind(slow);
    jump_to(slowly);
  }

  void new_call_stack() {
    a.pop(x86::rcx);
    a.movzx(x86::edx, x86::word_ptr(x86::rcx));
    a.sub(x86::rcx, x86::rdx);
    forget_callers();
    a.jmp(x86::rcx);
  }

  // Looks into the table that the run loop fills; about 5 cycles where the host predicts the jump. A page
  // that is not there has no tag that a line has: theirs are odd.
  void indirect() {
    asmjit::Label out_of_time = a.newLabel(), miss = a.newLabel();
    a.jle(out_of_time);
    look_up_ = begin();
    a.mov(x86::rdx, x86::qword_ptr(x86::rbp, in_area(offsetof(Area, dispatch))));
    a.mov(x86::ecx, x86::eax);
    a.and_(x86::ecx, (translator::dispatch_lines - 1) * 4);
    a.lea(x86::rdx, x86::ptr(x86::rdx, x86::rcx, 2));
    a.cmp(x86::dword_ptr(x86::rdx, offsetof(translator::DispatchLine, pc)), x86::eax);
    a.jne(miss);
    a.mov(x86::ecx, x86::eax);
    a.shr(x86::ecx, 12);
    a.mov(x86::ecx, x86::dword_ptr(x86::r15, x86::rcx, 2, SoftTlb::exec_offset));
    a.or_(x86::ecx, area(offsetof(Area, mode_key)));
    a.cmp(x86::dword_ptr(x86::rdx, offsetof(translator::DispatchLine, tag)), x86::ecx);
    a.jne(miss);
    a.jmp(x86::qword_ptr(x86::rdx, offsetof(translator::DispatchLine, code)));
    a.bind(miss);
    a.mov(pc(), x86::eax);
    leave_with(ExitReason::lookup);
    a.bind(out_of_time);
    a.mov(pc(), x86::eax);
    leave_with(ExitReason::checkpoint);
  }

  static x86::Mem on_its_way(u32 bytes) {
    return x86::Mem(x86::rbp, in_area(offsetof(Area, on_its_way)), bytes);
  }
  static std::vector<u8> store_registers() {
    std::vector<u8> hosts{x86::Gp::kIdDx};
    for (const PinnedRegister& p : pinned) hosts.push_back(p.host);
    return hosts;
  }
  const u8* store_from(u8 host, const u8* store) {
    const u8* entry = begin();
    a.mov(x86::ecx, x86::gpd(host));
    jump_to(store);
    return entry;
  }

  // Address in eax, value in rcx; rdx is kept. What is loaded, if anything, is at rax in the end. Goes on as
  // Lowering::slow_access() says.
  const u8* slow(Slow function, u32 loaded) {
    const u8* entry = begin();
    a.push(x86::rdx);
    a.push(x86::rdx);
    a.mov(x86::rdx, x86::qword_ptr(x86::rsp, 16));
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, fault_address))), x86::rdx);
    store_pinned(false);
    leave_float();
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    a.mov(x86::esi, x86::eax);
    a.mov(x86::rdx, x86::rcx);
    call(reinterpret_cast<u64>(function));
    switch (loaded) {
      case 1: a.mov(on_its_way(1), x86::al); break;
      case 2: a.movbe(on_its_way(2), x86::ax); break;
      case 4: a.movbe(on_its_way(4), x86::eax); break;
      case 8: a.movbe(on_its_way(8), x86::rax); break;
      default: break;
    }
    enter_float();
    load_pinned(false);
    load_window();
    a.pop(x86::rdx);
    a.pop(x86::rdx);
    check_fault();
    a.mov(x86::rcx, x86::qword_ptr(x86::rsp));
    a.movzx(x86::ecx, x86::word_ptr(x86::rcx));
    a.sub(x86::qword_ptr(x86::rsp), x86::rcx);
    if (loaded != 0) a.lea(x86::rax, on_its_way(0));
    a.ret();
    return entry;
  }

  // As slow(), but simply returns: address in eax, which is kept, value in or to edx.
  const u8* slow_in_line(Slow function, bool loads) {
    const u8* entry = begin();
    note_return_address();
    a.push(x86::rdx);
    a.push(x86::rax);
    store_pinned(false);
    leave_float();
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    a.mov(x86::esi, x86::eax);
    call(reinterpret_cast<u64>(function));
    if (loads) a.mov(x86::qword_ptr(x86::rsp, 8), x86::rax);
    enter_float();
    load_pinned(false);
    load_window();
    a.pop(x86::rax);
    a.pop(x86::rdx);
    finish_call();
    return entry;
  }

  // For pages that may well be at hand.
  const u8* missed(u32 table, unsigned size_log2, const u8* slow_access) {
    const u8* entry = begin();
    const bool is_load = table == SoftTlb::read_offset;
    asmjit::Label slow = a.newLabel();
    a.test(x86::al, (1 << size_log2) - 1);
    a.jnz(slow);
    a.mov(x86::ecx, x86::eax);
    a.shr(x86::ecx, 12);
    a.mov(x86::rcx, x86::qword_ptr(x86::r15, x86::rcx, 3, static_cast<i32>(table)));
    a.neg(x86::rcx);
    a.jnc(slow);
    is_load ? byte_swapped_load(a, x86::edx, x86::ptr(x86::rcx, x86::rax), size_log2)
            : byte_swapped_store(a, x86::ptr(x86::rcx, x86::rax), x86::edx, size_log2);
    a.ret();
    a.bind(slow);
    jump_to(slow_access);
    return entry;
  }

  // Function in rax, instruction word in edx. The helper may read and write any register.
  void helper(u64 function) {
    note_return_address();
    store_pinned(true);
    leave_float();
    a.sub(x86::rsp, 16);
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    a.mov(x86::rsi, x86::rax);
    call(function);
    a.add(x86::rsp, 16);
    enter_float();
    load_pinned(true);
    load_window();
    finish_call();
  }

  void exact_float_thunk() {
    constexpr x86::Gp kept[] = {x86::rax, x86::rcx, x86::rdx, x86::rdx};
    for (const x86::Gp& r : kept) a.push(r);
    store_pinned(false);
    leave_float();
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    call(reinterpret_cast<u64>(exact_float));
    enter_float();
    load_pinned(false);
    for (unsigned n = std::size(kept); n-- > 0;) a.pop(kept[n]);
    a.ret();
  }

  void read_fpscr() {
    asmjit::Label slow = a.newLabel();
    emit_read_fpscr(a, slow);
    a.bind(slow);
    store_pinned(false);
    leave_float();
    a.sub(x86::rsp, 16);
    a.mov(x86::rdi, reinterpret_cast<u64>(&cpu_));
    call(reinterpret_cast<u64>(quince::jit::read_fpscr));
    enter_float();
    load_pinned(false);
    a.add(x86::rsp, 16);
    a.ret();
  }

  // A single that is a NaN: sign, exponent and fraction as they are, nothing quieted.
  void load_single() {
    a.push(x86::rax);
    a.push(x86::rcx);
    a.vmovd(x86::eax, x86::xmm0);
    a.mov(x86::ecx, x86::eax);
    a.shl(x86::rcx, 29);  // the fraction in place, above it the exponent and the sign
    a.and_(x86::eax, static_cast<i32>(0x8000'0000));
    a.or_(x86::eax, 0x7ff0'0000);
    a.shl(x86::rax, 32);
    a.shl(x86::rcx, 12);
    a.shr(x86::rcx, 12);
    a.or_(x86::rax, x86::rcx);
    a.vmovq(x86::xmm0, x86::rax);
    a.pop(x86::rcx);
    a.pop(x86::rax);
    a.ret();
  }

  // As fpu::store_single.
  void store_single() {
    asmjit::Label denormal = a.newLabel(), done = a.newLabel();
    a.push(x86::rax);
    a.push(x86::rcx);
    a.push(x86::rdx);
    a.vmovq(x86::rax, x86::xmm0);
    a.mov(x86::rcx, x86::rax);
    a.shr(x86::rcx, 52);
    a.and_(x86::ecx, 0x7ff);
    a.sub(x86::ecx, 874);
    a.cmp(x86::ecx, 22);
    a.jbe(denormal);
    a.pext(x86::rax, x86::rax, constant(Constant::single_bits));
    a.bind(done);
    a.vmovd(x86::xmm0, x86::eax);
    a.pop(x86::rdx);
    a.pop(x86::rcx);
    a.pop(x86::rax);
    a.ret();
    a.bind(denormal);
    a.mov(x86::rdx, x86::rax);
    a.shr(x86::rdx, 29);
    a.and_(x86::edx, 0x7f'ffff);
    a.or_(x86::edx, 0x80'0000);
    a.neg(x86::ecx);
    a.add(x86::ecx, 23);
    a.shr(x86::edx, x86::cl);
    a.shr(x86::rax, 32);
    a.and_(x86::eax, static_cast<i32>(0x8000'0000));
    a.or_(x86::eax, x86::edx);
    a.jmp(done);
  }

  // Shifts the four bits of the field in rdx into eax; see CrField.
  void append_cr_bits() {
    a.bt(x86::rdx, 62);
    a.adc(x86::eax, x86::eax);
    a.test(x86::rdx, x86::rdx);
    a.setg(x86::cl);
    a.movzx(x86::ecx, x86::cl);
    a.lea(x86::eax, x86::ptr(x86::rcx, x86::rax, 1));
    a.test(x86::edx, x86::edx);
    a.setz(x86::cl);
    a.movzx(x86::ecx, x86::cl);
    a.lea(x86::eax, x86::ptr(x86::rcx, x86::rax, 1));
    a.mov(x86::rcx, x86::rdx);
    a.shr(x86::rcx, 4);  // bit 63 beside bit 59
    a.xor_(x86::rcx, x86::rdx);
    a.bt(x86::rcx, 59);
    a.adc(x86::eax, x86::eax);
  }
  void cr_bits() {
    a.push(x86::rdx);
    a.mov(x86::rdx, x86::rcx);
    a.xor_(x86::eax, x86::eax);
    append_cr_bits();
    a.pop(x86::rdx);
    a.ret();
  }
  void get_cr() {
    a.xor_(x86::eax, x86::eax);
    for (unsigned f = 0; f < 8; ++f) {
      a.mov(x86::rdx, x86::qword_ptr(x86::rbp, StateOffsets::cr(f)));
      append_cr_bits();
    }
    a.ret();
  }

  void note_return_address() {
    a.mov(x86::rcx, x86::qword_ptr(x86::rsp));
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, fault_address))), x86::rcx);
  }
  // rsp is a multiple of 16 here.
  void call(u64 function) {
    a.mov(x86::rax, function);
    a.call(x86::rax);
  }
  void finish_call() {
    check_fault();
    a.ret();
  }
  void check_fault() {
    asmjit::Label fine = a.newLabel();
    a.cmp(area(offsetof(Area, faulted)), 0);
    a.je(fine);
    jump_to(fault_);
    a.bind(fine);
    a.mov(x86::qword_ptr(x86::rbp, in_area(offsetof(Area, fault_address))), 0);
  }

  x86::Assembler& a;
  Cpu& cpu_;
  const u8* base_;
  const std::size_t start_;
  const u8* save_fprs_ = nullptr;
  const u8* load_fprs_ = nullptr;
  const u8* save_vrs_ = nullptr;
  const u8* load_vrs_ = nullptr;
  const u8* exit_ = nullptr;
  const u8* look_up_ = nullptr;
  const u8* fault_ = nullptr;
};

}  // namespace

const u8* StateChanges::system_call(Cpu* cpu, u32, u32 next_pc) {
  const HelperWatch watch(*cpu);
  cpu->hooks().system_call(next_pc);
  return resume(*cpu);
}
const u8* StateChanges::return_from_interrupt(Cpu* cpu, u32, u32) {
  const HelperWatch watch(*cpu);
  cpu->return_from_interrupt();
  return resume(*cpu, true);
}
const u8* StateChanges::set_msr(Cpu* cpu, u32 value, u32 next_pc) {
  const HelperWatch watch(*cpu);
  cpu->state.pc = next_pc;
  cpu->set_msr(value);
  return resume(*cpu, true);
}
const u8* StateChanges::synchronize(Cpu* cpu, u32, u32 next_pc) {
  const HelperWatch watch(*cpu);
  cpu->state.pc = next_pc;
  return resume(*cpu);
}

Thunks make_thunks(x86::Assembler& assembler, Cpu& cpu, const u8* base) {
  return ThunkMaker(assembler, cpu, base).run();
}

}  // namespace quince::jit
