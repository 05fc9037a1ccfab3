#include "tests/support/engines.h"

#include <cstdio>
#include <cstdlib>

#include "guest-ppc/interpreter.h"
#include "jit-x86/x86_backend.h"
#include "translator/translator.h"

namespace quince::test {

std::unique_ptr<ppc::Engine> make_engine(EngineKind kind, ppc::Cpu& cpu, ppc::ExceptionHandling handling,
                                         std::size_t code_cache_bytes, translator::JitParts off) {
  if (kind == EngineKind::interpreter) return std::make_unique<ppc::Interpreter>(cpu, handling);
  auto backend = jit::X86Backend::create(cpu, code_cache_bytes);
  if (!backend) {
    std::fprintf(stderr, "%s\n", backend.error().c_str());
    std::exit(2);
  }
  return std::make_unique<translator::Translator>(cpu, std::move(*backend), handling,
                                                  kind == EngineKind::patient ? 3 : 1, off);
}

EngineMaker maker_of(EngineKind kind) {
  return [kind](ppc::Cpu& cpu, ppc::ExceptionHandling handling) { return make_engine(kind, cpu, handling); };
}

}  // namespace quince::test
