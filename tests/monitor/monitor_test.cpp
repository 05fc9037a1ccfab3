// Lines to arguments, answers to text, texts to keys.
#include <gtest/gtest.h>

#include <limits>

#include "app/monitor/arguments.h"

namespace quince::app {
namespace {

using Json = nlohmann::ordered_json;
using ppc::u64;

tl::expected<Line, std::string> parse(std::string_view line) { return parse_line(Monitor::commands(), line); }

TEST(MonitorLine, CommandsAndArguments) {
  EXPECT_EQ(parse("  ")->command, nullptr);
  const auto memory = parse("memory 0xc0000000  64 ");
  EXPECT_STREQ(memory->command->name, "memory");
  EXPECT_EQ(memory->arguments, (Json{{"address", "0xc0000000"}, {"bytes", "64"}}));
  EXPECT_STREQ(parse("dis")->command->name, "disassemble");
  EXPECT_STREQ(parse("cd a file.iso")->command->name, "cd");
  EXPECT_EQ(parse("cd a file.iso")->arguments["file"], "a file.iso");
}

TEST(MonitorLine, WhatIsWrongIsALine) {
  EXPECT_EQ(parse("s").error(), "'s' may be status or step");
  EXPECT_EQ(parse("fly").error(), "there is no command 'fly' (see help)");
  EXPECT_EQ(parse("pause now").error(), "pause: too many arguments (usage: pause)");
}

const Monitor::Command& command(const char* name) { return *parse(name)->command; }

TEST(MonitorArguments, AreChecked) {
  const auto& memory = command("memory");
  EXPECT_TRUE(check_arguments(memory, {{"address", 5}}));
  EXPECT_TRUE(check_arguments(memory, {{"address", "0xffffffff"}, {"bytes", 7}}));
  EXPECT_EQ(check_arguments(memory, Json::object()).error(),
            "memory: no address (usage: memory ADDRESS [BYTES])");
  EXPECT_FALSE(check_arguments(memory, Json::array()));
  for (const Json& wrong : {Json("0x100000000"), Json(u64{1} << 32), Json("12x"), Json(""), Json("0x"),
                            Json(1.5), Json(nullptr), Json("--1"), Json(Json::object()),
                            Json(std::numeric_limits<ppc::i64>::min()), Json(-0x1'0000'0000)}) {
    EXPECT_FALSE(check_arguments(memory, {{"address", wrong}})) << wrong;
  }
  EXPECT_FALSE(check_arguments(memory, {{"address", 5}, {"width", 7}}));
  EXPECT_FALSE(check_arguments(command("type"), {{"text", 5}}));
}

TEST(MonitorText, OneLineEach) {
  EXPECT_EQ(as_text(nullptr), "");
  EXPECT_EQ(as_text({{"b", 1}, {"a", "x"}}), "b: 1\na: x\n");
  EXPECT_EQ(as_text(Json::array({{{"n", 1}, {"m", "x"}}, {{"n", 2}, {"m", "y"}}})), "1  x\n2  y\n");
}

TEST(MonitorKeys, TextAndChords) {
  const std::vector<Keystroke> upper_a = {{0x38, true}, {0x00, true}, {0x00, false}, {0x38, false}};
  EXPECT_TRUE(*keystrokes_of("A") == upper_a);
  EXPECT_TRUE(*keystrokes_of_chord("shift-a") == upper_a);
  for (char c = ' '; c < 0x7f; ++c) EXPECT_TRUE(keystrokes_of(std::string(1, c))) << c;
  EXPECT_FALSE(keystrokes_of("\x01"));
  EXPECT_FALSE(keystrokes_of_chord(""));
  EXPECT_FALSE(keystrokes_of_chord("a-"));
  EXPECT_FALSE(keystrokes_of_chord("A"));
  EXPECT_EQ(keystrokes_of_chord("control-command-power")->size(), 6u);
}

}  // namespace
}  // namespace quince::app
