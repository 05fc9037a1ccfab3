// Finding and loading a program: ELF files, and #! scripts whose interpreter is one.
#pragma once

#include <string>
#include <vector>

#include "machine/elf.h"
#include "machine/process/initial_stack.h"

namespace quince::machine::process {

// Everything that can be wrong has been found: load() succeeds unless memory is short.
struct Program {
  std::string path;  // of the ELF file
  std::vector<u8> file;
  ElfImage image;
  std::vector<std::string> arguments;  // a script's interpreter and its path put in front
};

struct ProgramDefect {
  int error;         // as execve returns it: ENOENT, EACCES, ENOEXEC ...
  std::string path;  // which file
  std::string why;   // "WHY (what to do)"
};

tl::expected<Program, ProgramDefect> find_program(const std::string& path,
                                                  std::vector<std::string> arguments);

// Whether the image lies where Linux puts programs; else it is a kernel or firmware.
bool has_process_addresses(const ElfImage& image);

// Where the loaded program starts.
struct Loaded {
  u32 entry = 0, program_headers = 0, program_header_count = 0;
  u32 heap = 0;       // where brk begins
  u32 stack_top = 0;  // end of the mapped stack
};
// Into an empty memory: segments and stack. False: the addresses are not a process's, or memory is short.
bool load(GuestMemory& memory, const Program& program, Loaded* loaded);

}  // namespace quince::machine::process
