#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include "backend/snowflake/result/arrow_writer.hpp"
#include "backend/snowflake/result/rows_support.hpp"

namespace backend::snowflake {
namespace {

using snowflake_test::append_bytes;
using snowflake_test::append_decimal128;
using snowflake_test::ArrowField;
using snowflake_test::ArrowWriter;
using snowflake_test::check;
using snowflake_test::read_arrow;
using snowflake_test::read_json;
using snowflake_test::ReadRows;
using snowflake_test::view_of;

using Texts = std::vector<std::vector<std::string>>;

RowType type_of(std::string name, std::optional<std::int64_t> scale = {}) {
    return {.name = "C", .type = std::move(name), .scale = scale};
}

ArrowField field(std::string name, ArrowType type, std::string logical = {}, int scale = -1) {
    ArrowField made{.name = std::move(name), .type = type, .metadata = {}};
    if (!logical.empty()) made.metadata["logicalType"] = logical;
    if (scale >= 0) made.metadata["scale"] = std::to_string(scale);
    return made;
}

std::string in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

/// One column, encoded both ways by the same random choices.
struct Encoded {
    RowType type;
    ArrowField field;
    std::function<std::string(std::mt19937_64&, ArrowArray*)> append;  // appends to Arrow, answers the JSON cell
};

std::int64_t number_up_to(std::mt19937_64& random, std::int64_t limit) {
    // Small and extreme values come often.
    switch (random() % 4) {
        case 0: return static_cast<std::int64_t>(random() % 3) - 1;
        case 1: return random() % 2 == 0 ? limit : -limit;
        default: return std::uniform_int_distribution<std::int64_t>{-limit, limit}(random);
    }
}

std::string scaled_text(Int128 unscaled, int scale) {
    std::string text;
    append_text(text, Cell::decimal({unscaled, static_cast<std::int16_t>(scale)}));
    return text;
}

Encoded scaled_integer(ArrowType width, int scale, std::int64_t limit) {
    return {type_of("fixed", scale), field("C", width, "FIXED", scale),
            [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t value = number_up_to(random, limit);
                check(ArrowArrayAppendInt(array, value));
                return in_quotes(scaled_text(value, scale));
            }};
}

Encoded decimal(int scale) {
    ArrowField made = field("C", NANOARROW_TYPE_DECIMAL128, "FIXED", scale);
    made.scale = scale;
    return {type_of("fixed", scale), made, [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::string digits;
                const int count = 1 + static_cast<int>(random() % 38);
                for (int i = 0; i < count; ++i) digits += static_cast<char>('0' + random() % 10);
                Int128 value = 0;
                for (const char digit : digits) value = value * 10 + (digit - '0');
                const bool negative = random() % 2 == 0;
                append_decimal128(array, (negative ? "-" : "") + digits);
                return in_quotes(scaled_text(negative ? -value : value, scale));
            }};
}

Encoded real() {
    return {type_of("real"), field("C", NANOARROW_TYPE_DOUBLE, "REAL"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                double value = 0;
                const std::uint64_t bits = random();
                std::memcpy(&value, &bits, sizeof value);
                if (random() % 8 == 0) value = INFINITY;
                if (random() % 8 == 0) value = static_cast<double>(number_up_to(random, 1'000)) / 4;
                check(ArrowArrayAppendDouble(array, value));
                if (std::isnan(value)) return std::string{"\"NaN\""};
                char buffer[64];
                return in_quotes({buffer, std::to_chars(buffer, buffer + 64, value).ptr});
            }};
}

Encoded boolean() {
    return {type_of("boolean"), field("C", NANOARROW_TYPE_BOOL, "BOOLEAN"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const bool value = random() % 2 == 0;
                check(ArrowArrayAppendInt(array, value ? 1 : 0));
                return in_quotes(value ? "1" : "0");
            }};
}

Encoded date() {
    return {type_of("date"), field("C", NANOARROW_TYPE_DATE32, "DATE"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t days = number_up_to(random, 3'000'000);
                check(ArrowArrayAppendInt(array, days));
                return in_quotes(std::to_string(days));
            }};
}

Encoded time_of_day(ArrowType width, int scale) {
    return {type_of("time", scale), field("C", width, "TIME", scale),
            [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::int64_t units = 1;
                for (int i = 0; i < scale; ++i) units *= 10;
                const std::int64_t value =
                    static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(86'400 * units));
                check(ArrowArrayAppendInt(array, value));
                return in_quotes(scaled_text(value, scale));
            }};
}

Encoded scaled_timestamp(const std::string& name, int scale) {
    return {type_of("timestamp_" + name, scale), field("C", NANOARROW_TYPE_INT64, "TIMESTAMP_" + name, scale),
            [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::int64_t units = 1;
                for (int i = 0; i < scale; ++i) units *= 10;
                const std::int64_t value = number_up_to(random, 90'000'000'000 * units);
                check(ArrowArrayAppendInt(array, value));
                return in_quotes(scaled_text(value, scale));
            }};
}

/// struct{epoch[, fraction][, timezone]}
Encoded split_timestamp(const std::string& name, bool with_fraction) {
    const bool zoned = name == "tz";
    const int scale = with_fraction ? 9 : 3;
    ArrowField made = field("C", NANOARROW_TYPE_STRUCT, "TIMESTAMP_" + name, scale);
    made.children.push_back(field("epoch", NANOARROW_TYPE_INT64));
    if (with_fraction) made.children.push_back(field("fraction", NANOARROW_TYPE_INT32));
    if (zoned) {
        made.children.push_back(field("timezone", NANOARROW_TYPE_INT32));
        made.metadata["byteLength"] = with_fraction ? "16" : "8";
    }
    return {type_of("timestamp_" + name, scale), made, [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t units = with_fraction ? 1'000'000'000 : 1'000;
                const Int128 value = Int128{number_up_to(random, 90'000'000'000)} * units +
                                     static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(units));
                const auto offset = static_cast<std::int64_t>(random() % 2881);
                if (with_fraction) {
                    Int128 seconds = value / units;
                    Int128 fraction = value % units;
                    if (fraction < 0) {
                        fraction += units;
                        --seconds;
                    }
                    check(ArrowArrayAppendInt(array->children[0], static_cast<std::int64_t>(seconds)));
                    check(ArrowArrayAppendInt(array->children[1], static_cast<std::int64_t>(fraction)));
                } else {
                    check(ArrowArrayAppendInt(array->children[0], static_cast<std::int64_t>(value)));
                }
                if (zoned) check(ArrowArrayAppendInt(array->children[with_fraction ? 2 : 1], offset));
                check(ArrowArrayFinishElement(array));
                return in_quotes(scaled_text(value, scale) + (zoned ? " " + std::to_string(offset) : ""));
            }};
}

Encoded text() {
    return {type_of("text"), field("C", NANOARROW_TYPE_STRING, "TEXT"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                static const std::vector<std::pair<std::string, std::string>> values{
                    {"", "\"\""},          {"plain", "\"plain\""},      {"a\"b\\c", R"("a\"b\\c")"},
                    {"\n\t", R"("\n\t")"}, {"\xC3\xA9", R"("\u00e9")"}, {"\xF0\x9F\x98\x80", R"("\ud83d\ude00")"}};
                const auto& [plain, json] = values[random() % values.size()];
                append_bytes(array, plain);
                return json;
            }};
}

Encoded binary() {
    return {type_of("binary"), field("C", NANOARROW_TYPE_BINARY, "BINARY"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::string bytes;
                for (std::size_t i = random() % 20; i > 0; --i) bytes += static_cast<char>(random());
                append_bytes(array, bytes);
                std::string hex;
                append_text(hex, Cell::binary(bytes));
                return in_quotes(hex);
            }};
}

Encoded variant() {
    return {type_of("variant"), field("C", NANOARROW_TYPE_STRING, "VARIANT"),
            [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                static const std::vector<std::pair<std::string, std::string>> values{
                    {"{\n  \"a\": [1, undefined]\n}", R"("{\n  \"a\": [1, undefined]\n}")"},
                    {"12345678901234567890", R"("12345678901234567890")"},
                    {"\"text\"", R"("\"text\"")"}};
                const auto& [plain, json] = values[random() % values.size()];
                append_bytes(array, plain);
                return json;
            }};
}

Encoded decfloat() {
    ArrowField made = field("C", NANOARROW_TYPE_STRUCT, "DECFLOAT");
    made.children = {field("exponent", NANOARROW_TYPE_INT16), field("significand", NANOARROW_TYPE_BINARY)};
    return {type_of("decfloat"), made, [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t significand = number_up_to(random, 99'999'999'999'999'999);
                const std::int64_t exponent = number_up_to(random, 60);
                std::string bytes;
                const int width = random() % 2 == 0 ? 8 : 16;
                for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(Int128{significand} >> (8 * i));
                check(ArrowArrayAppendInt(array->children[0], exponent));
                append_bytes(array->children[1], bytes);
                check(ArrowArrayFinishElement(array));
                return in_quotes(std::to_string(significand) + "E" + std::to_string(exponent));
            }};
}

Encoded interval(const std::string& name, ArrowType width) {
    ArrowField made = field("C", width, "INTERVAL_" + name, 0);
    std::string lower = name == "YEAR_MONTH" ? "interval_year_month" : "interval_day_time";
    return {type_of(lower, 0), made, [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t value = number_up_to(random, 1'000'000'000);
                width == NANOARROW_TYPE_DECIMAL128 ? append_decimal128(array, std::to_string(value))
                                                   : check(ArrowArrayAppendInt(array, value));
                return in_quotes(std::to_string(value));
            }};
}

Encoded vector(ArrowType element) {
    ArrowField made = field("C", NANOARROW_TYPE_FIXED_SIZE_LIST, "VECTOR");
    made.list_size = 3;
    made.children = {field("item", element, element == NANOARROW_TYPE_FLOAT ? "REAL" : "FIXED")};
    RowType type = type_of("vector");
    type.fields = {{.type = element == NANOARROW_TYPE_FLOAT ? "real" : "fixed"}};
    return {type, made, [=](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::string json = "[";
                for (int i = 0; i < 3; ++i) {
                    const std::int64_t value = number_up_to(random, 1'000);
                    if (i > 0) json += ',';
                    if (element == NANOARROW_TYPE_FLOAT) {
                        check(ArrowArrayAppendDouble(array->children[0], static_cast<double>(value) / 8));
                        char buffer[32];
                        std::snprintf(buffer, sizeof buffer, "%.6f", static_cast<double>(value) / 8);
                        json += buffer;
                    } else {
                        check(ArrowArrayAppendInt(array->children[0], value));
                        json += std::to_string(value);
                    }
                }
                check(ArrowArrayFinishElement(array));
                return in_quotes(json + "]");
            }};
}

Encoded structured_object() {
    ArrowField made = field("C", NANOARROW_TYPE_STRUCT, "OBJECT");
    made.children = {field("n", NANOARROW_TYPE_INT32, "FIXED", 1), field("t", NANOARROW_TYPE_STRING, "TEXT"),
                     field("b", NANOARROW_TYPE_BOOL, "BOOLEAN")};
    RowType type = type_of("object");
    type.fields = {
        {.name = "n", .type = "fixed", .scale = 1}, {.name = "t", .type = "text"}, {.name = "b", .type = "boolean"}};
    return {type, made, [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                const std::int64_t value = number_up_to(random, 1'000);
                check(ArrowArrayAppendInt(array->children[0], value));
                const bool null = random() % 2 == 0;
                null ? check(ArrowArrayAppendNull(array->children[1], 1)) : append_bytes(array->children[1], "q\"");
                check(ArrowArrayAppendInt(array->children[2], 1));
                check(ArrowArrayFinishElement(array));
                return R"("{\n  \"n\": )" + scaled_text(value, 1) + R"(,\n  \"t\": )" +
                       (null ? "null" : R"(\"q\\\"\")") + R"(,\n  \"b\": true\n}")";
            }};
}

Encoded structured_array() {
    ArrowField made = field("C", NANOARROW_TYPE_LIST, "ARRAY");
    made.children = {field("element", NANOARROW_TYPE_INT64, "FIXED", 0)};
    RowType type = type_of("array");
    type.fields = {{.type = "fixed", .scale = 0}};
    return {type, made, [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::string json = "[";
                for (std::size_t i = 0, count = random() % 4; i < count; ++i) {
                    const std::int64_t value = number_up_to(random, 1'000'000);
                    check(ArrowArrayAppendInt(array->children[0], value));
                    json += (i > 0 ? ", " : "") + std::to_string(value);
                }
                check(ArrowArrayFinishElement(array));
                return in_quotes(json + "]");
            }};
}

Encoded structured_map() {
    ArrowField made = field("C", NANOARROW_TYPE_MAP, "MAP");
    made.children = {field("key", NANOARROW_TYPE_STRING, "TEXT"), field("value", NANOARROW_TYPE_INT64, "FIXED", 0)};
    RowType type = type_of("map");
    type.fields = {{.type = "text"}, {.type = "fixed", .scale = 0}};
    return {type, made, [](std::mt19937_64& random, ArrowArray* array) -> std::string {
                std::string json = "{";
                ArrowArray* entries = array->children[0];
                for (std::size_t i = 0, count = random() % 3; i < count; ++i) {
                    append_bytes(entries->children[0], "k" + std::to_string(i));
                    check(ArrowArrayAppendInt(entries->children[1], static_cast<std::int64_t>(i)));
                    check(ArrowArrayFinishElement(entries));
                    json += (i > 0 ? R"(,\"k)" : R"(\"k)") + std::to_string(i) + R"(\":)" + std::to_string(i);
                }
                check(ArrowArrayFinishElement(array));
                return in_quotes(json + "}");
            }};
}

std::vector<Encoded> every_encoding() {
    return {scaled_integer(NANOARROW_TYPE_INT8, 0, 99),
            scaled_integer(NANOARROW_TYPE_INT16, 2, 9'999),
            scaled_integer(NANOARROW_TYPE_INT32, 5, 999'999'999),
            scaled_integer(NANOARROW_TYPE_INT64, 0, INT64_MAX),
            scaled_integer(NANOARROW_TYPE_INT64, 17, INT64_MAX),
            decimal(0),
            decimal(37),
            real(),
            boolean(),
            date(),
            time_of_day(NANOARROW_TYPE_INT32, 0),
            time_of_day(NANOARROW_TYPE_INT32, 3),
            time_of_day(NANOARROW_TYPE_INT64, 9),
            scaled_timestamp("ntz", 0),
            scaled_timestamp("ntz", 7),
            scaled_timestamp("ltz", 3),
            split_timestamp("ntz", true),
            split_timestamp("ltz", true),
            split_timestamp("tz", true),
            split_timestamp("tz", false),
            text(),
            binary(),
            variant(),
            decfloat(),
            interval("YEAR_MONTH", NANOARROW_TYPE_INT64),
            interval("DAY_TIME", NANOARROW_TYPE_INT64),
            interval("DAY_TIME", NANOARROW_TYPE_DECIMAL128),
            vector(NANOARROW_TYPE_INT32),
            vector(NANOARROW_TYPE_FLOAT),
            structured_object(),
            structured_array(),
            structured_map()};
}

TEST(ArrowRows, agree_with_json_rows_for_every_encoding_and_any_value) {
    const std::vector<Encoded> encodings = every_encoding();
    std::vector<RowType> types;
    std::vector<ArrowField> fields;
    for (const Encoded& encoding : encodings) {
        types.push_back(encoding.type);
        fields.push_back(encoding.field);
    }
    Zones zones;
    auto zone = zones.find("Europe/Berlin");
    if (zone == nullptr) zone = std::make_shared<const Zone>();

    std::mt19937_64 random{20'241'124};
    ArrowWriter writer{fields};
    std::string json;
    for (int row = 0; row < 3'000; ++row) {
        json += row == 0 ? "[" : ",[";
        for (std::size_t column = 0; column < encodings.size(); ++column) {
            if (column > 0) json += ',';
            if (random() % 10 == 0) {
                check(ArrowArrayAppendNull(writer.column(column), 1));
                json += "null";
            } else {
                json += encodings[column].append(random, writer.column(column));
            }
        }
        json += ']';
        writer.end_row();
        if (row % 700 == 699) writer.end_record_batch();
    }
    const ReadRows from_arrow = read_arrow(writer.finish(), types, *zone);
    const ReadRows from_json = read_json(json, types, *zone);
    ASSERT_EQ(from_arrow.error, "");
    ASSERT_EQ(from_json.error, "");
    ASSERT_EQ(from_arrow.text.size(), 3'000U);
    ASSERT_EQ(from_json.text.size(), 3'000U);
    for (std::size_t row = 0; row < from_json.text.size(); ++row) {
        for (std::size_t column = 0; column < encodings.size(); ++column) {
            ASSERT_EQ(from_arrow.text[row][column], from_json.text[row][column]) << types[column].type << " " << column;
            ASSERT_EQ(from_arrow.json[row][column], from_json.json[row][column]) << types[column].type << " " << column;
        }
    }
}

/// One column, one row.
ReadRows one(const ArrowField& field, const RowType& type, const std::function<void(ArrowArray*)>& append) {
    ArrowWriter writer{{field}};
    append(writer.column(0));
    writer.end_row();
    return read_arrow(writer.finish(), {type});
}

TEST(ArrowRows, a_value_that_is_none_of_its_type_is_an_error) {
    const auto time = one(field("T", NANOARROW_TYPE_INT64, "TIME", 0), type_of("time", 0),
                          [](ArrowArray* array) { check(ArrowArrayAppendInt(array, 86'400)); });
    EXPECT_NE(time.error.find("column T"), std::string::npos) << time.error;
    ArrowField split = field("S", NANOARROW_TYPE_STRUCT, "TIMESTAMP_NTZ", 9);
    split.children = {field("epoch", NANOARROW_TYPE_INT64), field("fraction", NANOARROW_TYPE_INT32)};
    for (const std::int64_t fraction : {-1, 1'000'000'000}) {
        const auto rows = one(split, type_of("timestamp_ntz", 9), [&](ArrowArray* array) {
            check(ArrowArrayAppendInt(array->children[0], 1));
            check(ArrowArrayAppendInt(array->children[1], fraction));
            check(ArrowArrayFinishElement(array));
        });
        EXPECT_NE(rows.error, "");
    }
}

TEST(ArrowRows, what_cannot_be_read_is_refused_by_name) {
    const auto refused = one(field("U", NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO), type_of("text"),
                             [](ArrowArray* array) { check(ArrowArrayAppendNull(array, 1)); });
    EXPECT_NE(refused.error.find("column U"), std::string::npos) << refused.error;
    ArrowWriter writer{{field("A", NANOARROW_TYPE_INT64), field("B", NANOARROW_TYPE_INT64)}};
    EXPECT_NE(read_arrow(writer.finish(), {type_of("fixed")}).error.find("2 columns"), std::string::npos);
}

TEST(ArrowRows, read_by_the_streams_own_types_where_the_answer_names_none) {
    ArrowWriter writer{{field("A", NANOARROW_TYPE_INT64, "FIXED", 2), field("B", NANOARROW_TYPE_STRING)}};
    check(ArrowArrayAppendInt(writer.column(0), 150));
    append_bytes(writer.column(1), "x");
    writer.end_row();
    const std::string body = writer.finish();
    const auto types = arrow_row_types(body);
    ASSERT_TRUE(types);
    ASSERT_EQ(types->size(), 2U);
    EXPECT_EQ((*types)[0].name, "A");
    EXPECT_EQ((*types)[0].scale, 2);
    EXPECT_EQ(read_arrow(body, *types).text, (Texts{{"1.50", "x"}}));
}

TEST(ArrowRows, a_map_is_read_by_its_row_type_where_the_schema_says_nothing) {
    ArrowField made = field("M", NANOARROW_TYPE_MAP);
    made.children = {field("key", NANOARROW_TYPE_STRING), field("value", NANOARROW_TYPE_INT32)};
    RowType type = type_of("map");
    type.fields = {{.type = "text"}, {.type = "date"}};
    EXPECT_EQ(one(made, type,
                  [](ArrowArray* array) {
                      append_bytes(array->children[0]->children[0], "day");
                      check(ArrowArrayAppendInt(array->children[0]->children[1], 1));
                      check(ArrowArrayFinishElement(array->children[0]));
                      check(ArrowArrayFinishElement(array));
                  })
                  .text,
              (Texts{{R"({"day":"1970-01-02"})"}}));
}

TEST(ArrowRows, native_timestamps_and_floats_of_emulators_are_read) {
    EXPECT_EQ(one(field("T", NANOARROW_TYPE_TIMESTAMP), type_of("timestamp_ntz", 9),
                  [](ArrowArray* array) { check(ArrowArrayAppendInt(array, -100'000'000)); })
                  .text,
              (Texts{{"1969-12-31 23:59:59.900"}}));
    EXPECT_EQ(one(field("F", NANOARROW_TYPE_FLOAT), type_of("real"),
                  [](ArrowArray* array) { check(ArrowArrayAppendDouble(array, 0.1F)); })
                  .text,
              (Texts{{"0.1"}}));
}

TEST(ArrowRows, an_element_of_a_vector_that_six_decimals_do_not_hold_keeps_its_digits) {
    ArrowField made = field("V", NANOARROW_TYPE_FIXED_SIZE_LIST, "VECTOR");
    made.list_size = 2;
    made.children = {field("item", NANOARROW_TYPE_FLOAT, "REAL")};
    RowType type = type_of("vector");
    EXPECT_EQ(one(made, type,
                  [](ArrowArray* array) {
                      check(ArrowArrayAppendDouble(array->children[0], 1e-10F));
                      check(ArrowArrayAppendDouble(array->children[0], NAN));
                      check(ArrowArrayFinishElement(array));
                  })
                  .text,
              (Texts{{R"([1e-10,"NaN"])"}}));
}

TEST(ArrowRows, a_stream_that_broke_off_or_was_changed_is_an_error_or_the_same_rows) {
    ArrowWriter writer{{field("A", NANOARROW_TYPE_INT64, "FIXED", 0), field("B", NANOARROW_TYPE_STRING, "TEXT")}};
    for (int i = 0; i < 50; ++i) {
        check(ArrowArrayAppendInt(writer.column(0), i));
        append_bytes(writer.column(1), "text " + std::to_string(i));
        writer.end_row();
        if (i % 20 == 19) writer.end_record_batch();
    }
    const std::string body = writer.finish();
    const std::vector<RowType> types{type_of("fixed"), type_of("text")};
    for (std::size_t size = 0; size < body.size(); ++size) {
        const ReadRows rows = read_arrow(body.substr(0, size), types);
        EXPECT_TRUE(!rows.error.empty() || rows.text.size() % 20 == 0 || rows.text.size() == 50U) << size;
    }
    std::mt19937_64 random{7};
    for (int i = 0; i < 5'000; ++i) {
        std::string changed = body;
        for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<char>(random());
        read_arrow(changed, types);
    }
    EXPECT_EQ(read_arrow("", types).text.size(), 0U);
    EXPECT_NE(read_arrow("<?xml version=\"1.0\"?><Error></Error>", types).error, "");
}

}  // namespace
}  // namespace backend::snowflake
