#include "base/log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using base::log::Format;
using base::log::Level;

TEST(Log, keeps_a_message_on_one_line_and_shows_what_is_hidden) {
    EXPECT_EQ(base::log::format_line(Format::text, Level::warn, "T", "a\nb\x1b[2J\u202e"),
              "T warn  a\\nb\\u{1B}[2J\\u{202E}");
    EXPECT_EQ(base::log::format_line(Format::text, Level::error, "T", "x"), "T error x");
}

TEST(Log, writes_json_when_asked) {
    EXPECT_EQ(base::log::format_line(Format::json, Level::info, "T", "say \"a\"\nb"),
              R"({"time":"T","level":"info","message":"say \"a\"\nb"})");
}

TEST(Log, goes_to_stderr_and_only_from_its_level_on) {
    const Level before = base::log::level();
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    base::log::configure(Level::warn, Format::text);
    base::log::info("hidden {}", 1);
    base::log::warn("shown {}", 2);
    base::log::set_level(Level::off);
    base::log::error("off");
    base::log::configure(before, Format::text);
    const std::string lines = testing::internal::GetCapturedStderr();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "the stdio transport owns stdout";
    EXPECT_EQ(lines.find("hidden"), std::string::npos);
    EXPECT_NE(lines.find("Z warn  shown 2\n"), std::string::npos);
    EXPECT_EQ(lines.find("off"), std::string::npos);
}

}  // namespace
