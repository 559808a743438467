#include "mcp/schema.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>

namespace {

enum class Format { markdown, csv, json };
BOOST_DESCRIBE_ENUM(Format, markdown, csv, json)

struct Sort {
    std::string column;
    bool descending = false;
};
BOOST_DESCRIBE_STRUCT(Sort, (), (column, descending))

struct Query {
    std::string table_name;
    std::optional<std::string> schema;
    int limit = 100;
    Format format = Format::markdown;
    std::optional<double> share;
    std::optional<std::vector<std::string>> columns;
    std::optional<std::vector<Sort>> sort;
    std::optional<mcp::JsonText> filter;
    std::optional<std::int8_t> small;
    bool exact = true;
};
BOOST_DESCRIBE_STRUCT(Query, (), (table_name, schema, limit, format, share, columns, sort, filter, small, exact))

const mcp::Arguments<Query>& arguments() {
    static const mcp::Arguments<Query> arguments{{
        {.name = "table_name", .description = "Name of the table", .min_length = 1, .max_length = 5},
        {.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1, .maximum = 1000},
        {.name = "format", .presence = mcp::Presence::defaulted},
        {.name = "exact", .presence = mcp::Presence::defaulted},
        {.name = "columns", .max_length = 2},
        {.name = "share", .minimum = 0, .maximum = 1},
        {.name = "schema", .header = "Schema"},
    }};
    return arguments;
}

base::Result<Query> parse(std::string_view json) {
    const auto value = boost::json::parse(json);
    return arguments().parse(value.get_object());
}

std::string error_of(std::string_view json) {
    const auto parsed = parse(json);
    return parsed ? "no error" : parsed.error().message();
}

TEST(Arguments, their_schema_says_what_the_struct_says) {
    EXPECT_EQ(arguments().schema(),
              R"({"type":"object","properties":{)"
              R"("table_name":{"type":"string","description":"Name of the table","minLength":1,"maxLength":5},)"
              R"("schema":{"type":"string","x-mcp-header":"Schema"},)"
              R"("limit":{"type":"integer","minimum":1,"maximum":1000,"default":100},)"
              R"("format":{"type":"string","enum":["markdown","csv","json"],"default":"markdown"},)"
              R"("share":{"type":"number","minimum":0,"maximum":1},)"
              R"("columns":{"type":"array","items":{"type":"string"},"maxItems":2},)"
              R"("sort":{"type":"array","items":{"type":"object","properties":{"column":{"type":"string"},)"
              R"("descending":{"type":"boolean"}},"required":["column","descending"],"additionalProperties":false}},)"
              R"("filter":{},"small":{"type":"integer"},"exact":{"type":"boolean","default":true}},)"
              R"("required":["table_name"],"additionalProperties":false})");
    EXPECT_EQ(mcp::Arguments<mcp::NoArguments>{}.schema(), R"({"type":"object","additionalProperties":false})");
}

TEST(Arguments, are_read_into_the_struct) {
    const auto query = parse(R"({"table_name":"T","schema":"S","limit":7,"format":"csv","share":0.5,"columns":["A","B"],
                                 "sort":[{"column":"A","descending":true}],"filter":{"a":[1,null]},"small":-5,
                                 "exact":false})");
    ASSERT_TRUE(query) << query.error().message();
    EXPECT_EQ(query->table_name, "T");
    EXPECT_EQ(query->schema, "S");
    EXPECT_EQ(query->limit, 7);
    EXPECT_EQ(query->format, Format::csv);
    EXPECT_EQ(query->share, 0.5);
    EXPECT_EQ(query->columns, (std::vector<std::string>{"A", "B"}));
    ASSERT_EQ(query->sort->size(), 1U);
    EXPECT_TRUE(query->sort->front().descending);
    EXPECT_EQ(query->filter->json, R"({"a":[1,null]})");
    EXPECT_EQ(query->small, -5);
    EXPECT_FALSE(query->exact);
}

TEST(Arguments, left_out_or_null_ones_keep_their_initial_value) {
    for (const auto* json :
         {R"({"table_name":"T"})", R"({"table_name":"T","schema":null,"limit":null,"share":null})"}) {
        const auto query = parse(json);
        ASSERT_TRUE(query) << query.error().message();
        EXPECT_EQ(query->schema, std::nullopt);
        EXPECT_EQ(query->limit, 100);
        EXPECT_EQ(query->format, Format::markdown);
        EXPECT_TRUE(query->exact);
    }
}

TEST(Arguments, a_whole_number_may_be_written_with_a_fraction_of_zero) {
    EXPECT_EQ(parse(R"({"table_name":"T","limit":7.0})")->limit, 7);
    EXPECT_EQ(parse(R"({"table_name":"T","limit":1e2})")->limit, 100);
}

