// Each tool over a scripted warehouse: what it asks, what it answers, what it says when it can't.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/show_room.hpp"

namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using tools_test::Object;
using tools_test::ShowRoom;

std::vector<Object> shop() {
    return {{.database = "SHOP",
             .schema = "SALES",
             .name = "ORDERS",
             .comment = "One row an order",
             .columns = {{"ID", ""}, {"AMOUNT", "in euros"}}},
            {.database = "SHOP", .schema = "SALES", .name = "CUSTOMERS", .columns = {{"NAME", ""}}},
            {.database = "SHOP",
             .schema = "SALES",
             .name = "BIG_ORDERS",
             .kind = "VIEW",
             .columns = {{"ID", ""}},
             .definition = "CREATE VIEW BIG_ORDERS AS SELECT id FROM orders WHERE amount > 1000"},
            {.database = "SHOP", .schema = "OLD", .name = "CUSTOMERS", .columns = {{"NAME", ""}}},
            {.database = "SHOP", .schema = "OLD", .name = "mixed Case", .columns = {{"x", ""}}},
            {.database = "LOGS", .schema = "PUBLIC", .name = "EVENTS", .columns = {{"AT", ""}}}};
}

class Tools : public testing::Test {
protected:
    Tools() {
        room.objects = shop();
        room.stand.backend.own = {.database = "SHOP", .schema = "SALES"};
    }
    ShowRoom::Result call(std::string_view tool, std::string_view arguments = "{}") {
        auto result = room.call(tool, arguments);
        EXPECT_TRUE(result) << result.error().message();
        if (!result) return {};
        const auto schema = json::parse(room.registry.tool(tool)->tool.output_schema);
        if (!result->is_error) EXPECT_EQ(tools_test::misfit(schema, result->structured), "") << tool;
        return std::move(*result);
    }
    static std::string rows(const ShowRoom::Result& result) { return json::serialize(result.structured.at("rows")); }
    ShowRoom room;
};

TEST_F(Tools, list_databases) {
    EXPECT_EQ(rows(call("list_databases")), R"([["SHOP","STANDARD",""],["LOGS","STANDARD",""]])");
}

TEST_F(Tools, list_schemas_of_the_own_or_of_a_named_database) {
    EXPECT_EQ(rows(call("list_schemas")), R"([["SHOP","SALES",""],["SHOP","OLD",""]])");
    EXPECT_EQ(rows(call("list_schemas", R"({"database":"logs"})")), R"([["LOGS","PUBLIC",""]])");
    EXPECT_THAT(room.texts(), Contains("SHOW SCHEMAS IN DATABASE \"LOGS\""));
}

TEST_F(Tools, list_tables_with_rows_bytes_and_comment) {
    EXPECT_EQ(rows(call("list_tables", R"({"schema":"sales"})")),
              R"([["SHOP","SALES","ORDERS","7","70","One row an order"],["SHOP","SALES","CUSTOMERS","7","70",""]])");
    EXPECT_THAT(room.texts(), ElementsAre("SHOW TABLES IN SCHEMA \"SALES\""));
}

TEST_F(Tools, list_views) {
    EXPECT_EQ(rows(call("list_views", R"({"database":"SHOP","schema":"SALES"})")),
              R"([["SHOP","SALES","BIG_ORDERS",""]])");
}

TEST_F(Tools, list_warehouses) { EXPECT_THAT(rows(call("list_warehouses")), HasSubstr("\"WH\",\"STARTED\"")); }

TEST_F(Tools, a_list_that_shows_fewer_says_how_many_there_are_and_goes_on) {
    const auto first = call("list_tables", R"({"limit":1})");
    EXPECT_EQ(first.structured.at("row_count"), 1);
    EXPECT_EQ(first.structured.at("total_rows"), 4);
    EXPECT_EQ(first.structured.at("truncated"), true);
    EXPECT_THAT(first.text(1), HasSubstr("Showing rows 1 to 1 of 4"));
    json::object again{{"limit", 3}, {"cursor", first.structured.at("cursor")}};
    const auto second = call("list_tables", json::serialize(again));
    EXPECT_EQ(second.structured.at("row_count"), 3);
    EXPECT_FALSE(second.structured.as_object().contains("cursor"));
}

TEST_F(Tools, describe_table_shows_its_columns) {
    EXPECT_EQ(
        rows(call("describe_table", R"({"table_name":"orders","schema":"sales"})")),
        R"x([["ID","VARCHAR(16777216)","Y",null,"N",""],["AMOUNT","VARCHAR(16777216)","Y",null,"N","in euros"]])x");
    EXPECT_THAT(room.texts(), ElementsAre("DESCRIBE TABLE \"SALES\".\"ORDERS\""));
}

TEST_F(Tools, a_name_without_schema_is_looked_up) {
    call("describe_table", R"({"table_name":"orders"})");
    EXPECT_THAT(room.texts(), ElementsAre("SHOW OBJECTS LIKE 'ORDERS' IN DATABASE \"SHOP\"",
                                          "DESCRIBE TABLE \"SHOP\".\"SALES\".\"ORDERS\""));
}

