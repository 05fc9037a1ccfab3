// quince exec: one PowerPC Linux program in user mode.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/commands.h"
#include "app/engine.h"
#include "app/error_line.h"
#include "app/sandbox/sandbox.h"
#include "app/stats.h"
#include "app/words.h"
#include "machine/process/process.h"

namespace quince::app {

namespace {

struct Options {
  std::string cpu = "750";
  EngineOptions engine;
  SandboxOptions sandbox;
  std::string clock = "real";
  std::string stats;
  double timeout = 0;
};

std::vector<std::string> host_environment() {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) result.emplace_back(*entry);
  return result;
}

machine::ExecOptions exec_options(const Options& options, const std::vector<std::string>& command) {
  machine::ExecOptions exec;
  exec.path = command.front();
  exec.arguments = command;
  exec.environment = host_environment();
  exec.cpu = ppc::find_cpu_model(options.cpu);
  exec.timeout_seconds = options.timeout;
  exec.clock = options.clock == "real" ? machine::ClockKind::real : machine::ClockKind::instructions;
  return exec;
}

// From its first instruction on the program has what it was given.
void confine(machine::ExecOptions& exec, ProgramSandbox& sandbox) {
  exec.starting = [&sandbox](const std::string& program) -> tl::expected<void, machine::Error> {
    if (auto closed = sandbox.close(program); !closed)
      return tl::unexpected(machine::Error{machine::status::usage, closed.error()});
    return {};
  };
  exec.on_refusal = [&sandbox](const std::string& path) { sandbox.refused(path); };
}

// Files of our own that are still written while the program runs, or when it has ended.
std::vector<std::string> outputs(const EngineOptions& engine, const Log* log, const StatsFile& stats) {
  const std::string process = std::to_string(::getpid());
  std::vector<std::string> files = {stats.path(), log ? log->file() : ""};
  if (engine.perf_map) files.push_back("/tmp/perf-" + process + ".map");
  if (engine.jitdump) files.push_back(std::filesystem::absolute("jit-" + process + ".dump"));
  return files;
}

int exec(const Options& options, const std::vector<std::string>& command) {
  machine::ExecOptions request = exec_options(options, command);
  const auto handling = ppc::ExceptionHandling::stop;
  const auto log = open_log(options.engine, handling);
  request.engine = engine_factory(options.engine, handling, log);
  announce(options.sandbox);
  if (log) log->sandbox(sandbox_description(options.sandbox));
  StatsFile stats(options.stats);
  std::optional<ProgramSandbox> sandbox;
  if (sandbox_wanted(options.sandbox)) {
    stats.create();
    sandbox.emplace(options.sandbox, command, outputs(options.engine, log.get(), stats));
    confine(request, *sandbox);
  }
  request.finished = [&](const ppc::Cpu& cpu, const ppc::Engine& engine) { stats.write(cpu, engine); };
  const auto result = machine::run_process(request);
  if (!result) {
    print_error(result.error().message);
    return result.error().status;
  }
  return *result;
}

}  // namespace

void add_exec_command(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "exec", "Run a statically linked PowerPC Linux program: quince exec [options] PROGRAM [ARGUMENT...]");
  command->add_option("--cpu", options->cpu, "Processor: 750 or 7400 (with AltiVec)")
      ->check(one_of({"750", "7400"}))
      ->capture_default_str();
  add_engine_options(*command, options->engine);
  add_sandbox_options(*command, options->sandbox);
  command->add_flag("--allow-net", options->sandbox.network, "Let the program use the network");
  command->add_option("--clock", options->clock, "Guest time: real, or instructions (repeatable)")
      ->check(one_of({"real", "instructions"}))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "Stop with status 124 after SECONDS of host time")
      ->check(seconds())
      ->type_name("SECONDS");
  command->add_option("--stats", options->stats, "Write counters as JSON when the program ends")
      ->type_name("FILE");
  command->prefix_command();
  command->callback([command, options, &status] {
    std::vector<std::string> words = command->remaining();
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    if (words.empty()) throw CLI::ValidationError("exec needs a PROGRAM");
    if (words.front().starts_with("-")) throw CLI::ValidationError("exec does not know " + words.front());
    status = exec(*options, words);
  });
}

}  // namespace quince::app
