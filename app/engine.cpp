#include "app/engine.h"

#include <CLI/CLI.hpp>
#include <string>

#include "guest-ppc/interpreter.h"
#include "jit-x86/perf_map.h"
#include "translator/translator.h"

namespace quince::app {

namespace {

std::unique_ptr<jit::PerfMap> make_perf_map(const jit::X86Backend& backend) {
  auto map = jit::PerfMap::create();
  if (!map) throw NoEngine("--perf-map: " + map.error());
  (*map)->add("quince_thunks", backend.thunk_code());
  return std::move(*map);
}

std::unique_ptr<ppc::Engine> make_translator(ppc::Cpu& cpu, const EngineOptions& options,
                                             ppc::ExceptionHandling handling) {
  auto backend = jit::X86Backend::create(cpu, options.code_cache);
  if (!backend) throw NoEngine("--engine jit: " + backend.error());
  auto map = options.perf_map ? make_perf_map(**backend) : nullptr;
  auto engine = std::make_unique<translator::Translator>(cpu, std::move(*backend), handling,
                                                         translator::Translator::usual_patience);
  engine->set_listener(std::move(map));
  return engine;
}

// "64M" as a number; 0 for what is no size.
std::size_t size_in_bytes(std::string text) {
  try {
    CLI::AsSizeValue(false)(text);  // replaces the text
    return std::stoull(text);
  } catch (const std::exception&) {
    return 0;
  }
}

void set_code_cache(EngineOptions& options, const std::string& text) {
  const std::size_t bytes = size_in_bytes(text);
  if (bytes < least_code_cache || bytes > most_code_cache) {
    throw CLI::ValidationError("--code-cache", "takes 1M to 1G");
  }
  options.code_cache = bytes;
}

}  // namespace

void add_engine_options(CLI::App& command, EngineOptions& options) {
  command.add_option("--engine", options.name, "How the processor runs: interpreter or jit")
      ->check(CLI::IsMember({"interpreter", "jit"}))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--code-cache", [&options](const std::string& text) { set_code_cache(options, text); },
          "Memory for translated code, 1M to 1G")
      ->type_name("SIZE")
      ->default_str("64M");
  command.add_flag("--perf-map", options.perf_map, "Let perf name translated code: /tmp/perf-PID.map");
}

EngineFactory engine_factory(const EngineOptions& options, ppc::ExceptionHandling handling) {
  if (options.perf_map && options.name != "jit") throw NoEngine("--perf-map needs --engine jit");
  if (options.name == "jit") return [=](ppc::Cpu& cpu) { return make_translator(cpu, options, handling); };
  return [=](ppc::Cpu& cpu) { return std::make_unique<ppc::Interpreter>(cpu, handling); };
}

}  // namespace quince::app
