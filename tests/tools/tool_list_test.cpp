// What the tools cost a model before it has asked anything, and what they promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tools/show_room.hpp"

namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using tools_test::ShowRoom;

/// Bytes of JSON a token: models' tokenizers take 3.5 to 4.2 of compact JSON schema; the low end is the estimate.
constexpr double bytes_per_token = 3.5;

std::size_t tokens(std::string_view text) {
    return static_cast<std::size_t>(std::ceil(static_cast<double>(text.size()) / bytes_per_token));
}

std::string_view list(const ShowRoom& room) { return room.registry.page(mcp::Registry::List::tools, mcp::latest, 0); }

std::vector<std::string> names(const ShowRoom& room) {
    std::vector<std::string> all;
    for (const auto& tool : json::parse(list(room)).as_array()) all.emplace_back(tool.at("name").as_string());
    return all;
}

TEST(ToolList, offers_the_tools_that_clients_know) {
    const ShowRoom room;
    EXPECT_THAT(names(room),
                UnorderedElementsAre("list_databases", "list_schemas", "list_tables", "list_views", "describe_table",
                                     "describe_view", "query_view", "sample_table", "execute_query", "explain_query",
                                     "list_warehouses", "search_objects"));
}

TEST(ToolList, the_whole_list_costs_at_most_3500_tokens) {
    const ShowRoom room;
    EXPECT_LE(tokens(list(room)), 3'500U) << list(room).size() << " bytes";
    RecordProperty("tokens", static_cast<int>(tokens(list(room))));
}

TEST(ToolList, the_minimal_set_is_three_tools_for_at_most_900_tokens) {
    const ShowRoom room{{.toolset = "minimal"}};
    EXPECT_THAT(names(room), UnorderedElementsAre("search_objects", "describe_table", "execute_query"));
    EXPECT_LE(tokens(list(room)), 900U) << list(room).size() << " bytes";
    RecordProperty("tokens", static_cast<int>(tokens(list(room))));
}

TEST(ToolList, every_tool_has_schemas_and_says_that_it_reads) {
    const ShowRoom room;
    for (const auto& tool : json::parse(list(room)).as_array()) {
        SCOPED_TRACE(tool.at("name").as_string().c_str());
        EXPECT_EQ(tool.at("inputSchema").at("type"), "object");
        EXPECT_EQ(tool.at("outputSchema").at("type"), "object");
        EXPECT_EQ(tool.at("annotations").at("readOnlyHint"), true);
        EXPECT_FALSE(tool.at("description").as_string().empty());
    }
}

TEST(ToolList, execute_query_says_that_it_writes_where_the_operator_lets_it) {
    sql::Policy policy;
    policy.allowed_commands.add(sql::StatementKind::insert);
    const ShowRoom room{{}, {}, policy};
    EXPECT_EQ(room.registry.tool("execute_query")->tool.annotations.read_only, false);
    EXPECT_EQ(room.registry.tool("execute_query")->tool.annotations.destructive, true);
    EXPECT_EQ(room.registry.tool("list_tables")->tool.annotations.read_only, true);
}

TEST(ToolList, arguments_are_called_as_clients_call_them) {
    const ShowRoom room;
    const auto arguments = [&](std::string_view tool) {
        std::vector<std::string> all;
        const auto schema = json::parse(room.registry.tool(tool)->tool.input_schema);
        for (const auto& [name, rule] : schema.at("properties").as_object()) all.emplace_back(name);
        return all;
    };
    EXPECT_THAT(arguments("execute_query"),
                ElementsAre("query", "database", "schema", "limit", "format", "cursor", "fresh", "timeout_seconds"));
    EXPECT_THAT(arguments("query_view"),
                ElementsAre("view_name", "database", "schema", "limit", "cursor", "fresh", "timeout_seconds"));
    EXPECT_THAT(arguments("describe_view"), ElementsAre("view_name", "database", "schema"));
    EXPECT_THAT(arguments("describe_table"), ElementsAre("table_name", "database", "schema"));
    EXPECT_THAT(arguments("sample_table"), ElementsAre("table_name", "database", "schema", "limit"));
    EXPECT_THAT(arguments("list_tables"), ElementsAre("database", "schema", "limit", "cursor"));
}

TEST(ToolList, a_limit_left_out_is_100) {
    const ShowRoom room;
    const auto schema = json::parse(room.registry.tool("execute_query")->tool.input_schema);
    EXPECT_EQ(schema.at("properties").at("limit").at("default"), 100);
    EXPECT_EQ(schema.at("properties").at("format").at("enum"), json::parse(R"(["markdown","csv","json"])"));
}

}  // namespace