TEST_F(Tools, of_two_schemas_the_connections_own_comes_first) {
    call("describe_table", R"({"table_name":"customers"})");
    EXPECT_EQ(room.texts().back(), "DESCRIBE TABLE \"SHOP\".\"SALES\".\"CUSTOMERS\"");
}

TEST_F(Tools, a_name_in_two_schemas_asks_for_the_schema) {
    room.stand.backend.own.schema = "";
    const auto result = room.call("describe_table", R"({"table_name":"customers"})");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().argument(), "schema");
    EXPECT_THAT(result.error().message(), HasSubstr("2 schemas"));
}

TEST_F(Tools, a_name_in_another_case_is_found_unless_it_was_quoted) {
    call("describe_table", R"({"table_name":"Mixed case"})");
    EXPECT_EQ(room.texts().back(), "DESCRIBE TABLE \"SHOP\".\"OLD\".\"mixed Case\"");
    const auto exact = call("describe_table", R"({"table_name":"\"Mixed case\""})");
    EXPECT_TRUE(exact.is_error);
}

TEST_F(Tools, what_does_not_exist_is_an_error_that_says_where_to_look) {
    const auto result = call("describe_table", R"({"table_name":"nothing"})");
    EXPECT_TRUE(result.is_error);
    EXPECT_THAT(result.text(0), HasSubstr("NOTHING"));
    EXPECT_THAT(result.text(1), HasSubstr("search_objects"));
}

TEST_F(Tools, describe_view_shows_columns_and_definition) {
    const auto result = call("describe_view", R"({"view_name":"big_orders","database":"shop","schema":"sales"})");
    EXPECT_EQ(result.structured.at("definition"),
              "CREATE VIEW BIG_ORDERS AS SELECT id FROM orders WHERE amount > 1000");
    EXPECT_THAT(result.text(1), HasSubstr("CREATE VIEW BIG_ORDERS"));
    EXPECT_THAT(room.texts(), ElementsAre("SHOW VIEWS LIKE 'BIG_ORDERS' IN SCHEMA \"SHOP\".\"SALES\"",
                                          "DESCRIBE VIEW \"SHOP\".\"SALES\".\"BIG_ORDERS\""));
}

