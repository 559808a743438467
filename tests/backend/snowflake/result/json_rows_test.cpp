#include <gtest/gtest.h>

#include "backend/snowflake/result/rows_support.hpp"

namespace backend::snowflake {
namespace {

using snowflake_test::read_json;
using snowflake_test::ReadRows;

RowType type_of(std::string name, std::optional<std::int64_t> scale = {}) {
    return {.name = "C", .type = std::move(name), .scale = scale};
}

/// The text of one cell, or the error.
std::string cell(const RowType& type, std::string json) {
    const ReadRows rows = read_json("[" + json + "]", {type});
    return rows.error.empty() ? rows.text.at(0).at(0) : "error";
}
std::string json_of(const RowType& type, std::string json) {
    const ReadRows rows = read_json("[" + json + "]", {type});
    return rows.error.empty() ? rows.json.at(0).at(0) : "error";
}

struct Example {
    const char* type;
    int scale;
    const char* cell;
    const char* text;
};

class JsonCell : public testing::TestWithParam<Example> {};

TEST_P(JsonCell, reads_as) {
    const Example& example = GetParam();
    EXPECT_EQ(cell(type_of(example.type, example.scale), example.cell), example.text);
}

constexpr Example examples[] = {
    {"fixed", 0, R"("42")", "42"},
    {"fixed", 0, R"("-7")", "-7"},
    {"fixed", 0, R"("-0")", "0"},
    {"fixed", 0, R"("9223372036854775807")", "9223372036854775807"},
    {"fixed", 0, R"("9223372036854775808")", "9223372036854775808"},
    {"fixed", 0, R"("-9223372036854775809")", "-9223372036854775809"},
    {"fixed", 2, R"("12.30")", "12.30"},
    {"fixed", 2, R"("-0.05")", "-0.05"},
    {"fixed", 0, R"("99999999999999999999999999999999999999")", "99999999999999999999999999999999999999"},
    {"fixed", 37, R"("-9.9999999999999999999999999999999999999")", "-9.9999999999999999999999999999999999999"},
    {"fixed", 0, R"("123456789012345678901234567890123456789012")", "123456789012345678901234567890123456789012"},
    {"fixed", 0, R"("1.5E3")", "1500"},
    {"fixed", 0, "42", "42"},
    {"fixed", 0, R"("")", "<null>"},
    {"fixed", 0, R"("4x")", "error"},
    {"fixed", 0, R"(".")", "error"},
    {"real", 0, R"("1.5e+10")", "15000000000"},
    {"real", 0, R"("123.456")", "123.456"},
    {"real", 0, R"("-1e-300")", "-1e-300"},
    {"real", 0, R"("NaN")", "NaN"},
    {"real", 0, R"("inf")", "inf"},
    {"real", 0, R"("-Infinity")", "-inf"},
    {"real", 0, R"("1e999")", "1e999"},
    {"real", 0, "1.25", "1.25"},
    {"real", 0, R"("one")", "error"},
    {"decfloat", 0, R"("1.50")", "1.5"},
    {"decfloat", 0, R"("1.5E+100")", "1.5e100"},
    {"decfloat", 0, R"("12345678901234567890123456789012345678")", "12345678901234567890123456789012345678"},
    {"decfloat", 0, R"("-1.2e-3")", "-0.0012"},
    {"decfloat", 0, R"("1e-20")", "1e-20"},
    {"decfloat", 0, R"("0.000")", "0"},
    {"text", 0, R"("a \"b\" \\ \u00e9\ud83d\ude00 \ud800 \n")", "a \"b\" \\ \xC3\xA9\xF0\x9F\x98\x80 \xEF\xBF\xBD \n"},
    {"text", 0, R"("")", ""},
    {"text", 0, "null", "<null>"},
    {"text", 0, R"("\q")", "error"},
    {"boolean", 0, R"("1")", "true"},
    {"boolean", 0, R"("0")", "false"},
    {"boolean", 0, R"("TRUE")", "true"},
    {"boolean", 0, "false", "false"},
    {"boolean", 0, R"("")", "<null>"},
    {"boolean", 0, R"("2")", "error"},
    {"date", 0, R"("0")", "1970-01-01"},
    {"date", 0, R"("-1")", "1969-12-31"},
    {"date", 0, R"("19782")", "2024-02-29"},
    {"date", 0, R"("-141427")", "1582-10-15"},
    {"date", 0, R"("-141428")", "1582-10-14"},
    {"date", 0, R"("-719162")", "0001-01-01"},
    {"date", 0, R"("2932897")", "10000-01-01"},
    {"date", 0, R"("2024-02-29")", "error"},
    {"time", 9, R"("45296.123000000")", "12:34:56.123"},
    {"time", 9, R"("45296.123456789")", "12:34:56.123456789"},
    {"time", 0, R"("0")", "00:00:00"},
    {"time", 9, R"("86400")", "error"},
    {"time", 9, R"("-1")", "error"},
    {"timestamp_ntz", 9, R"("1700000000.123000000")", "2023-11-14 22:13:20.123"},
    {"timestamp_ntz", 9, R"("1700000000.123456789")", "2023-11-14 22:13:20.123456789"},
    {"timestamp_ntz", 0, R"("1700000000")", "2023-11-14 22:13:20"},
    {"timestamp_ntz", 9, R"("-1.100000000")", "1969-12-31 23:59:58.900"},
    {"timestamp_ntz", 9, R"("-0.000000001")", "1969-12-31 23:59:59.999999999"},
    {"timestamp_ntz", 9, R"("-62135596800.000000000")", "0001-01-01 00:00:00.000"},
    {"timestamp_ntz", 9, R"("253402300799.999999999")", "9999-12-31 23:59:59.999999999"},
    {"timestamp_ntz", 3, R"("1.5")", "1970-01-01 00:00:01.500"},
    {"timestamp_ntz", 9, R"("1e9")", "error"},
    {"timestamp_ntz", 9, R"("99999999999999999")", "error"},
    {"timestamp_ltz", 9, R"("0.000000000")", "1970-01-01 00:00:00.000 +0000"},
    {"timestamp_tz", 9, R"("1700000000.000000000 1500")", "2023-11-14 23:13:20.000 +0100"},
    {"timestamp_tz", 9, R"("1700000000.000000000 960")", "2023-11-14 14:13:20.000 -0800"},
    {"timestamp_tz", 9, R"("-1.1 1440")", "1969-12-31 23:59:58.900 +0000"},
    {"timestamp_tz", 9, R"("1.0 9999")", "error"},
    {"binary", 0, R"("DEADbeef")", "DEADBEEF"},
    {"binary", 0, R"("")", ""},
    {"binary", 0, R"("ABC")", "error"},
    {"binary", 0, R"("XY")", "error"},
    {"variant", 0, R"("{\n  \"a\": 1.50,\n  \"b\": [true, null]\n}")", R"({"a":1.50,"b":[true,null]})"},
    {"array", 0, R"("[\n  undefined,\n  NaN,\n  -Infinity\n]")", R"([null,"NaN","-Infinity"])"},
    {"variant", 0, R"("<a>x</a>")", "<a>x</a>"},
    {"object", 0, R"({"a": 1})", R"({"a":1})"},
    {"vector", 0, R"("[1.000000,2.500000]")", "[1.000000,2.500000]"},
    {"vector", 0, R"("[nan,inf]")", R"(["NaN","Infinity"])"},
    {"geography", 0, "\"POINT(1 2)\"", "POINT(1 2)"},
    {"map", 0, R"("{\"k\":1}")", R"({"k":1})"},
    {"file", 0, R"("{\"STAGE\":\"@S\"}")", R"({"STAGE":"@S"})"},
    {"interval_year_month", 0, R"("14")", "+1-02"},
    {"interval_year_month", 0, R"("-14")", "-1-02"},
    {"interval_year_month", 1, R"("24")", "+2"},
    {"interval_year_month", 2, R"("14")", "+14"},
    {"interval_day_time", 0, R"("93784500000000")", "+1 02:03:04.5"},
    {"interval_day_time", 0, R"("-1")", "-0 00:00:00.000000001"},
    {"something_new", 0, R"("as it is")", "as it is"},
};
INSTANTIATE_TEST_SUITE_P(Wire, JsonCell, testing::ValuesIn(examples));

TEST(JsonRows, a_time_zone_in_the_old_packed_form_is_taken_apart) {
    // (seconds << 14 | zone), as result version 0 had it.
    const std::int64_t packed = (std::int64_t{1'700'000'000} << 14) | 1500;
    EXPECT_EQ(cell(type_of("timestamp_tz", 0), "\"" + std::to_string(packed) + "\""), "2023-11-14 23:13:20 +0100");
    const std::int64_t milliseconds = (std::int64_t{-1'100} << 14) | 1440;
    const std::string text = std::to_string(milliseconds);
    EXPECT_EQ(cell(type_of("timestamp_tz", 3),
                   "\"" + text.substr(0, text.size() - 3) + "." + text.substr(text.size() - 3) + "\""),
              "1969-12-31 23:59:58.900 +0000");
}

TEST(JsonRows, local_timestamps_are_shown_in_the_sessions_zone) {
    Zones zones;
    const auto zone = zones.find("America/Los_Angeles");
    if (zone == nullptr) GTEST_SKIP() << "no zone database here";
    const auto rows = read_json(R"([["1700000000.5"],["1720000000.000"]])", {type_of("timestamp_ltz", 3)}, *zone);
    EXPECT_EQ(rows.text, (std::vector<std::vector<std::string>>{{"2023-11-14 14:13:20.500 -0800"},
                                                                {"2024-07-03 02:46:40.000 -0700"}}));
}

TEST(JsonRows, numbers_in_json_are_numbers_where_every_reader_keeps_them) {
    EXPECT_EQ(json_of(type_of("fixed", 2), R"("12.30")"), "12.30");
    EXPECT_EQ(json_of(type_of("fixed", 0), R"("9223372036854775808")"), R"("9223372036854775808")");
    EXPECT_EQ(json_of(type_of("decfloat"), R"("1.5")"), "1.5");
    EXPECT_EQ(json_of(type_of("decfloat"), R"("1.5e1000")"), R"("1.5e1000")");
    EXPECT_EQ(json_of(type_of("real"), R"("nan")"), R"("NaN")");
    EXPECT_EQ(json_of(type_of("variant"), R"("[undefined]")"), "[null]");
}

TEST(JsonRows, reads_a_chunk_without_outer_brackets) {
    const std::vector<std::vector<std::string>> wanted{{"a", "<null>"}, {"b", "c"}};
    const std::vector<RowType> two{type_of("text"), type_of("text")};
    for (const char* body : {R"(["a",null],["b","c"])", R"([["a",null],["b","c"]])",
                             "\xEF\xBB\xBF[\"a\",null],[\"b\",\"c\"]", "[\"a\",null],\n[\"b\",\"c\"],\n",
                             " [ \"a\" , null ] , [ \"b\" , \"c\" ] ", "[\n[\"a\",null],\n[\"b\",\"c\"]\n]\n"}) {
        const ReadRows rows = read_json(body, two);
        EXPECT_EQ(rows.error, "") << body;
        EXPECT_EQ(rows.text, wanted) << body;
    }
    for (const char* body : {"", "[]", " ", "\xEF\xBB\xBF"}) {
        const ReadRows rows = read_json(body, two);
        EXPECT_EQ(rows.error, "") << body;
        EXPECT_TRUE(rows.text.empty()) << body;
    }
}

TEST(JsonRows, a_body_that_broke_off_or_is_none_is_an_error_after_its_whole_rows) {
    const std::vector<RowType> two{type_of("text"), type_of("text")};
    for (const char* body : {R"(["a","b"],["c)", R"(["a","b"],["c","d")", R"(["a","b"],["c")", R"([["a","b"])",
                             R"(["a","b"],x)", R"(["a","b"],["c"])", R"(["a","b"],["c","d","e"])", R"(["a","b"]{})",
                             R"(["a","b"],["c",)", R"(["a","b"],["c","\)"}) {
        const ReadRows rows = read_json(body, two);
        EXPECT_NE(rows.error, "") << body;
        EXPECT_EQ(rows.text, (std::vector<std::vector<std::string>>{{"a", "b"}})) << body;
    }
    EXPECT_NE(read_json("<?xml version=\"1.0\"?><Error/>", two).error.find("XML"), std::string::npos);
}

TEST(JsonRows, the_error_names_row_column_and_value) {
    const ReadRows rows = read_json(R"(["1"],["2"],["three"])", {type_of("fixed")});
    EXPECT_EQ(rows.error, "the rows that Snowflake sent do not match their types: row 3 holds \"three\" in column 1");
}

TEST(JsonRows, many_rows_come_in_several_batches) {
    std::string body;
    for (int i = 0; i < 10'000; ++i) body += (i > 0 ? ",[\"" : "[\"") + std::to_string(i) + "\",\"x\"]";
    const ReadRows rows = read_json(body, {type_of("fixed"), type_of("text")});
    EXPECT_EQ(rows.error, "");
    EXPECT_GE(rows.batches, 3U);
    ASSERT_EQ(rows.text.size(), 10'000U);
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(rows.text[i][0], std::to_string(i));
}

TEST(CellPlan, types_are_named_as_snowflake_names_them) {
    const auto text = [](RowType type) { return type_text(type); };
    EXPECT_EQ(text({.type = "fixed", .precision = 10, .scale = 2}), "NUMBER(10,2)");
    EXPECT_EQ(text({.type = "fixed"}), "NUMBER(38,0)");
    EXPECT_EQ(text({.type = "text", .length = 16'777'216}), "VARCHAR(16777216)");
    EXPECT_EQ(text({.type = "text"}), "VARCHAR");
    EXPECT_EQ(text({.type = "real"}), "FLOAT");
    EXPECT_EQ(text({.type = "timestamp_ltz", .scale = 3}), "TIMESTAMP_LTZ(3)");
    EXPECT_EQ(text({.type = "time"}), "TIME(9)");
    EXPECT_EQ(text({.type = "binary", .length = 8}), "BINARY(8)");
    EXPECT_EQ(text({.type = "object", .ext_type_name = "geography"}), "GEOGRAPHY");
    EXPECT_EQ(text({.type = "array"}), "ARRAY");
    EXPECT_EQ(text({.type = "array", .fields = {{.type = "fixed", .precision = 38, .scale = 0}}}),
              "ARRAY(NUMBER(38,0))");
    EXPECT_EQ(text({.type = "map", .fields = {{.type = "text", .length = 8}, {.type = "real"}}}),
              "MAP(VARCHAR(8), FLOAT)");
    EXPECT_EQ(text({.type = "object",
                    .fields = {{.name = "a", .type = "boolean", .nullable = false}, {.name = "b", .type = "date"}}}),
              "OBJECT(a BOOLEAN NOT NULL, b DATE)");
    EXPECT_EQ(text({.type = "vector", .vector_dimension = 3, .fields = {{.type = "real"}}}), "VECTOR(FLOAT, 3)");
    EXPECT_EQ(text({.type = "interval_year_month"}), "INTERVAL YEAR TO MONTH");
    EXPECT_EQ(text({.type = "weird"}), "WEIRD");
}

}  // namespace
}  // namespace backend::snowflake
