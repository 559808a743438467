#include "base/env_file.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace {

std::map<std::string, std::string> values(std::string_view text) {
    std::map<std::string, std::string> found;
    const auto lines = base::parse_env(text, ".env");
    EXPECT_TRUE(lines) << (lines ? "" : lines.error().message());
    if (lines) {
        for (const auto& line : *lines) {
            found[line.name] = line.value;
        }
    }
    return found;
}

std::string problem(std::string_view text) {
    const auto lines = base::parse_env(text, "/etc/x/.env");
    return lines ? "" : lines.error().message();
}

using Values = std::map<std::string, std::string>;

TEST(EnvFile, reads_plain_assignments) {
    EXPECT_EQ(values("A=1\nB = two words \nexport C=3\n\n# comment\n  D=\nE=a=b"),
              (Values{{"A", "1"}, {"B", "two words"}, {"C", "3"}, {"D", ""}, {"E", "a=b"}}));
    EXPECT_EQ(values(""), Values{});
    EXPECT_EQ(values("\n\n  \n\t# only comments"), Values{});
}

TEST(EnvFile, begins_a_comment_only_after_white_space) {
    EXPECT_EQ(values("A=redis  # redis, memory, or file\nB=pass#word\nC=#start\nD= # nothing\nE=x\t#y"),
              (Values{{"A", "redis"}, {"B", "pass#word"}, {"C", "#start"}, {"D", ""}, {"E", "x"}}));
}

TEST(EnvFile, takes_quoted_values_as_they_are) {
    EXPECT_EQ(
        values("A=\"two # words\" # comment\nB=' keep \\n \"this\" '\nC=\"say \\\"hi\\\" \\$x \\\\ \\d\"\nD=\"\""),
        (Values{{"A", "two # words"}, {"B", " keep \\n \"this\" "}, {"C", "say \"hi\" $x \\ \\d"}, {"D", ""}}));
}

TEST(EnvFile, lets_a_quoted_value_go_over_several_lines) {
    EXPECT_EQ(values("KEY=\"-----BEGIN\r\nabc\r\n-----END\"\nNEXT=1\nE=\"a\\nb\""),
              (Values{{"KEY", "-----BEGIN\nabc\n-----END"}, {"NEXT", "1"}, {"E", "a\nb"}}));
}

TEST(EnvFile, reads_files_of_windows) {
    EXPECT_EQ(values("\xEF\xBB\xBF"
                     "A=1\r\nB=\"x\"\r\n\r\n# c\r\nC='y'\r\n"),
              (Values{{"A", "1"}, {"B", "x"}, {"C", "y"}}));
}

TEST(EnvFile, keeps_the_number_of_each_line) {
    const auto lines = base::parse_env("# one\nA=\"x\ny\"\nB=1\n", ".env");
    ASSERT_TRUE(lines);
    ASSERT_EQ(lines->size(), 2u);
    EXPECT_EQ((*lines)[0].line, 2u);
    EXPECT_EQ((*lines)[1].line, 4u);
}

TEST(EnvFile, expands_nothing) { EXPECT_EQ(values("A=${HOME}/$x"), (Values{{"A", "${HOME}/$x"}})); }

TEST(EnvFile, treats_export_as_a_name_where_it_is_one) {
    EXPECT_EQ(values("export=1\nexported=2"), (Values{{"export", "1"}, {"exported", "2"}}));
}

TEST(EnvFile, names_file_and_line_of_what_is_broken_and_shows_no_value) {
    const std::string secret = "hunter2";
    EXPECT_EQ(problem("A=1\n\njust words " + secret + "\n"),
              "/etc/x/.env line 3 is not NAME=value: write it so, or begin it with #");
    EXPECT_NE(problem("1A=x").find("line 1 is not NAME=value"), std::string::npos);
    EXPECT_NE(problem("=x").find("line 1 is not NAME=value"), std::string::npos);
    EXPECT_NE(problem("A-B=x").find("line 1 is not NAME=value"), std::string::npos);
    EXPECT_NE(problem("A=1\nB=\"" + secret + "\nC=2\n").find("line 2 begins a value with \" that never ends"),
              std::string::npos);
    EXPECT_NE(problem("A='x'y").find("line 1 goes on after the closing quote"), std::string::npos);
    EXPECT_NE(problem("A='x'#y").find("line 1 goes on after the closing quote"), std::string::npos);
    EXPECT_NE(problem(std::string_view{"A=1\nB=\0", 7}).find("line 2 holds a zero byte"), std::string::npos);
    for (const std::string& text : {"words " + secret, "A=\"" + secret, "A='" + secret + "'x"}) {
        EXPECT_EQ(problem(text).find(secret), std::string::npos);
    }
}

}  // namespace
