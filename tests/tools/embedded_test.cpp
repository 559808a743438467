// The tools over the real embedded backend: SHOW, DESCRIBE and SELECT as it answers them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/embedded_house.hpp"
#include "tools/show_room.hpp"

namespace {

namespace json = boost::json;
using testing::HasSubstr;

class Embedded : public testing::Test {
protected:
    static void SetUpTestSuite() { house_ = std::make_unique<tools_test::EmbeddedHouse>(); }
    static void TearDownTestSuite() { house_.reset(); }

    struct Answer {
        bool is_error = false;
        json::value content;
        json::value structured;
        std::string text(std::size_t item = 0) const { return std::string{content.at(item).at("text").as_string()}; }
        std::string rows() const { return json::serialize(structured.at("rows")); }
    };
    static Answer call(std::string_view tool, std::string_view arguments = "{}") {
        const auto& entry = *house_->registry.tool(tool);
        auto result = house_->run<mcp::ToolResult>(arguments, entry.tool.handler);
        EXPECT_TRUE(result) << tool << ": " << (result ? "" : result.error().message());
        if (!result) return {};
        Answer answer{
            .is_error = result->is_error,
            .content = json::parse(result->content.to_string()),
            .structured = result->structured.empty() ? json::value{} : json::parse(result->structured.to_string())};
        EXPECT_FALSE(answer.is_error) << answer.text();
        if (!answer.is_error) {
            EXPECT_EQ(tools_test::misfit(json::parse(entry.tool.output_schema), answer.structured), "") << tool;
        }
        return answer;
    }

    static inline std::unique_ptr<tools_test::EmbeddedHouse> house_;
};

TEST_F(Embedded, lists_from_the_database_down_to_the_column) {
    EXPECT_THAT(call("list_schemas").rows(), HasSubstr("\"SALES\""));
    EXPECT_THAT(call("list_tables", R"({"schema":"sales"})").rows(), HasSubstr("\"ORDERS\""));
    EXPECT_THAT(call("describe_table", R"({"table_name":"orders","schema":"sales"})").rows(),
                AllOf(HasSubstr("\"AMOUNT\""), HasSubstr("DATE")));
    EXPECT_GE(call("list_warehouses").structured.at("row_count").as_int64(), 1);
    call("list_views");
}

TEST_F(Embedded, finds_a_table_by_a_name_alone) {
    EXPECT_EQ(call("describe_table", R"({"table_name":"people"})").structured.at("row_count"), 2);
    EXPECT_EQ(call("query_view", R"({"view_name":"orders","limit":2})").structured.at("row_count"), 2);
}

TEST_F(Embedded, queries_in_each_format) {
    const std::string query =
        R"("query":"SELECT CUSTOMER, SUM(AMOUNT) AS TOTAL FROM SALES.ORDERS GROUP BY ALL ORDER BY 1")";
    EXPECT_THAT(call("execute_query", "{" + query + "}").text(), HasSubstr("| CUSTOMER | TOTAL |"));
    EXPECT_THAT(call("execute_query", "{" + query + R"(,"format":"csv"})").text(),
                testing::StartsWith("CUSTOMER,TOTAL\r\nAnn,17.5"));
    EXPECT_EQ(json::parse(call("execute_query", "{" + query + R"(,"format":"json"})").text()).as_array().size(), 2U);
}

TEST_F(Embedded, resolves_names_in_the_schema_that_is_named) {
    EXPECT_EQ(call("execute_query", R"({"query":"SELECT COUNT(*) FROM ORDERS","schema":"sales"})").rows(), "[[3]]");
}

TEST_F(Embedded, goes_on_with_the_cursor) {
    std::string rows;
    std::string cursor;
    do {
        json::object arguments{{"query", "SELECT ID FROM SALES.ORDERS ORDER BY ID"}, {"limit", 1}};
        if (!cursor.empty()) arguments["cursor"] = cursor;
        const auto page = call("execute_query", json::serialize(arguments));
        rows += page.rows();
        const auto* more = page.structured.as_object().if_contains("cursor");
        cursor = more ? std::string{more->as_string()} : std::string{};
    } while (!cursor.empty());
    EXPECT_EQ(rows, "[[1]][[2]][[3]]");
}

TEST_F(Embedded, a_cut_answer_names_no_total_that_is_not_one) {
    const auto cut = call("execute_query", R"({"query":"SELECT ID FROM SALES.ORDERS","limit":1})");
    EXPECT_EQ(cut.structured.at("truncated"), true);
    EXPECT_FALSE(cut.structured.as_object().contains("total_rows"));
}

TEST_F(Embedded, variants_are_json_values) {
    const auto answer =
        call("execute_query", R"x({"query":"SELECT OBJECT_CONSTRUCT('a', 1), ARRAY_CONSTRUCT(1, 'x')"})x");
    EXPECT_EQ(answer.rows(), R"x([[{"a":1},[1,"x"]]])x");
}

TEST_F(Embedded, samples_and_explains) {
    EXPECT_EQ(call("sample_table", R"({"table_name":"ORDERS","schema":"SALES","limit":2})").structured.at("row_count"),
              2);
    EXPECT_GE(call("explain_query", R"({"query":"SELECT * FROM SALES.ORDERS"})").structured.at("row_count").as_int64(),
              1);
}

TEST_F(Embedded, searches_names_and_columns) {
    const auto found = call("search_objects", R"({"query":"order amount"})");
    EXPECT_EQ(found.structured.at("rows").at(0).at(3), "ORDERS");
    EXPECT_THAT(std::string{found.structured.at("rows").at(0).at(5).as_string()}, HasSubstr("AMOUNT"));
}

TEST_F(Embedded, an_error_of_the_database_is_one_that_the_model_can_read) {
    const auto& entry = *house_->registry.tool("execute_query");
    auto result = house_->run<mcp::ToolResult>(R"({"query":"SELECT NOTHING FROM SALES.ORDERS"})", entry.tool.handler);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->is_error);
    const auto content = json::parse(result->content.to_string());
    EXPECT_THAT(std::string{content.at(0).at("text").as_string()}, HasSubstr("NOTHING"));
}

TEST_F(Embedded, its_catalog_can_be_read_as_resources) {
    auto page = house_->run<mcp::ResourcePage>(
        "{}", [](mcp::Context& context) { return house_->registry.source()->list(context, {}); });
    ASSERT_TRUE(page);
    EXPECT_GE(page->resources.size(), 3U);
    for (const auto& resource : page->resources) {
        mcp::ResourceRequest asked{.uri = resource.uri, .variables = {}};
        const auto* fitting = house_->registry.match(resource.uri, asked);
        ASSERT_NE(fitting, nullptr);
        auto contents = house_->run<mcp::ResourceResult>(
            "{}", [&](mcp::Context& context) { return fitting->read(context, asked); });
        EXPECT_TRUE(contents) << resource.uri;
    }
}

}  // namespace
