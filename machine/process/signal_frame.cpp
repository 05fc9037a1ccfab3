// Registers to and from the frames of signal handlers.
#include "machine/process/signal_frame.h"

#include <cerrno>

#include "guest-ppc/fpu/fpscr.h"
#include "guest-ppc/vector/vscr.h"
#include "machine/process/kernel.h"

namespace quince::machine::process {

using ppc::CrField;

namespace {

constexpr u32 call_sigreturn = 119, call_rt_sigreturn = 172;
constexpr u32 li_r0 = 0x3800'0000, sc = 0x4400'0002;
// What user mode of Linux shows in MSR besides PR: EE, ME, IR, DR and RI are on.
constexpr u32 linux_msr =
    ppc::msr::ee | ppc::msr::pr | ppc::msr::me | ppc::msr::ir | ppc::msr::dr | ppc::msr::ri;
constexpr u32 system_call_trap = 0xc00;

GuestRegisters registers_of(const ppc::CpuState& state) {
  GuestRegisters r{};
  for (std::size_t n = 0; n < 32; ++n) r.gpr[n] = state.gpr[n];
  r.nip = state.pc, r.ctr = state.ctr, r.link = state.lr, r.xer = state.xer(), r.ccr = state.cr_word();
  r.msr = linux_msr | (state.msr & (ppc::msr::fp | ppc::msr::vec | ppc::msr::fe0 | ppc::msr::fe1));
  r.original_gpr3 = state.gpr[3], r.dar = state.dar, r.dsisr = state.dsisr, r.trap = system_call_trap;
  return r;
}

// The manual's word i of a vector register.
std::array<be32, 4> words_of(const ppc::V128& v) {
  return {v.element<u32>(0), v.element<u32>(1), v.element<u32>(2), v.element<u32>(3)};
}

ppc::V128 vector_of(const std::array<be32, 4>& words) {
  ppc::V128 v;
  for (unsigned n = 0; n < 4; ++n) v.set_element<u32>(n, words[n]);
  return v;
}

}  // namespace

void Kernel::save_context(u32 address) {
  const ppc::CpuState& state = cpu.state;
  GuestContext context{};
  context.registers = registers_of(state);
  for (std::size_t n = 0; n < 32; ++n) context.fpr[n] = state.fpr[n];
  context.fpr[32] = u64{state.fpscr};
  if (cpu.model.has_altivec()) {
    for (std::size_t n = 0; n < 32; ++n) context.vr[n] = words_of(state.vr[n]);
    context.vr[32] = {state.vrsave, 0u, 0u, state.vscr};
  }
  memory.put(address, context);
}

void Kernel::restore_context(u32 address, bool from_handler) {
  const auto context = memory.get<GuestContext>(address);
  ppc::CpuState& state = cpu.state;
  const u32 r2 = state.gpr[2];
  for (std::size_t n = 0; n < 32; ++n) state.gpr[n] = context.registers.gpr[n];
  if (!from_handler) state.gpr[2] = r2;  // swapcontext keeps the thread's own TLS pointer
  state.pc = context.registers.nip & ~3u, state.ctr = context.registers.ctr,
  state.lr = context.registers.link;
  state.set_xer(context.registers.xer);
  state.set_cr_word(context.registers.ccr);
  for (std::size_t n = 0; n < 32; ++n) state.fpr[n] = context.fpr[n];
  state.fpscr = ppc::fpu::mtfsf(0, 0xff, static_cast<u32>(context.fpr[32]));
  if (cpu.model.has_altivec() && (context.registers.msr & ppc::msr::vec)) {
    for (std::size_t n = 0; n < 32; ++n) state.vr[n] = vector_of(context.vr[n]);
    state.vrsave = context.vr[32][0], state.vscr = ppc::vec::mtvscr(vector_of(context.vr[32]));
  }
  state.reservation = false;
}

u32 Kernel::frame_address(const SignalAction& action, u32 bytes) const {
  const AlternateStack& alternate = current_->alternate_stack;
  u32 sp = cpu.state.gpr[1];
  if ((action.flags & SA_ONSTACK) && alternate.enabled && !alternate.holds(sp)) {
    sp = alternate.address + alternate.bytes;
  }
  return (sp - bytes) & ~15u;
}

GuestStack guest_stack(const AlternateStack& alternate, u32 sp) {
  const u32 state = !alternate.enabled ? SS_DISABLE : alternate.holds(sp) ? SS_ONSTACK : 0;
  return {alternate.address, state | (alternate.disarm ? autodisarm : 0), alternate.bytes};
}

namespace {

void put_trampoline(GuestMemory& memory, u32 context, u32 call) {
  const u32 at = context + offsetof(GuestContext, trampoline);
  memory.put(at, std::array<be32, 2>{li_r0 | call, sc});
}

}  // namespace

// Throws BadAddress if the stack has no room.
void Kernel::push_frame(const SignalInfo& info, const SignalAction& action) {
  const bool with_info = action.flags & SA_SIGINFO;
  const u32 frame = frame_address(action, with_info ? sizeof(GuestInfoFrame) : sizeof(GuestFrame));
  const u32 sp = frame - (with_info ? info_caller_bytes : caller_bytes);
  const u64 mask = current_->mask_after.value_or(current_->blocked);
  auto& state = cpu.state;
  memory.writable(sp, sizeof(GuestInfoFrame));  // before anything changes
  u32 context;
  if (with_info) {
    const u32 user = frame + offsetof(GuestInfoFrame, user);
    context = user + offsetof(GuestUserContext, context);
    memory.put(frame, GuestSignalInfo(info));
    memory.put(user + offsetof(GuestUserContext, flags), std::array<be32, 2>{});
    memory.put(user + offsetof(GuestUserContext, stack),
               guest_stack(current_->alternate_stack, state.gpr[1]));
    memory.put(user + offsetof(GuestUserContext, registers), be32(context));
    memory.put(user + offsetof(GuestUserContext, mask), GuestSignalSet(mask));
  } else {
    context = frame + offsetof(GuestFrame, context);
    GuestSignalContext signal{};
    signal.unused[3] = static_cast<u32>(mask >> 32);
    signal.signal = info.number, signal.handler = action.handler;
    signal.mask = static_cast<u32>(mask), signal.registers = context;
    memory.put(frame, signal);
  }
  save_context(context);
  put_trampoline(memory, context, with_info ? call_rt_sigreturn : call_sigreturn);
  memory.put(sp, be32(state.gpr[1]));
  if (current_->alternate_stack.disarm) current_->alternate_stack = {};

  state.gpr[1] = sp;
  state.gpr[3] = static_cast<u32>(info.number);
  state.gpr[4] = frame;  // sigcontext or siginfo
  if (with_info) {
    state.gpr[5] = frame + offsetof(GuestInfoFrame, user);
    state.gpr[6] = frame;
  }
  state.lr = context + offsetof(GuestContext, trampoline);
  state.pc = action.handler & ~3u;  // as rfi, which Linux returns with
  state.fpscr = 0;                  // handlers start without floating-point exceptions
  state.reservation = false;
}

Result Kernel::return_from_signal(bool with_info) {
  const u32 frame = cpu.state.gpr[1] + (with_info ? info_caller_bytes : caller_bytes);
  if (with_info) {
    const u32 user = frame + offsetof(GuestInfoFrame, user);
    set_mask(thread(), memory.get<GuestSignalSet>(user + offsetof(GuestUserContext, mask)).value());
    const auto stack = memory.get<GuestStack>(user + offsetof(GuestUserContext, stack));
    restore_context(memory.get<be32>(user + offsetof(GuestUserContext, registers)), true);
    const bool enabled = !(stack.flags & SS_DISABLE);
    thread().alternate_stack = {stack.sp, stack.size, enabled, (stack.flags & autodisarm) != 0};
  } else {
    const auto signal = memory.get<GuestSignalContext>(frame);
    set_mask(thread(), u64{signal.unused[3]} << 32 | signal.mask);
    restore_context(signal.registers, true);
  }
  return no_result;
}

// --- swapcontext ---

void save_user_context(Kernel& k, u32 address) {
  const u32 context = address + offsetof(GuestUserContext, context);
  const u32 sp = k.cpu.state.gpr[1];
  k.memory.put(address + offsetof(GuestUserContext, stack), guest_stack(k.thread().alternate_stack, sp));
  k.memory.put(address + offsetof(GuestUserContext, registers), be32(context));
  k.memory.put(address + offsetof(GuestUserContext, mask), GuestSignalSet(k.thread().blocked));
  // Resumed there, the call will seem to have given back 0.
  const ppc::CpuState now = k.cpu.state;
  k.cpu.state.gpr[3] = 0;
  k.cpu.state.cr[0] = CrField::from_nibble(now.cr[0].nibble() & ~CrField::so);
  k.save_context(context);
  k.cpu.state = now;
}

void restore_user_context(Kernel& k, u32 address) {
  const u64 mask = k.memory.get<GuestSignalSet>(address + offsetof(GuestUserContext, mask)).value();
  k.restore_context(k.memory.get<be32>(address + offsetof(GuestUserContext, registers)), false);
  k.set_mask(k.thread(), mask);
}

}  // namespace quince::machine::process
