// Capstone, loaded by whoever first needs it: the dynamic linker fills in 77,000 addresses in its tables,
// which would take longer than a short program needs to run.
#pragma once

#include <capstone/capstone.h>

namespace quince::jit {

// Its functions, by their names without cs_.
struct CapstoneLibrary {
  decltype(&cs_open) open;
  decltype(&cs_close) close;
  decltype(&cs_option) option;
  decltype(&cs_malloc) malloc;
  decltype(&cs_free) free;
  decltype(&cs_disasm_iter) disasm_iter;
  decltype(&cs_insn_group) insn_group;
};

// Throws std::runtime_error where it is not installed. Opens files the first time.
const CapstoneLibrary& capstone_library();

}  // namespace quince::jit
