// The quince program: one file per command, gathered here.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/commands.h"
#include "app/describe.h"
#include "app/engine.h"
#include "app/error_line.h"
#include "app/nearest.h"
#include "machine/error.h"
#include "version.h"

namespace {

namespace status = quince::machine::status;

// Of an option or command that does not exist: what was probably meant.
std::string unknown_word(const CLI::App& app) {
  const auto used = app.get_subcommands();
  const CLI::App& command = used.empty() ? app : *used.front();
  std::vector<std::string> known;
  for (const CLI::App* other : app.get_subcommands({})) known.push_back(other->get_name());
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const std::string& extra : app.remaining(true)) {
    if (command.get_prefix_command() && !extra.starts_with('-')) break;  // the guest's words
    const std::string word = extra.substr(0, extra.find('='));
    const std::string what = word.starts_with('-') ? "there is no such option" : "it is not expected here";
    const auto meant = quince::app::nearest(word, known);
    const std::string named = used.empty() ? "" : command.get_name() + " ";
    const std::string hint = meant ? "did you mean " + *meant + "?" : "see quince " + named + "--help";
    return std::string(word).append(": ").append(what).append(" (").append(hint).append(")");
  }
  return "";
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  if (const std::string unknown = unknown_word(app); !unknown.empty()) {
    quince::app::print_error(unknown);
    return status::usage;
  }
  std::string what = error.what();
  if (const auto at = what.find("At Most 1 required"); at != std::string::npos) {
    what.replace(at, std::string::npos, "given more than once");
  }
  quince::app::print_error(what + " (see quince --help)");
  return status::usage;
}

// "quince help COMMAND" is "quince COMMAND --help".
int run(int argc, char** argv) {
  CLI::App app{"Quince runs operating systems and programs made for 32-bit PowerPC Macintoshes.", "quince"};
  app.set_version_flag("--version", "quince " QUINCE_VERSION " (" QUINCE_COMMIT ")");
  app.require_subcommand(1);
  app.set_help_all_flag("");

  std::string topic;
  CLI::App* help = app.add_subcommand("help", "Explain a command");
  help->add_option("COMMAND", topic, "The command");
  int exit_status = 0;
  quince::app::add_run_command(app, exit_status);
  quince::app::add_exec_command(app, exit_status);
  quince::app::add_bench_command(app, exit_status);
  quince::app::add_translate_command(app, exit_status);
  quince::app::add_image_command(app, exit_status);
  quince::app::add_info_command(app, exit_status);
  quince::app::add_describe_commands(app);
  help->callback([&] {
    const CLI::App* about = topic.empty() ? &app : app.get_subcommand(topic);
    std::fputs(about->help().c_str(), stdout);
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::OptionNotFound&) {
    quince::app::print_error("there is no command '" + topic + "' (see quince --help)");
    return status::usage;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  return exit_status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the host's limit is an error of that write
  try {
    return run(argc, argv);
  } catch (const quince::app::NoEngine& error) {
    quince::app::print_error(error.what());
    return status::usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quince: internal error: %s (please report it)\n", error.what());
    return status::defect;
  }
}
