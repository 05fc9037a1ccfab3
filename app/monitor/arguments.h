// Between text and the monitor's JSON: what a user typed, and how an answer reads.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "app/monitor/monitor.h"

namespace quince::app {

using ppc::i64;

// "memory ADDRESS [BYTES]"
std::string usage(const Monitor::Command& command);

// Whether the object has what the command's row wants and nothing else, each of the right kind.
tl::expected<void, std::string> check_arguments(const Monitor::Command& command,
                                                const nlohmann::ordered_json& arguments);

struct Line {
  const Monitor::Command* command;  // null: the line is empty
  nlohmann::ordered_json arguments;
};
tl::expected<Line, std::string> parse_line(std::span<const Monitor::Command> commands, std::string_view line);

// For a person: one line for each member of an object or list.
std::string as_text(const nlohmann::ordered_json& result);

// Numbers may be JSON numbers or strings such as "0xc0000000", "64" or "-5".
bool is_number(const nlohmann::ordered_json& value);
i64 signed_number(const nlohmann::ordered_json& value);
u32 address_of(const nlohmann::ordered_json& value);
ppc::u64 number_or(const nlohmann::ordered_json& arguments, const char* name, ppc::u64 otherwise);

std::string hexadecimal(u32 value);           // 0x and eight digits
std::string with_newlines(std::string text);  // "\n" written as two characters becomes one

}  // namespace quince::app
