#include "app/config_file.h"

// The reader of TOML asserts what a file can make untrue, such as "[)a]": that is an error in the file, not
// ours.
namespace quince::app {
struct GarbledToml {};
constexpr void require_toml(bool holds) {
  if (!holds) throw GarbledToml{};
}
}  // namespace quince::app
#define TOML_ASSERT(expr) quince::app::require_toml(static_cast<bool>(expr))
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>

#include "app/nearest.h"

namespace quince::app {

namespace {

using Values = tl::expected<std::vector<std::string>, std::string>;
namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> files = {"image", "kernel",   "initrd", "disk",
                                                   "cd",    "firmware", "nvram",  "allow"};
constexpr std::array<std::string_view, 2> not_in_files = {"help", "config"};

template <class List>
bool has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string in_folder(const fs::path& folder, const std::string& name) {
  return (folder / name).lexically_normal();
}

// disk = {file = "mac.img", readonly = true, overlay = "changes.img"}
Values disk(const toml::table& table, const fs::path& folder) {
  std::string text, options;
  for (const auto& [key, node] : table) {
    if (key == "file" && node.is_string()) {
      text = in_folder(folder, *node.value<std::string>());
    } else if (key == "overlay" && node.is_string()) {
      options += ",overlay=" + in_folder(folder, *node.value<std::string>());
    } else if (key == "readonly" && node.is_boolean()) {
      if (*node.value<bool>()) options += ",readonly";
    } else {
      return tl::unexpected("a disk has file, readonly (true or false) and overlay, not '" +
                            std::string(key.str()) + "' like this");
    }
  }
  if (text.empty()) return tl::unexpected<std::string>("a disk without a file");
  return std::vector{text + options};
}

Values values_of(const std::string& key, const toml::node& node, const fs::path& folder) {
  if (const auto* list = node.as_array()) {
    std::vector<std::string> all;
    for (const toml::node& element : *list) {
      const Values values = element.is_array() ? tl::unexpected<std::string>("a list in a list")
                                               : values_of(key, element, folder);
      if (!values) return values;
      all.insert(all.end(), values->begin(), values->end());
    }
    return all;
  }
  if (key == "disk" && node.is_table()) return disk(*node.as_table(), folder);
  if (const auto text = node.value_exact<std::string>()) {
    return std::vector{has(files, key) && !text->empty() ? in_folder(folder, *text) : *text};
  }
  if (const auto flag = node.value_exact<bool>()) return std::vector<std::string>{*flag ? "true" : "false"};
  if (const auto whole = node.value_exact<int64_t>()) return std::vector{std::to_string(*whole)};
  if (const auto number = node.value_exact<double>()) return std::vector{std::to_string(*number)};
  return tl::unexpected<std::string>("neither text nor number, true, false or a list of such");
}

CLI::Option* find_option(CLI::App& command, const std::string& key) {
  if (has(not_in_files, key)) return nullptr;
  return command.get_option_no_throw(key == "image" ? "IMAGE" : "--" + key);
}

std::vector<std::string> known_keys(const CLI::App& command) {
  std::vector<std::string> keys = {"image"};
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (!has(not_in_files, name)) keys.push_back(name);
    }
  }
  return keys;
}

tl::expected<void, std::string> apply(CLI::App& command, const std::string& key, const toml::node& node,
                                      const fs::path& folder) {
  CLI::Option* option = find_option(command, key);
  if (!option)
    return tl::unexpected("there is no option '" + key + "'" + suggestion(key, known_keys(command)));
  const Values values = values_of(key, node, folder);
  if (!values) return tl::unexpected(key + ": " + values.error());
  if (option->count() > 0 || values->empty()) return {};
  try {
    for (const std::string& value : *values) option->add_result(value);
    option->run_callback();
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(key + ": " + error.what());
  }
  return {};
}

tl::expected<toml::table, std::string> parse(const std::string& path) {
  try {
    return toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return tl::unexpected(path + ":" + std::to_string(error.source().begin.line) + ": " +
                          std::string(error.description()));
  } catch (const GarbledToml&) {
    return tl::unexpected(path + ": it is not TOML (see toml.io)");
  }
}

}  // namespace

tl::expected<void, std::string> apply_config(const std::string& path, CLI::App& command) {
  std::error_code unreadable;
  if (!fs::is_regular_file(path, unreadable))
    return tl::unexpected(path + ": it is no file that can be read");
  const auto table = parse(path);
  if (!table) return tl::unexpected(table.error());
  const fs::path folder = fs::path(path).parent_path();
  for (const auto& [key, node] : *table) {
    const auto applied = apply(command, std::string(key.str()), node, folder);
    if (!applied) {
      return tl::unexpected(path + ":" + std::to_string(node.source().begin.line) + ": " + applied.error());
    }
  }
  return {};
}

}  // namespace quince::app
