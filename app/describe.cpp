#include "app/describe.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

namespace quince::app {

namespace {

std::vector<const CLI::App*> commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

// --ram, or an argument's name
std::string name_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name(true) : "--" + option.get_lnames().front();
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// The words of {a,b,c} in an option's description, if it is limited to some.
std::string choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return "";
  std::string words = type.substr(open + 1, close - open - 1);
  std::replace(words.begin(), words.end(), ',', ' ');
  return words;
}

// What roff would take for its own.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '-') result += '\\';
    if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) result += "\\&";
    result += c;
  }
  return result;
}

void describe_options(std::ostream& out, const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const bool is_argument = option->get_lnames().empty();
    out << ".TP\n\\fB" << roff(name_of(*option)) << "\\fR";
    if (takes_value(*option) && !is_argument) out << " \\fI" << roff(option->get_type_name()) << "\\fR";
    out << '\n' << roff(option->get_description());
    if (!option->get_default_str().empty()) out << " (" << roff(option->get_default_str()) << ')';
    out << '\n';
  }
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "# Completion of quince's commands and options for bash: source this file.\n"
         "_quince() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n    words=\"--help --version";
  for (const CLI::App* command : commands(app)) out << ' ' << command->get_name();
  out << "\"\n  else\n    case ${COMP_WORDS[1]}:$before in\n";
  for (const CLI::App* command : commands(app)) {
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_lnames().empty() || !takes_value(*option)) continue;
      out << "      " << command->get_name() << ':' << name_of(*option) << ") words=\"" << choices(*option)
          << "\" ;;\n";
    }
    out << "      " << command->get_name() << ":*)";
    std::string options;
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_lnames().empty()) options += " " + name_of(*option);
    }
    out << " [ \"${word#-}\" = \"$word\" ] || words=\"" << options.substr(1) << "\" ;;\n";
  }
  out << "    esac\n  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  [ -n \"$words\" ] || mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "}\ncomplete -o filenames -F _quince quince\n";
  return out.str();
}

std::string manual_page(const CLI::App& app) {
  std::ostringstream out;
  out << ".TH QUINCE 1\n.SH NAME\nquince \\- run software of 32\\-bit PowerPC Macintoshes\n.SH SYNOPSIS\n";
  for (const CLI::App* command : commands(app)) {
    out << ".B quince " << roff(command->get_name()) << "\n[options] ";
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_lnames().empty()) out << roff(name_of(*option)) << ' ';
    }
    out << "\n.br\n";
  }
  out << ".SH DESCRIPTION\n" << roff(app.get_description()) << '\n';
  for (const CLI::App* command : commands(app)) {
    out << ".SH \"QUINCE " << roff(CLI::detail::to_lower(command->get_name())) << "\"\n"
        << roff(command->get_description()) << ".\n";
    if (!command->get_footer().empty()) out << roff(command->get_footer()) << '\n';
    describe_options(out, *command);
    for (const CLI::App* part : commands(*command)) {
      out << ".SS \"quince " << roff(command->get_name() + ' ' + part->get_name()) << "\"\n"
          << roff(part->get_description()) << ".\n";
      describe_options(out, *part);
    }
  }
  out << ".SH \"EXIT STATUS\"\n"
         "0: the guest powered off; 2: wrong usage or configuration; 3: an image, kernel or firmware that "
         "can't be "
         "used;\n4: the guest is stuck; 70: a defect of Quince; 124: time\\-out. "
         "\\fBexec\\fR passes on the program's own status.\n";
  return out.str();
}

void add_describe_commands(CLI::App& app) {
  CLI::App* completion = app.add_subcommand("completion", "Print completion for bash or zsh");
  completion->footer(
      "bash: source <(quince completion)   zsh: autoload bashcompinit; bashcompinit, then the same");
  completion->callback([&app] { std::fputs(bash_completion(app).c_str(), stdout); });
  CLI::App* manual = app.add_subcommand("manual", "Print the manual page; quince manual | man -l -");
  manual->callback([&app] { std::fputs(manual_page(app).c_str(), stdout); });
}

}  // namespace quince::app
