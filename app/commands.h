// Each command adds itself to the command line and, when chosen, leaves its exit status.
#pragma once

#include <CLI/App.hpp>

namespace quince::app {

void add_bench_command(CLI::App& app, int& status);
void add_exec_command(CLI::App& app, int& status);
void add_image_command(CLI::App& app, int& status);
void add_info_command(CLI::App& app, int& status);
void add_run_command(CLI::App& app, int& status);
void add_translate_command(CLI::App& app, int& status);

}  // namespace quince::app
