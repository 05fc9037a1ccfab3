// The command line's description for other programs: completion in a shell, and a manual page.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace quince::app {

std::string bash_completion(const CLI::App& app);  // zsh understands it too, with bashcompinit
std::string manual_page(const CLI::App& app);      // roff, man(7)

// quince completion, quince manual
void add_describe_commands(CLI::App& app);

}  // namespace quince::app
