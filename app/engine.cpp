#include "app/engine.h"

#include <CLI/CLI.hpp>
#include <string>

#include "app/words.h"

namespace quince::app {

namespace {

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
  names.reserve(translator::jit_parts.size());
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

std::shared_ptr<Log> open_log(const EngineOptions& options, ppc::ExceptionHandling handling) {
  auto log = Log::open(options.log, {.translates = options.name == "jit",
                                     .machine = handling == ppc::ExceptionHandling::deliver});
  if (!log) throw NoEngine(log.error());
  return *log;
}

}  // namespace quince::app
