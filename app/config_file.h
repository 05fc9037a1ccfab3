// A machine's options in a TOML file: the names of the command line's options, without dashes, and their
// values. The command line wins.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <tl/expected.hpp>

namespace quince::app {

// Gives the options that the command line has not given the values of the file. Names of files are relative
// to the folder that the file is in. The error is one line.
tl::expected<void, std::string> apply_config(const std::string& path, CLI::App& command);

}  // namespace quince::app
