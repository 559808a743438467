#include "app/command_line.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

Parsed parse(std::vector<std::string> words) {
    words.insert(words.begin(), "snowflake-mcp");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Parsed parsed = parse_command_line(static_cast<int>(argv.size()), argv.data());
    testing::internal::GetCapturedStdout();
    testing::internal::GetCapturedStderr();
    return parsed;
}

TEST(CommandLine, knows_its_subcommands) {
    EXPECT_EQ(parse({"serve"}).line->command, Command::serve);
    EXPECT_EQ(parse({"stdio"}).line->command, Command::stdio);
    EXPECT_EQ(parse({"check"}).line->command, Command::check);
    EXPECT_EQ(parse({"version"}).line->command, Command::version);
    EXPECT_EQ(parse({"key", "list"}).line->command, Command::key_list);
}

TEST(CommandLine, short_options_are_settings) {
    const auto line = parse({"serve", "--port", "8080", "--set", "MAX_MEMORY_MB=512"}).line;
    ASSERT_TRUE(line);
    const std::vector<std::pair<std::string, std::string>> expected = {{"MCP_SERVER_PORT", "8080"},
                                                                       {"MAX_MEMORY_MB", "512"}};
    EXPECT_EQ(line->settings, expected);
}

TEST(CommandLine, a_setting_keeps_everything_after_its_first_equals_sign) {
    const auto line = parse({"serve", "--set", "STATE_KEYS=a=b,c"}).line;
    ASSERT_TRUE(line);
    EXPECT_EQ(line->settings.front().second, "a=b,c");
}

TEST(CommandLine, wrong_usage_exits_with_2) {
    EXPECT_EQ(parse({}).exit_code, 2);
    EXPECT_EQ(parse({"fly"}).exit_code, 2);
    EXPECT_EQ(parse({"serve", "--no-such-option"}).exit_code, 2);
    EXPECT_EQ(parse({"serve", "--set", "NOEQUALS"}).exit_code, 2);
    EXPECT_EQ(parse({"key"}).exit_code, 2);
    EXPECT_EQ(parse({"key", "add"}).exit_code, 2);
}

TEST(CommandLine, help_exits_with_0_and_runs_nothing) {
    const auto parsed = parse({"serve", "--help"});
    EXPECT_FALSE(parsed.line);
    EXPECT_EQ(parsed.exit_code, 0);
}

}  // namespace
}  // namespace app
