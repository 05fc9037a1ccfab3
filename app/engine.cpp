#include "app/engine.h"

#include <stdexcept>

#include "guest-ppc/interpreter.h"
#include "jit-x86/x86_backend.h"
#include "translator/translator.h"

namespace quince::app {

namespace {

std::unique_ptr<ppc::Engine> make_translator(ppc::Cpu& cpu, ppc::ExceptionHandling handling) {
  auto backend = jit::X86Backend::create(cpu, jit::default_code_cache);
  if (!backend) throw std::runtime_error(backend.error());
  return std::make_unique<translator::Translator>(cpu, std::move(*backend), handling);
}

}  // namespace

EngineFactory engine_factory(const std::string& name, ppc::ExceptionHandling handling) {
  if (name == "jit") return [handling](ppc::Cpu& cpu) { return make_translator(cpu, handling); };
  return [handling](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu, handling); };
}

}  // namespace quince::app
