#include "backend/cell.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

namespace backend {
namespace {

std::string text(const Cell& cell) {
    std::string out;
    append_text(out, cell);
    return out;
}

std::string json(const Cell& cell) {
    std::string out;
    append_json(out, cell);
    return out;
}

std::int32_t days(std::chrono::year_month_day date) {
    return static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

Cell ntz(std::int64_t seconds, std::int32_t nanoseconds, std::int8_t scale = 3) {
    return Cell::timestamp({.seconds = seconds, .nanoseconds = nanoseconds, .scale = scale});
}

Int128 power_of_ten(int exponent) {
    Int128 value = 1;
    for (int i = 0; i < exponent; ++i) value *= 10;
    return value;
}

using namespace std::chrono_literals;
using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

TEST(CellText, null_appends_nothing_and_is_null_in_json) {
    EXPECT_EQ(text(Cell::null()), "");
    EXPECT_EQ(json(Cell{}), "null");
}

TEST(CellText, booleans_are_lower_case_words) {
    EXPECT_EQ(text(Cell::boolean(true)), "true");
    EXPECT_EQ(json(Cell::boolean(false)), "false");
}

TEST(CellText, integers_keep_all_digits) {
    EXPECT_EQ(text(Cell::integer(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
    EXPECT_EQ(text(Cell::integer(0)), "0");
}

TEST(CellJson, integers_above_fifteen_digits_are_strings) {
    EXPECT_EQ(json(Cell::integer(999'999'999'999'999)), "999999999999999");
    EXPECT_EQ(json(Cell::integer(-999'999'999'999'999)), "-999999999999999");
    EXPECT_EQ(json(Cell::integer(1'000'000'000'000'000)), "\"1000000000000000\"");
}

TEST(CellText, decimals_show_their_scale) {
    EXPECT_EQ(text(Cell::decimal({1230, 2})), "12.30");
    EXPECT_EQ(text(Cell::decimal({-5, 3})), "-0.005");
    EXPECT_EQ(text(Cell::decimal({0, 2})), "0.00");
    EXPECT_EQ(text(Cell::decimal({100, 2})), "1.00");
    EXPECT_EQ(text(Cell::decimal({7, 0})), "7");
}

TEST(CellText, decimals_reach_thirty_eight_digits) {
    const Int128 nines = power_of_ten(38) - 1;
    EXPECT_EQ(text(Cell::decimal({nines, 0})), std::string(38, '9'));
    EXPECT_EQ(text(Cell::decimal({-nines, 37})), "-9." + std::string(37, '9'));
    EXPECT_EQ(text(Cell::decimal({nines, 38})), "0." + std::string(38, '9'));
    EXPECT_EQ(json(Cell::decimal({nines, 37})), "\"9." + std::string(37, '9') + "\"");
}

TEST(CellText, the_smallest_int128_has_a_text) {
    const Int128 smallest = -(Int128{1} << 126) * 2;
    EXPECT_EQ(text(Cell::decimal({smallest, 0})), "-170141183460469231731687303715884105728");
}

TEST(CellJson, short_decimals_are_numbers_with_their_scale) {
    EXPECT_EQ(json(Cell::decimal({1230, 2})), "12.30");
    EXPECT_EQ(json(Cell::decimal({-5, 20})), "-0.00000000000000000005") << "leading zeros are not significant";
    EXPECT_EQ(json(Cell::decimal({1'234'567'890'123'456, 6})), "\"1234567890.123456\"");
}

TEST(CellText, reals_are_the_shortest_text_that_reads_back) {
    EXPECT_EQ(text(Cell::real(1.5)), "1.5");
    EXPECT_EQ(text(Cell::real(100)), "100");
    EXPECT_EQ(text(Cell::real(0.1)), "0.1");
    EXPECT_EQ(text(Cell::real(0.1 + 0.2)), "0.30000000000000004");
    EXPECT_EQ(text(Cell::real(1.5e300)), "1.5e300");
    EXPECT_EQ(text(Cell::real(-2.5e-7)), "-2.5e-7");
    EXPECT_EQ(text(Cell::real(1e15)), "1e15");
    EXPECT_EQ(text(Cell::real(123456789012345.0)), "123456789012345");
    EXPECT_EQ(text(Cell::real(0)), "0");
    EXPECT_EQ(text(Cell::real(-0.0)), "-0");
    EXPECT_EQ(text(Cell::real(5e-324)), "5e-324");
}

TEST(CellJson, reals_with_more_than_fifteen_digits_are_strings) {
    EXPECT_EQ(json(Cell::real(0.1)), "0.1");
    EXPECT_EQ(json(Cell::real(1.5e300)), "1.5e300");
    EXPECT_EQ(json(Cell::real(0.1 + 0.2)), "\"0.30000000000000004\"");
}

TEST(CellJson, what_is_no_number_is_a_string) {
    EXPECT_EQ(json(Cell::real(std::nan(""))), "\"NaN\"");
    EXPECT_EQ(json(Cell::real(std::numeric_limits<double>::infinity())), "\"inf\"");
    EXPECT_EQ(text(Cell::real(-std::numeric_limits<double>::infinity())), "-inf");
}

TEST(CellJson, denormal_reals_are_strings_for_readers_that_flush_them) {
    EXPECT_EQ(json(Cell::real(5e-324)), "\"5e-324\"");
}

TEST(CellText, dates_follow_the_proleptic_gregorian_calendar) {
    EXPECT_EQ(text(Cell::date({0})), "1970-01-01");
    EXPECT_EQ(text(Cell::date({days(year{2024} / 2 / 29)})), "2024-02-29");
    EXPECT_EQ(text(Cell::date({days(year{1582} / 10 / 10)})), "1582-10-10") << "a day the Julian reform skipped";
    EXPECT_EQ(text(Cell::date({days(year{1} / 1 / 1)})), "0001-01-01");
    EXPECT_EQ(text(Cell::date({days(year{9999} / 12 / 31)})), "9999-12-31");
    EXPECT_EQ(text(Cell::date({days(year{9999} / 12 / 31) + 1})), "10000-01-01");
    EXPECT_EQ(text(Cell::date({days(year{0} / 2 / 29)})), "0000-02-29");
    EXPECT_EQ(text(Cell::date({days(year{-43} / 3 / 15)})), "-0043-03-15");
}

TEST(CellText, every_day_of_four_centuries_agrees_with_chrono) {
    for (std::int32_t day = days(year{1500} / 1 / 1); day < days(year{1900} / 1 / 1); ++day) {
        const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
        char wanted[16];
        std::snprintf(wanted, sizeof wanted, "%04d-%02u-%02u", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
        ASSERT_EQ(text(Cell::date({day})), wanted);
    }
}

TEST(CellText, the_farthest_dates_have_a_text) {
    EXPECT_EQ(text(Cell::date({std::numeric_limits<std::int32_t>::max()})), "5881580-07-11");
    EXPECT_EQ(text(Cell::date({std::numeric_limits<std::int32_t>::min()})), "-5877641-06-23");
}

TEST(CellText, times_show_as_many_digits_as_their_scale) {
    const std::int64_t afternoon = (13 * 3600 + 5 * 60) * std::int64_t{1'000'000'000};
    EXPECT_EQ(text(Cell::time({afternoon, 0})), "13:05:00");
    EXPECT_EQ(text(Cell::time({afternoon + 123'456'789, 9})), "13:05:00.123456789");
    EXPECT_EQ(text(Cell::time({afternoon + 123'456'789, 3})), "13:05:00.123");
    EXPECT_EQ(text(Cell::time({0, 3})), "00:00:00.000");
    EXPECT_EQ(json(Cell::time({afternoon, 0})), "\"13:05:00\"");
}

TEST(CellText, timestamps_without_zone_are_the_wall_clock) {
    EXPECT_EQ(text(ntz(1'709'211'900, 123'000'000)), "2024-02-29 13:05:00.123");
    EXPECT_EQ(text(ntz(1'709'211'900, 123'456'789, 9)), "2024-02-29 13:05:00.123456789");
    EXPECT_EQ(text(ntz(1'709'211'900, 0, 0)), "2024-02-29 13:05:00");
}

TEST(CellText, negative_timestamps_count_forward_inside_their_second) {
    EXPECT_EQ(text(ntz(-1, 999'000'000)), "1969-12-31 23:59:59.999");
    EXPECT_EQ(text(ntz(-86'400, 0)), "1969-12-31 00:00:00.000");
    EXPECT_EQ(text(ntz(-86'401, 1'000'000)), "1969-12-30 23:59:59.001");
}

TEST(CellText, timestamps_with_an_offset_show_the_wall_clock_there) {
    const Timestamp paris{.seconds = 1'709'208'300,
                          .nanoseconds = 123'000'000,
                          .offset_minutes = 60,
                          .scale = 3,
                          .zone = Timestamp::Zone::offset};
    EXPECT_EQ(text(Cell::timestamp(paris)), "2024-02-29 13:05:00.123 +0100");
    EXPECT_EQ(json(Cell::timestamp(paris)), "\"2024-02-29T13:05:00.123+01:00\"");
    Timestamp newfoundland = paris;
    newfoundland.offset_minutes = -210;
    newfoundland.zone = Timestamp::Zone::local;
    EXPECT_EQ(text(Cell::timestamp(newfoundland)), "2024-02-29 08:35:00.123 -0330");
}

TEST(CellJson, timestamps_are_iso_8601) {
    EXPECT_EQ(json(ntz(1'709'211'900, 123'000'000)), "\"2024-02-29T13:05:00.123\"");
    EXPECT_EQ(json(Cell::date({0})), "\"1970-01-01\"");
}

TEST(CellText, text_is_borrowed_as_it_stands) {
    const std::string value = "a\tb\x1b[31m";
    EXPECT_EQ(text(Cell::text(value)), value);
}

TEST(CellJson, text_is_quoted_and_hostile_characters_are_made_visible) {
    EXPECT_EQ(json(Cell::text("it's \"so\"")), R"("it's \"so\"")");
    EXPECT_EQ(json(Cell::text("line\nbreak")), R"("line\nbreak")");
    EXPECT_EQ(json(Cell::text("a\u202Eb")), R"("a\\u{202E}b")");
    EXPECT_EQ(json(Cell::text("\x1b[31m")).find('\x1b'), std::string::npos);
}

TEST(CellText, binary_is_upper_case_hex) {
    EXPECT_EQ(text(Cell::binary(std::string_view{"\x00\xff\x1a", 3})), "00FF1A");
    EXPECT_EQ(json(Cell::binary("abc")), "\"616263\"");
    EXPECT_EQ(text(Cell::binary("")), "");
}

TEST(CellText, json_documents_are_compact) {
    EXPECT_EQ(text(Cell::json("{ \"a\" : [ 1 , 2.50 , null ] }")), R"({"a":[1,2.50,null]})");
    EXPECT_EQ(text(Cell::json("[123456789012345678901234567890]")), "[123456789012345678901234567890]");
}

TEST(CellJson, json_documents_stay_json_values) {
    EXPECT_EQ(json(Cell::json("{\"a\": [true, false, null, {}, []]}")), R"({"a":[true,false,null,{},[]]})");
    EXPECT_EQ(json(Cell::json(" \"text\" ")), "\"text\"");
}

TEST(CellJson, long_numbers_inside_documents_become_strings) {
    EXPECT_EQ(json(Cell::json("[999999999999999, 1234567890123456]")), R"([999999999999999,"1234567890123456"])");
    EXPECT_EQ(json(Cell::json("{\"pi\": 3.141592653589793238}")), R"({"pi":"3.141592653589793238"})");
    EXPECT_EQ(json(Cell::json("[1e400, -1E-400, 1e3, 0.5, -0]")), R"(["1e400","-1E-400",1e3,0.5,-0])");
}

TEST(CellJson, strings_inside_documents_are_escaped_once) {
    EXPECT_EQ(json(Cell::json(R"({"k":"tab\there \"q\" \u00e9"})")), "{\"k\":\"tab\\there \\\"q\\\" \u00e9\"}");
    EXPECT_EQ(json(Cell::json(R"(["\u202e"])")), R"(["\\u{202E}"])") << "an escape is no way round the rule";
    EXPECT_EQ(json(Cell::json(R"({"\u001b[0m":1})")).find("u001b"), std::string::npos);
    EXPECT_EQ(json(Cell::json(R"(["\ud83d\ude00"])")), "[\"\U0001F600\"]");
}

TEST(CellJson, what_is_not_json_becomes_one_string) {
    EXPECT_EQ(json(Cell::json("{oops")), "\"{oops\"");
    EXPECT_EQ(json(Cell::json("[1,]")), "\"[1,]\"");
    EXPECT_EQ(json(Cell::json("")), "\"\"");
    EXPECT_EQ(json(Cell::json("01")), "\"01\"");
    EXPECT_EQ(json(Cell::json("1 2")), "\"1 2\"");
    EXPECT_EQ(json(Cell::json("\"\\")), R"("\"\\")");
}

TEST(CellJson, a_nesting_bomb_becomes_one_string) {
    const std::string bomb(100'000, '[');
    EXPECT_EQ(json(Cell::json(bomb)), "\"" + bomb + "\"");
    const std::string deep = std::string(500, '[') + std::string(500, ']');
    EXPECT_EQ(json(Cell::json(deep)), deep);
}

}  // namespace
}  // namespace backend
