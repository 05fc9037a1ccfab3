#include "jit-x86/capstone_library.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace quince::jit {

namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const at = dlsym(library, name);
  if (!at) throw std::runtime_error(std::string("libcapstone has no ") + name);
  function = reinterpret_cast<Function>(at);
}

CapstoneLibrary load() {
  const std::string name = "libcapstone.so." + std::to_string(CS_API_MAJOR);
  void* const library = dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!library) throw std::runtime_error(name + " is missing (install the package libcapstone4)");
  CapstoneLibrary functions;
  find(library, "cs_open", functions.open);
  find(library, "cs_close", functions.close);
  find(library, "cs_option", functions.option);
  find(library, "cs_malloc", functions.malloc);
  find(library, "cs_free", functions.free);
  find(library, "cs_disasm_iter", functions.disasm_iter);
  find(library, "cs_insn_group", functions.insn_group);
  return functions;
}

}  // namespace

const CapstoneLibrary& capstone_library() {
  static const CapstoneLibrary library = load();
  return library;
}

}  // namespace quince::jit
