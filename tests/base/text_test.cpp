#include "base/text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

TEST(EscapeUntrusted, leaves_ordinary_text_and_line_ends_alone) {
    for (const std::string text : {"", "plain", "two\nlines\tand a tab", "Zürich 東京 🙂", "a\u00a0b", "back\\slash"}) {
        EXPECT_EQ(base::escape_untrusted(text), text);
        EXPECT_TRUE(base::is_plain(text)) << text;
    }
}

TEST(EscapeUntrusted, shows_control_characters_and_ansi_escapes) {
    EXPECT_EQ(base::escape_untrusted("\x1b[31mred\x1b[0m"), "\\u{1B}[31mred\\u{1B}[0m");
    EXPECT_EQ(base::escape_untrusted(std::string{"\0", 1}), "\\u{0}");
    EXPECT_EQ(base::escape_untrusted("a\rb\x7f"), "a\\u{D}b\\u{7F}");
    EXPECT_EQ(base::escape_untrusted("\u009b31m"), "\\u{9B}31m") << "the one-byte form of an ANSI escape";
}

TEST(EscapeUntrusted, shows_what_turns_or_hides_text) {
    const char32_t hidden[] = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x200E, 0x200F,
                               0x061C, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x180E, 0x2028, 0x2029};
    const auto utf8 = [](char32_t code) {
        std::string text;
        if (code < 0x800) {
            text = {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
        } else if (code < 0x10000) {
            text = {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
                    static_cast<char>(0x80 | (code & 0x3F))};
        } else {
            text = {static_cast<char>(0xF0 | (code >> 18)), static_cast<char>(0x80 | ((code >> 12) & 0x3F)),
                    static_cast<char>(0x80 | ((code >> 6) & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
        }
        return text;
    };
    const auto shown = [](char32_t code) {
        char text[16];
        std::snprintf(text, sizeof text, "\\u{%X}", static_cast<unsigned>(code));
        return std::string{text};
    };
    for (const char32_t code : hidden) {
        EXPECT_EQ(base::escape_untrusted("a" + utf8(code) + "b"), "a" + shown(code) + "b");
        EXPECT_FALSE(base::is_plain(utf8(code))) << shown(code);
    }
    for (char32_t code = 0xE0000; code <= 0xE007F; ++code) {
        EXPECT_EQ(base::escape_untrusted(utf8(code)), shown(code));
    }
    for (const char32_t code : {0x2010, 0x2070, 0xFEFE, 0xE0080, 0x1F642, 0x00AE}) {
        EXPECT_TRUE(base::is_plain(utf8(code))) << shown(code);
    }
}

TEST(EscapeUntrusted, replaces_what_is_not_utf8) {
    EXPECT_EQ(base::escape_untrusted("a\xff"), "a\xEF\xBF\xBD");
    EXPECT_FALSE(base::is_plain("a\xff"));
    EXPECT_FALSE(base::is_valid_utf8("\xED\xBF\xBF"));
    EXPECT_TRUE(base::is_valid_utf8("é"));
}

TEST(EscapeUntrusted, is_done_once_and_agrees_with_is_plain_for_any_bytes) {
    std::mt19937 random{11};
    for (int i = 0; i < 5000; ++i) {
        std::string bytes(random() % 50, '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(random() % 4 != 0 ? 'a' + static_cast<int>(random() % 26) : random());
        }
        const std::string once = base::escape_untrusted(bytes);
        ASSERT_TRUE(base::is_plain(once));
        ASSERT_EQ(base::escape_untrusted(once), once);
        ASSERT_EQ(base::is_plain(bytes), once == bytes);
    }
}

TEST(Ellipsize, keeps_what_fits_and_cuts_at_a_character) {
    EXPECT_EQ(base::ellipsize("exact", 5), "exact");
    EXPECT_EQ(base::ellipsize("longer text", 9), "longer…");
    EXPECT_EQ(base::ellipsize("ééééé", 9), "ééé…");
    EXPECT_EQ(base::ellipsize("ééééé", 8), "éé…") << "half a character is none";
    EXPECT_EQ(base::ellipsize("abcdef", 2), "ab") << "no room for the mark";
    EXPECT_EQ(base::ellipsize("ééé", 1), "");
    for (std::size_t most = 0; most < 30; ++most) {
        const auto cut = base::ellipsize("Zürich 東京 🙂 and more of it", most);
        EXPECT_LE(cut.size(), most);
        EXPECT_TRUE(base::is_valid_utf8(cut));
    }
}

TEST(Ascii, compares_and_converts_without_a_locale) {
    EXPECT_TRUE(base::iequals("Content-Type", "content-tYPE"));
    EXPECT_FALSE(base::iequals("a", "ab"));
    EXPECT_FALSE(base::iequals("É", "é"));
    EXPECT_EQ(base::to_upper("abcÉz1"), "ABCÉZ1");
    EXPECT_EQ(base::to_lower("ABCéZ1"), "abcéz1");
    EXPECT_EQ(base::trim("  \t a b \r\n"), "a b");
    EXPECT_EQ(base::trim(" \n "), "");
}

TEST(Nearest, finds_the_slip_of_the_pen) {
    const std::vector<std::string_view> names = {"CACHE_TYPE", "CACHE_TTL_SECONDS", "MAX_CONCURRENT_REQUESTS",
                                                 "REDIS_PORT", "REDIS_HOST"};
    EXPECT_EQ(base::nearest("MAX_CONCURENT_REQUESTS", names), "MAX_CONCURRENT_REQUESTS");
    EXPECT_EQ(base::nearest("CACHE_TPYE", names), "CACHE_TYPE");
    EXPECT_EQ(base::nearest("redis_port", names), "REDIS_PORT");
    EXPECT_EQ(base::nearest("SOMETHING_ELSE", names), "");
    EXPECT_EQ(base::nearest("", names), "");
    EXPECT_EQ(base::nearest("REDIS_PROT", names, 1), "REDIS_PORT") << "a swap counts once";
    EXPECT_EQ(base::nearest("REDIS_PRRT_", names, 1), "");
}

}  // namespace
