#include "app/engine.h"

#include <CLI/CLI.hpp>
#include <string>

#include "app/words.h"
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
                                                          const jit::X86Backend& backend,
                                                          translator::Profile* profile, Log* log) {
  auto listeners = std::make_unique<translator::CodeListeners>();
  if (options.perf_map) add_tool(*listeners, jit::PerfMap::create(), "--perf-map", backend);
  if (options.jitdump) add_tool(*listeners, jit::JitDump::create(), "--jitdump", backend);
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
  engine->set_listener(make_listeners(options, made, engine->profile(), log));
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

void add_jit_off_option(CLI::App& command, translator::JitParts& off) {
  std::vector<std::string> names;
  for (const translator::JitPartRow& row : translator::jit_parts) names.emplace_back(row.name);
  command
      .add_option_function<std::vector<std::string>>(
          "--jit-off",
          [&off, names](const std::vector<std::string>& words) {
            for (const std::string& word : words) off.set(place_in(names, word, "--jit-off", "class"));
          },
          "Do without a part of the translator: " + joined(names))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("CLASS[,...]");
}

void add_engine_options(CLI::App& command, EngineOptions& options) {
  command.add_option("--engine", options.name, "How the processor runs: interpreter or jit")
      ->check(one_of({"interpreter", "jit"}))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--code-cache", [&options](const std::string& text) { set_code_cache(options, text); },
          "Memory for translated code, 1M to 1G")
      ->type_name("SIZE")
      ->default_str("64M");
  command.add_flag("--perf-map", options.perf_map, "Let perf name translated code: /tmp/perf-PID.map");
  command.add_flag("--profile", options.profile, "More counters for --stats: where the time goes (slower)");
  command.add_flag("--jitdump", options.jitdump, "Let perf show translated code, too: ./jit-PID.dump");
  command.add_flag("--gdb-jit", options.gdb_jit, "Let a GDB that runs quince itself name translated code");
  add_jit_off_option(command, options.jit_off);
  add_log_options(command, options.log);
}

// Throws if something is asked of the translator.
static void refuse_without_jit(const EngineOptions& options) {
  const std::pair<bool, const char*> asked[] = {
      {options.perf_map, "--perf-map"},     {options.jitdump, "--jitdump"}, {options.gdb_jit, "--gdb-jit"},
      {options.jit_off.any(), "--jit-off"}, {options.profile, "--profile"},
  };
  for (const auto& [is_asked, option] : asked) {
    if (is_asked) throw NoEngine(std::string(option) + " needs --engine jit");
  }
}

std::shared_ptr<Log> open_log(const EngineOptions& options, ppc::ExceptionHandling handling) {
  auto log = Log::open(options.log, {.translates = options.name == "jit",
                                     .machine = handling == ppc::ExceptionHandling::deliver});
  if (!log) throw NoEngine(log.error());
  return *log;
}

EngineFactory engine_factory(const EngineOptions& options, ppc::ExceptionHandling handling,
                             std::shared_ptr<Log> log) {
  const bool translates = options.name == "jit";
  if (!translates) refuse_without_jit(options);
  return [=](ppc::Cpu& cpu) -> std::unique_ptr<ppc::Engine> {
    if (log) log->attach(cpu);
    if (translates) return make_translator(cpu, options, handling, log.get());
    return std::make_unique<ppc::Interpreter>(cpu, handling);
  };
}

}  // namespace quince::app
