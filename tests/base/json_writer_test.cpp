#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "base/text.hpp"

namespace {

using base::JsonWriter;

std::string json_string(std::string_view text) {
    std::string out;
    base::append_json_string(out, text);
    return out;
}

std::string number(double value) {
    std::string out;
    JsonWriter{out}.number(value);
    return out;
}

TEST(JsonWriter, puts_commas_where_they_belong) {
    std::string out;
    JsonWriter json{out};
    json.begin_object()
        .field("name", "a")
        .key("list")
        .begin_array()
        .number(1)
        .number(std::int64_t{-2})
        .begin_object()
        .end_object()
        .begin_array()
        .end_array()
        .null()
        .boolean(true)
        .end_array()
        .field("last", false)
        .end_object();
    EXPECT_EQ(out, R"({"name":"a","list":[1,-2,{},[],null,true],"last":false})");
}

TEST(JsonWriter, takes_finished_values_as_they_are) {
    std::string out;
    JsonWriter json{out};
    json.begin_array().raw(R"({"x":1})").raw("2").end_array();
    EXPECT_EQ(out, R"([{"x":1},2])");
}

TEST(JsonWriter, appends_to_what_is_there) {
    std::string out = "data: ";
    JsonWriter{out}.string("x");
    EXPECT_EQ(out, "data: \"x\"");
}

TEST(JsonWriter, writes_whole_numbers_of_every_size) {
    std::string out;
    JsonWriter json{out};
    json.begin_array()
        .number(std::numeric_limits<std::int64_t>::min())
        .number(std::numeric_limits<std::uint64_t>::max())
        .end_array();
    EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615]");
}

TEST(JsonWriter, writes_doubles_shortest_and_so_that_they_read_back_the_same) {
    EXPECT_EQ(number(0.1), "0.1");
    EXPECT_EQ(number(100000.0), "100000");
    EXPECT_EQ(number(-3), "-3");
    EXPECT_EQ(number(0.0), "0");
    EXPECT_EQ(number(-0.0), "-0");
    EXPECT_EQ(number(0.0005), "0.0005");
    EXPECT_EQ(number(0.000001), "0.000001");
    EXPECT_EQ(number(1e-7), "1e-07");
    EXPECT_EQ(number(123456789012345678.0), "1.2345678901234568e+17");
    EXPECT_EQ(number(12345678901234567.0), "12345678901234568");
    EXPECT_EQ(number(1e300), "1e+300");
    EXPECT_EQ(number(std::nan("")), "null");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
    std::mt19937_64 random{1};
    for (int i = 0; i < 2000; ++i) {
        const double value = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 600) - 300);
        ASSERT_EQ(std::strtod(number(value).c_str(), nullptr), value);
    }
}

TEST(JsonString, escapes_what_json_demands) {
    EXPECT_EQ(json_string("say \"hi\"\\"), R"("say \"hi\"\\")");
    EXPECT_EQ(json_string("a\nb\tc\rd\be\f"), R"("a\nb\tc\rd\be\f")");
    EXPECT_EQ(json_string(std::string{"\0\x1f\x7f", 3}), R"("\u0000\u001f\u007f")");
    EXPECT_EQ(json_string(""), "\"\"");
}

TEST(JsonString, escapes_line_ends_of_javascript_and_c1_controls) {
    EXPECT_EQ(json_string("a\u2028b\u2029c"), R"("a\u2028b\u2029c")");
    EXPECT_EQ(json_string("\u009b"), R"("\u009b")");
}

TEST(JsonString, leaves_other_text_of_the_world_as_it_is) {
    const std::string text = "Zürich 東京 Ελλάδα 🙂 \u00a0";
    EXPECT_EQ(json_string(text), "\"" + text + "\"");
}

TEST(JsonString, replaces_bytes_that_are_not_utf8) {
    EXPECT_EQ(json_string("a\xff"
                          "b"),
              "\"a\xEF\xBF\xBD"
              "b\"");
    EXPECT_EQ(json_string("\xE2\x82"), "\"\xEF\xBF\xBD\"") << "a sequence cut short is one replacement";
    EXPECT_EQ(json_string("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"") << "overlong";
    EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "a surrogate";
    EXPECT_EQ(json_string("\xF4\x90\x80\x80").substr(0, 4), "\"\xEF\xBF\xBD") << "above U+10FFFF";
}

TEST(JsonString, finds_every_special_byte_at_every_place_of_a_block) {
    for (std::size_t size = 1; size < 70; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (const char special : {'"', '\\', '\n', '\x01', '\x7f', '\x80'}) {
                std::string text(size, 'x');
                text[at] = special;
                const std::string out = json_string(text);
                ASSERT_GT(out.size(), size + 2) << size << " " << at << " " << static_cast<int>(special);
                ASSERT_EQ(out.substr(0, at + 1), "\"" + std::string(at, 'x'));
                ASSERT_TRUE(out.ends_with(std::string(size - at - 1, 'x') + "\""));
            }
        }
    }
}

TEST(JsonString, is_valid_utf8_without_controls_for_any_bytes) {
    std::mt19937 random{7};
    for (int i = 0; i < 3000; ++i) {
        std::string bytes(random() % 40, '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(random() % 3 == 0 ? 'a' : random());
        }
        const std::string out = json_string(bytes);
        ASSERT_TRUE(base::is_valid_utf8(out));
        for (const char c : out) {
            ASSERT_GE(static_cast<unsigned char>(c), 0x20);
        }
    }
}

}  // namespace
