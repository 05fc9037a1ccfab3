// Loads that fault on the host. On boards whose memory is flat, generated code loads without asking first;
// where the guest may not, SIGSEGV comes and this makes the code leave for the instruction to be interpreted.
#pragma once

#include "guest-ppc/cpu.h"

namespace quince::jit {

class X86Backend;

// Installs the handler for the process, once. Faults elsewhere than in generated code go to whoever handled
// them before.
void catch_host_faults();

// While it lives, faults on this thread may be the generated code's of this back end (null: no change), and
// gs points to the processor's flat memory.
class RunningHere {
 public:
  RunningHere(const X86Backend* backend, ppc::Cpu& cpu);
  ~RunningHere();
  RunningHere(const RunningHere&) = delete;
  RunningHere& operator=(const RunningHere&) = delete;

 private:
  const X86Backend* backend_;
};

}  // namespace quince::jit
