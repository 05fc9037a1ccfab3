// What a program finds on its stack when it starts (PowerPC supplement to the System V ABI, "Process
// initialization"; Linux's ELF loader).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "guest-ppc/cpu_model.h"
#include "machine/process/guest_memory.h"

namespace quince::machine::process {

struct ProgramInfo {
  std::string path;  // AT_EXECFN
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  u32 entry = 0;
  u32 program_headers = 0;
  u32 program_header_count = 0;
  u32 base = 0;  // AT_BASE: of the interpreter, so 0 for a static program
  std::array<u8, 16> random{};
};

// Whether arguments and environment leave enough of the stack; else execve says E2BIG.
bool fits_on_stack(const ProgramInfo& program);
// Writes it below `top`, which is mapped. Returns r1: a multiple of 16, at which argc is.
u32 build_stack(GuestMemory& memory, u32 top, const ProgramInfo& program, const ppc::CpuModel& cpu);

}  // namespace quince::machine::process