TEST_F(Tools, a_long_definition_and_many_columns_fit_into_one_answer) {
    ShowRoom small{{}, {.max_result_bytes = 16 * 1024}};
    Object view{.database = "D", .schema = "S", .name = "V", .kind = "VIEW", .definition = std::string(60'000, '"')};
    for (int i = 0; i < 2'000; ++i) view.columns.push_back({"C" + std::to_string(i), "a comment"});
    small.objects = {view};
    const auto result = small.call("describe_view", R"({"view_name":"D.S.V"})");
    ASSERT_TRUE(result && !result->is_error);
    EXPECT_LE(json::serialize(result->content).size() + json::serialize(result->structured).size(), 16U * 1024);
    EXPECT_EQ(result->structured.at("total_rows"), 2'000);
    EXPECT_GT(result->structured.at("row_count").as_int64(), 20);
    EXPECT_FALSE(result->structured.at("definition").as_string().empty());
}

TEST_F(Tools, query_view_reads_no_more_than_it_shows_and_one) {
    room.selected = query_test::numbers(11);
    const auto result = call("query_view", R"({"view_name":"sales.big_orders","limit":10})");
    EXPECT_EQ(result.structured.at("row_count"), 10);
    EXPECT_EQ(room.texts().back(), "SELECT * FROM \"SALES\".\"BIG_ORDERS\" LIMIT 11");
    json::object again{{"view_name", "sales.big_orders"}, {"limit", 10}, {"cursor", result.structured.at("cursor")}};
    call("query_view", json::serialize(again));
    EXPECT_EQ(room.texts().back(), "SELECT * FROM \"SALES\".\"BIG_ORDERS\" LIMIT 21");
}

TEST_F(Tools, sample_table_samples) {
    room.selected = query_test::numbers(5);
    const auto result = call("sample_table", R"({"table_name":"ORDERS","schema":"SALES","limit":5})");
    EXPECT_EQ(room.texts().back(), "SELECT * FROM \"SALES\".\"ORDERS\" SAMPLE (5 ROWS)");
    EXPECT_EQ(result.structured.at("truncated"), false);
}

TEST_F(Tools, execute_query_runs_the_very_bytes_in_the_context_named) {
    const auto result =
        call("execute_query", R"({"query":"-- why\nSELECT 1 ;","database":"logs","schema":"\"mine\"","format":"csv"})");
    EXPECT_EQ(room.texts().back(), "-- why\nSELECT 1 ;");
    EXPECT_EQ(room.stand.backend.ran.back().context.database, "LOGS");
    EXPECT_EQ(room.stand.backend.ran.back().context.schema, "mine");
    EXPECT_EQ(result.text(), "N\r\n1\r\n2\r\n3\r\n");
}

TEST_F(Tools, execute_query_answers_in_each_format) {
    EXPECT_EQ(call("execute_query", R"({"query":"SELECT 1"})").text(), "| N |\n| --- |\n| 1 |\n| 2 |\n| 3 |\n");
    EXPECT_EQ(json::parse(call("execute_query", R"({"query":"SELECT 1","format":"json"})").text()),
              json::parse(R"([{"N":1},{"N":2},{"N":3}])"));
}

TEST_F(Tools, execute_query_refuses_what_the_guard_refuses_without_asking_anybody) {
    const auto result = room.call("execute_query", R"({"query":"DROP TABLE orders"})");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind(), base::Kind::denied);
    EXPECT_TRUE(room.texts().empty());
}

TEST_F(Tools, wrong_arguments_are_named) {
    const auto named = [&](std::string_view tool, std::string_view arguments) {
        const auto result = room.call(tool, arguments);
        return result ? std::string{"(no error)"} : result.error().argument();
    };
    EXPECT_EQ(named("execute_query", R"({})"), "query");
    EXPECT_EQ(named("execute_query", R"({"query":1})"), "query");
    EXPECT_EQ(named("execute_query", R"({"query":"SELECT 1","limit":0})"), "limit");
    EXPECT_EQ(named("execute_query", R"({"query":"SELECT 1","format":"xml"})"), "format");
    EXPECT_EQ(named("execute_query", R"({"query":"SELECT 1","cursor":"made up"})"), "cursor");
    EXPECT_EQ(named("list_tables", R"({"database":""})"), "database");
    EXPECT_EQ(named("describe_table", R"({"table_name":" "})"), "table_name");
    EXPECT_TRUE(room.texts().empty());
}

TEST_F(Tools, the_warehouses_own_words_stand_apart_from_the_advice) {
    room.refusal = base::Error{base::Kind::sql, "SQL compilation error:\ninvalid identifier 'X'"}
                       .code("000904", "42000")
                       .query("01b-7");
    const auto result = call("execute_query", R"({"query":"SELECT x"})");
    EXPECT_TRUE(result.is_error);
    EXPECT_THAT(result.text(0), HasSubstr("invalid identifier 'X'"));
    EXPECT_THAT(result.text(0), HasSubstr("42000"));
    EXPECT_THAT(result.text(0), HasSubstr("01b-7"));
    EXPECT_THAT(result.text(1), HasSubstr("describe_table"));
}

TEST_F(Tools, explain_query_asks_for_the_plan_only) {
    const auto result = call("explain_query", R"({"query":"SELECT * FROM orders"})");
    EXPECT_EQ(room.texts().back(), "EXPLAIN SELECT * FROM orders");
    EXPECT_EQ(result.structured.at("row_count"), 1);
    EXPECT_FALSE(room.call("explain_query", R"({"query":"DELETE FROM orders"})"));
    EXPECT_EQ(room.texts().size(), 1U);
}

TEST_F(Tools, search_objects_finds_by_name_comment_and_column) {
    const auto by_name = call("search_objects", R"({"query":"customer"})");
    EXPECT_EQ(by_name.structured.at("rows").at(0).at(3), "CUSTOMERS");
    const auto by_column = call("search_objects", R"({"query":"amount"})");
    EXPECT_EQ(by_column.structured.at("rows").at(0).at(3), "ORDERS");
    EXPECT_EQ(by_column.structured.at("rows").at(0).at(5), "AMOUNT");
    const auto by_comment = call("search_objects", R"({"query":"euros"})");
    EXPECT_EQ(by_comment.structured.at("rows").at(0).at(3), "ORDERS");
}

TEST_F(Tools, search_objects_with_nothing_to_look_for_shows_everything) {
    const auto all = call("search_objects", R"({"query":"","database":"shop"})");
    EXPECT_EQ(all.structured.at("row_count"), 7) << "five objects, two schemas";
    const auto some = call("search_objects", R"({"query":"","limit":2})");
    EXPECT_EQ(some.structured.at("total_rows"), 9);
    EXPECT_EQ(some.structured.at("truncated"), true);
    EXPECT_THAT(some.text(1), HasSubstr("Showing rows 1 to 2 of 9"));
}

TEST_F(Tools, search_objects_says_so_when_nothing_fits) {
    const auto none = call("search_objects", R"({"query":"zebra"})");
    EXPECT_EQ(none.structured.at("row_count"), 0);
    EXPECT_THAT(none.text(1), HasSubstr("Nothing fits"));
}

TEST_F(Tools, injected_names_stay_names) {
    call("describe_table", R"({"table_name":"x\"; DROP TABLE orders; --","schema":"s\"; DROP SCHEMA s; --"})");
    EXPECT_EQ(room.texts().back(), "DESCRIBE TABLE \"s\"\"; DROP SCHEMA s; --\".\"x\"\"; DROP TABLE orders; --\"");
    call("list_tables", R"({"database":"d' OR '1'='1"})");
    EXPECT_EQ(room.texts().back(), "SHOW TABLES IN DATABASE \"d' OR '1'='1\"");
}

}  // namespace
