// Any words as a command line, and any text as a configuration file: what can't be used is an error of one
// line. Nothing is run.
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/config_file.h"
#include "app/error_line.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace quince;  // NOLINT(google-build-using-namespace)

// The words are separated by zeros; an empty one ends them.
std::vector<std::string> take_words(fuzz::Bytes& in) {
  std::vector<std::string> words;
  std::string word;
  while (!in.empty()) {
    const char c = static_cast<char>(in.u8());
    if (c != '\0') {
      word.push_back(c);
      continue;
    }
    if (word.empty()) break;
    words.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

void require_printable(const std::string& error) { fuzz::require_line(app::one_line(error)); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  CLI::App program("Quince", "quince");
  int status = 0;
  app::add_run_command(program, status);
  app::add_exec_command(program, status);
  app::add_bench_command(program, status);
  app::add_translate_command(program, status);
  app::add_image_command(program, status);
  app::add_info_command(program, status);
  // An option that must be given and can't be: it is found missing when all others have had their effect, and
  // no command is run.
  program.add_option("--impossible")->required()->check([](const std::string&) {
    return "it is not possible";
  });
  std::vector<std::string> words = take_words(in);
  std::reverse(words.begin(), words.end());  // as CLI::App wants them
  try {
    program.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) require_printable(error.what());
  }
  const fuzz::MemoryFile file(in.take(in.size()));
  const auto applied = app::apply_config(file.path(), *program.get_subcommand("run"));
  if (!applied) require_printable(applied.error());
  fuzz::require(status == 0, "something has been run");
  return 0;
}
