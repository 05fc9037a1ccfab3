#include "jit-x86/host_faults.h"

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>

#include "jit-x86/x86_backend.h"
#include "translator/translator.h"

namespace quince::jit {

namespace {

// A signal handler has no other way to learn whose code it interrupted.
struct Running {
  const X86Backend* backend = nullptr;
  ppc::Cpu* cpu = nullptr;
  const u8* gs_base = nullptr;
};
thread_local Running running;
struct sigaction previous;

const translator::SidePoint* access_at(u64 host) {
  if (!running.backend || !running.backend->contains(host)) return nullptr;
  const void* engine = translator::area_of(*running.cpu).engine;
  return static_cast<const translator::Translator*>(engine)->access_at(host);
}

void on_fault(int number, siginfo_t* info, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const u64 host = static_cast<u64>(registers[REG_RIP]);
  if (const translator::SidePoint* access = access_at(host)) {
    const u8 carry = registers[REG_EFL] & 1;
    if (access->carry != 0) running.cpu->state.xer_ca = access->carry == 1 ? carry : carry ^ 1;
    translator::area_of(*running.cpu).fault_address = host + 1;
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<u64>(running.backend->access_thunk()));
    return;
  }
  if ((previous.sa_flags & SA_SIGINFO) && previous.sa_sigaction)
    return previous.sa_sigaction(number, info, context);
  signal(number, SIG_DFL);  // the access is repeated and ends the process
}

bool install() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGSEGV, &action, &previous) == 0;
}

}  // namespace

void catch_host_faults() {
  static const bool installed = install();
  (void)installed;
}

RunningHere::RunningHere(const X86Backend* backend, ppc::Cpu& cpu) : backend_(backend) {
  if (!backend_) return;
  running.backend = backend;
  running.cpu = &cpu;
  const u8* base = cpu.flat_memory();
  if (running.gs_base == base) return;
  syscall(SYS_arch_prctl, ARCH_SET_GS, base);
  running.gs_base = base;
}

RunningHere::~RunningHere() {
  if (backend_) running.backend = nullptr;
}

}  // namespace quince::jit
