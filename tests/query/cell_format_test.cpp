#include "query/cell_format.hpp"

#include <gtest/gtest.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "query/hostile_strings.hpp"

namespace {

std::string markdown(std::string_view text) {
    std::string out;
    query::append_markdown(out, text);
    return out;
}

std::string csv(std::string_view text) {
    std::string out;
    query::append_csv(out, text);
    return out;
}

TEST(Markdown, leaves_ordinary_values_as_they_are) {
    for (const char* text : {"ORDER_ID", "2024-02-29 13:05:00.123 +0100", "-12.50", "Ann-Marie O'Neil (Paris), 7%",
                             "a & b", "AT&T Inc. & co", "Grüße, 東京", "x = 1; y > 0 ? no"}) {
        const std::string shown = markdown(text);
        EXPECT_TRUE(shown == text || std::string{text}.find_first_of("&>") != std::string::npos) << shown;
    }
    EXPECT_EQ(markdown("ORDER_ID"), "ORDER_ID");
    EXPECT_EQ(markdown("a & b"), "a & b");
}

TEST(Markdown, escapes_what_would_end_the_cell_or_the_row) {
    EXPECT_EQ(markdown("a|b"), "a\\|b");
    EXPECT_EQ(markdown("a\\|b"), "a\\\\\\|b");
    EXPECT_EQ(markdown("one\ntwo"), "one<br>two");
    EXPECT_EQ(markdown("one\ttwo"), "one two");
    EXPECT_EQ(markdown("`x`"), "\\`x\\`");
}

TEST(Markdown, nothing_becomes_active) {
    EXPECT_EQ(markdown("<script>"), "\\<script\\>");
    EXPECT_EQ(markdown("![x](http://a.example/)"), "!\\[x\\](http://a.example/)");
    EXPECT_EQ(markdown("&lt;b"), "\\&lt;b");
    EXPECT_EQ(markdown("**b** _i_ a_b ~~s~~"), "\\*\\*b\\*\\* \\_i\\_ a_b \\~\\~s\\~\\~");
}

TEST(Markdown, shows_what_hides) {
    EXPECT_EQ(markdown("a\xE2\x80\xAE"
                       "b"),
              "a\\\\u{202E}b");
}

TEST(Markdown, keeps_every_hostile_string_inside_one_line_and_one_cell) {
    for (const auto& [name, text] : hostile::strings()) {
        const std::string shown = markdown(text);
        EXPECT_EQ(hostile::what_acts(shown), "") << name;
        EXPECT_EQ(shown.find_first_of("\n\r"), std::string::npos) << name;
        for (std::size_t i = 0; i < shown.size(); ++i) {
            if (shown[i] == '\\') {
                ++i;  // the next one is literal
                continue;
            }
            ASSERT_EQ(std::string_view{"|`*[]~"}.find(shown[i]), std::string_view::npos) << name << " at " << i;
            if (shown[i] == '<') {
                ASSERT_EQ(shown.substr(i, 4), "<br>") << name << " at " << i;
                i += 3;
            }
        }
    }
}

TEST(Csv, quotes_only_where_it_must) {
    EXPECT_EQ(csv("plain"), "plain");
    EXPECT_EQ(csv("a,b"), "\"a,b\"");
    EXPECT_EQ(csv("say \"hi\""), "\"say \"\"hi\"\"\"");
    EXPECT_EQ(csv("one\ntwo"), "\"one\ntwo\"");
    EXPECT_EQ(csv(" x"), "\" x\"");
    EXPECT_EQ(csv(""), "\"\"") << "NULL is the empty field";
    EXPECT_EQ(csv("-5"), "-5");
}

TEST(JsonEscapedSize, is_what_the_writer_writes) {
    for (const auto& [name, text] : hostile::strings()) {
        const std::string plain = base::escape_untrusted(text);
        std::string json;
        base::append_json_string(json, plain);
        EXPECT_EQ(query::json_escaped_size(plain), json.size() - 2) << name;
    }
}

}  // namespace
