#include "app/monitor/arguments.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <sstream>

namespace quince::app {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Monitor::Parameter::Kind;

constexpr i64 largest = 0xffff'ffff;

std::optional<i64> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const int base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  i64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > largest)
    return std::nullopt;
  return negative ? -value : value;
}

std::optional<i64> number(const Json& value) {
  if (value.is_number_unsigned() && value.get<ppc::u64>() <= largest) return value.get<i64>();
  if (value.is_number_integer() && !value.is_number_unsigned()) {
    const i64 found = value.get<i64>();
    if (found >= -largest && found <= largest) return found;
  }
  if (value.is_string()) return parse_number(value.get<std::string>());
  return std::nullopt;
}

std::span<const Monitor::Parameter> parameters(const Monitor::Command& command) {
  const auto& all = command.parameters;
  const auto end = std::find_if(all.begin(), all.end(), [](const auto& p) { return p.name == nullptr; });
  return {all.begin(), end};
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string_view without_blanks(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view take_word(std::string_view& text) {
  text = without_blanks(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = without_blanks(text.substr(end));
  return word;
}

tl::expected<const Monitor::Command*, std::string> find(std::span<const Monitor::Command> commands,
                                                        std::string_view name) {
  const Monitor::Command* found = nullptr;
  for (const Monitor::Command& command : commands) {
    if (command.name == name) return &command;
    if (!std::string_view(command.name).starts_with(name)) continue;
    if (found) {
      return tl::unexpected("'" + std::string(name) + "' may be " + found->name + " or " + command.name);
    }
    found = &command;
  }
  if (!found) return tl::unexpected("there is no command '" + std::string(name) + "' (see help)");
  return found;
}

std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

std::string usage(const Monitor::Command& command) {
  std::string text = command.name;
  for (const auto& parameter : parameters(command)) {
    const std::string name = upper_case(parameter.name);
    text += parameter.optional ? " [" + name + "]" : " " + name;
  }
  return text;
}

tl::expected<void, std::string> check_arguments(const Monitor::Command& command, const Json& arguments) {
  const auto wrong = [&command](const std::string& what) {
    return tl::unexpected(std::string(command.name) + ": " + what + " (usage: " + usage(command) + ")");
  };
  if (!arguments.is_object()) return wrong("arguments are not an object");
  const auto wanted = parameters(command);
  for (const auto& [name, value] : arguments.items()) {
    const auto same = [&name = name](const auto& parameter) { return name == parameter.name; };
    if (std::none_of(wanted.begin(), wanted.end(), same)) return wrong("there is no argument '" + name + "'");
  }
  for (const auto& parameter : wanted) {
    if (!arguments.contains(parameter.name)) {
      if (parameter.optional) continue;
      return wrong(std::string("no ") + parameter.name);
    }
    const Json& value = arguments[parameter.name];
    if (parameter.kind == Kind::number ? !is_number(value) : !value.is_string()) {
      return wrong(std::string(parameter.name) + " is no " +
                   (parameter.kind == Kind::number ? "number" : "text"));
    }
  }
  return {};
}

tl::expected<Line, std::string> parse_line(std::span<const Monitor::Command> commands,
                                           std::string_view line) {
  const std::string_view name = take_word(line);
  if (name.empty()) return Line{nullptr, {}};
  const auto command = find(commands, name);
  if (!command) return tl::unexpected(command.error());
  Line parsed{*command, Json::object()};
  for (const auto& parameter : parameters(**command)) {
    if (line.empty()) break;
    const std::string_view value = parameter.kind == Kind::rest ? std::exchange(line, {}) : take_word(line);
    parsed.arguments[parameter.name] = std::string(value);
  }
  if (!line.empty())
    return tl::unexpected(std::string(name) + ": too many arguments (usage: " + usage(**command) + ")");
  return parsed;
}

std::string as_text(const Json& result) {
  if (result.is_null()) return "";
  std::ostringstream text;
  if (result.is_array()) {
    for (const Json& row : result) {
      const char* separator = "";
      for (const auto& [name, value] : row.items()) text << std::exchange(separator, "  ") << plain(value);
      text << '\n';
    }
  } else if (result.is_object()) {
    for (const auto& [name, value] : result.items()) text << name << ": " << plain(value) << '\n';
  } else {
    text << plain(result) << '\n';
  }
  return text.str();
}

bool is_number(const Json& value) { return number(value).has_value(); }
i64 signed_number(const Json& value) { return *number(value); }
u32 address_of(const Json& value) { return static_cast<u32>(*number(value)); }

ppc::u64 number_or(const Json& arguments, const char* name, ppc::u64 otherwise) {
  if (!arguments.contains(name)) return otherwise;
  return static_cast<ppc::u64>(std::max(signed_number(arguments[name]), i64{0}));
}

std::string hexadecimal(u32 value) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "0x%08" PRIx32, value);
  return text.data();
}

std::string with_newlines(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\n", at)) != std::string::npos; ++at) text.replace(at, 2, "\n");
  return text;
}

}  // namespace quince::app
