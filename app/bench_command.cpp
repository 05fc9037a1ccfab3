// quince bench: starts the benchmark scripts that the build keeps beside the program (bench/quince_bench),
// which know how to run every engine and peer. Here are its options, so that help, completion and the page of
// the manual have them.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/commands.h"
#include "machine/error.h"

namespace quince::app {

namespace {

namespace fs = std::filesystem;

struct Option {
  const char* name;
  const char* value;  // what it is called in help; empty: a flag
  const char* about;
};

constexpr Option options[] = {
    {"--quick", "", "Less work and fewer rounds: some minutes"},
    {"--json", "FILE", "Write every single run and all figures"},
    {"--html", "FILE", "Write one page with tables and plots"},
    {"--compare", "FILE", "Say what got faster or slower since that --json was written"},
    {"--from", "FILE", "Measure nothing: report what is in that --json"},
    {"--engines", "LIST",
     "Only these, with commas: native, quince, interpreter, qemu-ppc, quince-linux, qemu-linux, bare"},
    {"--dingusppc", "EXECUTABLE", "Run the operations on this DingusPPC too"},
    {"--pearpc", "EXECUTABLE", "Run the operations on this PearPC too"},
    {"--classes", "LIST", "Only programs of these classes, with commas"},
    {"--rounds", "N", "Runs of each program and engine (5; 3 with --quick)"},
    {"--scale", "X", "So many times the usual work"},
};

struct Request {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> values;
};

fs::path program_folder() {
  std::error_code unknown;
  return fs::read_symlink("/proc/self/exe", unknown).parent_path();
}

// Returns only if that can't be.
int start(const Request& request) {
  const fs::path folder = program_folder();
  const fs::path script = folder / "bench" / "scripts" / "quince_bench";
  if (std::error_code unknown; !fs::exists(script, unknown)) {
    std::fprintf(stderr, "quince: %s: the benchmarks are not there (build Quince with -DQUINCE_TESTS=ON)\n",
                 script.c_str());
    return machine::status::usage;
  }
  std::vector<std::string> words = {"python3", "-B", script, "--build", folder};
  for (const auto& [name, value] : request.values) {
    words.push_back(name);
    if (!value.empty()) words.back().append("=").append(value);
  }
  words.emplace_back("--");
  words.insert(words.end(), request.names.begin(), request.names.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  std::fprintf(stderr, "quince: python3: %s (the benchmarks are scripts: install it)\n",
               std::strerror(errno));
  return machine::status::usage;
}

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
  auto request = std::make_shared<Request>();
  CLI::App* command = app.add_subcommand(
      "bench",
      "Measure the speed, beside native code and every other emulator at hand: quince bench [NAME...]");
  command->add_option("NAME", request->names, "Programs (all; bench/programs/programs.txt lists them)");
  for (const Option& option : options) {
    const std::string name = option.name;
    if (*option.value) {
      const auto keep = [request, name](const std::string& value) {
        request->values.emplace_back(name, value);
      };
      command->add_option_function<std::string>(name, keep, option.about)->type_name(option.value);
    } else {
      command->add_flag_callback(
          name, [request, name] { request->values.emplace_back(name, ""); }, option.about);
    }
  }
  command->callback([request, &status] { status = start(*request); });
}

}  // namespace quince::app
