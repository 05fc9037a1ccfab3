// How a machine makes a processor execute: the interface of the interpreter and of the translator.
#pragma once

#include "guest-ppc/cpu.h"

namespace quince::ppc {

enum class ExceptionHandling : u8 {
  deliver,  // through the guest's vectors, as hardware does
  stop,     // run() returns: a user-mode board plays the operating system
};

struct Stop {
  bool exception = false;  // false: the instruction limit was reached, or attention was requested
  // If exception: what happened. state.pc is the address of the instruction, for system_call of the next one.
  // Vector::debugger: nothing of the instruction at state.pc has happened.
  GuestException what{};
};

class Engine : public ExecutionHooks {
 public:
  // Executes from state.pc until cpu.retired >= cpu.limit at a checkpoint: a taken backward branch, an
  // indirect branch, or an instruction that changes the machine state. Interrupts are taken there, too.
  virtual Stop run() = 0;
  // Executes the instruction at state.pc, whatever Cpu::debug.breakpoints say, and takes no interrupt.
  virtual Stop step() = 0;
  // Forgets all decoded or translated code. Needed when Cpu::debug.breakpoints have changed.
  virtual void flush() = 0;
};

}  // namespace quince::ppc