TEST(Arguments, errors_name_the_argument_and_what_was_expected) {
    EXPECT_EQ(error_of("{}"), "argument \"table_name\" is required");
    EXPECT_EQ(error_of(R"({"table_name":null})"), "argument \"table_name\" must be a string, not null");
    EXPECT_EQ(error_of(R"({"table_name":5})"), "argument \"table_name\" must be a string, not a number");
    EXPECT_EQ(error_of(R"({"table_name":""})"), "argument \"table_name\" must not be empty");
    EXPECT_EQ(error_of(R"({"table_name":"ÄÖÜäöü"})"),
              "argument \"table_name\" must be between 1 and 5 characters long, but has 6");
    EXPECT_EQ(error_of(R"({"table_name":"T","limit":"7"})"), "argument \"limit\" must be an integer, not a string");
    EXPECT_EQ(error_of(R"({"table_name":"T","limit":1.5})"),
              "argument \"limit\" must be an integer (whole, within 64 bits)");
    EXPECT_EQ(error_of(R"({"table_name":"T","limit":18446744073709551615})"),
              "argument \"limit\" must be an integer (whole, within 64 bits)");
    EXPECT_EQ(error_of(R"({"table_name":"T","limit":3000000000})"),
              "argument \"limit\" must be between -2147483648 and 2147483647");
    EXPECT_EQ(error_of(R"({"table_name":"T","small":200})"), "argument \"small\" must be between -128 and 127");
    EXPECT_EQ(error_of(R"({"table_name":"T","limit":0})"), "argument \"limit\" must be between 1 and 1000, but is 0");
    EXPECT_EQ(error_of(R"({"table_name":"T","share":1.5})"), "argument \"share\" must be between 0 and 1");
    EXPECT_EQ(error_of(R"({"table_name":"T","format":"xml"})"),
              "argument \"format\" must be one of \"markdown\", \"csv\", \"json\", but is \"xml\"");
    EXPECT_EQ(error_of(R"({"table_name":"T","columns":["A","B","C"]})"),
              "argument \"columns\" must be at most 2 items long, but has 3");
    EXPECT_EQ(error_of(R"({"table_name":"T","columns":["A",1]})"),
              "argument \"columns[1]\" must be a string, not a number");
    EXPECT_EQ(error_of(R"({"table_name":"T","sort":[{"column":"A"}]})"), "argument \"sort[0].descending\" is required");
    EXPECT_EQ(error_of(R"({"table_name":"T","exact":1})"), "argument \"exact\" must be a boolean, not a number");
}

TEST(Arguments, an_unknown_one_is_an_error_that_names_the_nearest) {
    EXPECT_EQ(error_of(R"({"table_nam":"T"})"), "unknown argument \"table_nam\"; did you mean \"table_name\"?");
    EXPECT_EQ(error_of(R"({"table_name":"T","sort":[{"colum":"A"}]})"),
              "unknown argument \"sort[0].colum\"; did you mean \"sort[0].column\"?");
    EXPECT_TRUE(error_of(R"({"zzzzzz":1})").starts_with("unknown argument \"zzzzzz\"; known arguments: table_name, "));
    const auto none = mcp::Arguments<mcp::NoArguments>{}.parse({{"a", 1}});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message(), "unknown argument \"a\"; no arguments are taken");
}

TEST(Arguments, a_choice_may_be_added_that_the_struct_does_not_know) {
    const auto arguments = mcp::Arguments<mcp::NoArguments>{}.with_choice("place", "where", {"here", "there"});
    EXPECT_EQ(arguments.schema(), R"({"type":"object","properties":{"place":{"type":"string","enum":["here","there"],)"
                                  R"("description":"where","default":"here"}},"additionalProperties":false})");
    EXPECT_TRUE(arguments.parse({{"place", "there"}}));
    EXPECT_TRUE(arguments.parse({}));
    const auto wrong = arguments.parse({{"place", "nowhere"}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message(), "argument \"place\" must be one of \"here\", \"there\", but is \"nowhere\"");
    EXPECT_THROW(mcp::Arguments<mcp::NoArguments>{}.with_choice("a", "", {"x"}).with_choice("a", "", {"y"}),
                 std::logic_error);
}

TEST(Arguments, an_error_carries_the_argument_for_programs) {
    const auto query = parse(R"({"table_name":"T","limit":0})");
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().kind(), base::Kind::bad_argument);
    EXPECT_EQ(query.error().stage(), base::Stage::protocol);
    EXPECT_EQ(query.error().argument(), "limit");
}

TEST(Arguments, a_rule_for_no_member_is_a_mistake_of_ours) {
    EXPECT_THROW((mcp::Arguments<Query>{{{.name = "limitt"}}}), std::logic_error);
}

}  // namespace
