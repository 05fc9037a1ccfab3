#include <string>

#include "app/engine.h"
#include "guest-ppc/interpreter.h"
#include "jit-x86/block_name.h"
#include "jit-x86/gdb_jit.h"
#include "jit-x86/insn_counter.h"
#include "jit-x86/jit_dump.h"
#include "jit-x86/perf_map.h"
#include "translator/translator.h"

namespace quince::app {

namespace {

// `tool` is what its create() has made.
template <class Tool>
void add_tool(translator::CodeListeners& listeners, tl::expected<std::unique_ptr<Tool>, std::string> tool,
              const char* option, const jit::X86Backend& backend) {
  if (!tool) throw NoEngine(option + (": " + tool.error()));
  (*tool)->add(jit::thunks_name, backend.thunk_code());
  listeners.add(std::move(*tool));
}

// profile: null if none was asked for.
std::unique_ptr<translator::CodeListeners> make_listeners(const EngineOptions& options,
                                                          const jit::X86Backend& backend, bool machine,
                                                          translator::Profile* profile, Log* log) {
  auto listeners = std::make_unique<translator::CodeListeners>();
  if (options.perf_map) add_tool(*listeners, jit::PerfMap::create(machine), "--perf-map", backend);
  if (options.jitdump) add_tool(*listeners, jit::JitDump::create(machine), "--jitdump", backend);
  if (profile) listeners->add(std::make_unique<jit::InsnCounter>(profile->host_instructions));
  if (options.gdb_jit) {
    add_tool<jit::GdbJit>(*listeners, std::make_unique<jit::GdbJit>(), "--gdb-jit", backend);
  }
  if (log) {
    if (auto listener = log->code_listener()) listeners->add(std::move(listener));
  }
  return listeners->empty() ? nullptr : std::move(listeners);
}

std::unique_ptr<ppc::Engine> make_translator(ppc::Cpu& cpu, const EngineOptions& options,
                                             ppc::ExceptionHandling handling, Log* log) {
  auto backend = jit::X86Backend::create(cpu, options.code_cache);
  if (!backend) throw NoEngine("--engine jit: " + backend.error());
  const jit::X86Backend& made = **backend;
  auto engine = std::make_unique<translator::Translator>(
      cpu, std::move(*backend), handling, translator::Translator::usual_patience, options.jit_off);
  if (options.profile) engine->start_profile();
  const bool machine = handling == ppc::ExceptionHandling::deliver;
  engine->set_listener(make_listeners(options, made, machine, engine->profile(), log));
  return engine;
}

// Throws if something is asked of the translator.
void refuse_without_jit(const EngineOptions& options) {
  const std::pair<bool, const char*> asked[] = {
      {options.perf_map, "--perf-map"},     {options.jitdump, "--jitdump"}, {options.gdb_jit, "--gdb-jit"},
      {options.jit_off.any(), "--jit-off"}, {options.profile, "--profile"},
  };
  for (const auto& [is_asked, option] : asked) {
    if (is_asked) throw NoEngine(std::string(option) + " needs --engine jit");
  }
}

}  // namespace

EngineFactory engine_factory(const EngineOptions& options, ppc::ExceptionHandling handling,
                             std::shared_ptr<Log> log) {
  const bool translates = options.name == "jit";
  if (!translates) refuse_without_jit(options);
  return [=, log = std::move(log)](ppc::Cpu& cpu) -> std::unique_ptr<ppc::Engine> {
    if (log) log->attach(cpu);
    if (translates) return make_translator(cpu, options, handling, log.get());
    return std::make_unique<ppc::Interpreter>(cpu, handling);
  };
}

}  // namespace quince::app
