// Semantic views: list, describe, query. Only the query resumes a warehouse.
#include <string>
#include <vector>

#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/snowflake/families.hpp"
#include "tools/table_tool.hpp"

namespace tools::snowflake {

struct ListSemanticViews {
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListSemanticViews, (), (database, schema, limit, cursor))

struct DescribeSemanticView {
    std::string view_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
};
BOOST_DESCRIBE_STRUCT(DescribeSemanticView, (), (view_name, database, schema))

struct QuerySemanticView {
    std::string view_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    std::optional<std::vector<std::string>> metrics;
    std::optional<std::vector<std::string>> dimensions;
    int limit = 100;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(QuerySemanticView, (), (view_name, database, schema, metrics, dimensions, limit, cursor))

namespace {

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr Advice mend_name = "list_semantic_views shows their names, describe_semantic_view what they hold.";

/// ` METRICS "T"."A", "T"."B"`; nothing for none.
base::Result<std::string> clause(std::string_view word, std::string_view argument,
                                 const std::optional<std::vector<std::string>>& names) {
    std::string text;
    if (!names) return text;
    for (const auto& given : *names) {
        auto name = query::object_name(argument, given, "", "");
        if (!name) return base::fail(std::move(name.error()));
        text += text.empty() ? " " + std::string{word} + " " : ", ";
        text += name->sql();
    }
    return text;
}

base::Result<std::string> query_text(const QuerySemanticView& given) {
    const auto name =
        query::object_name("view_name", given.view_name, given.database.value_or(""), given.schema.value_or(""));
    if (!name) return base::fail(name.error());
    const auto dimensions = clause("DIMENSIONS", "dimensions", given.dimensions);
    if (!dimensions) return base::fail(dimensions.error());
    const auto metrics = clause("METRICS", "metrics", given.metrics);
    if (!metrics) return base::fail(metrics.error());
    if (dimensions->empty() && metrics->empty()) {
        return base::fail(base::Error{base::Kind::bad_argument, "at least one of metrics and dimensions is needed"}
                              .at(base::Stage::protocol)
                              .about("metrics"));
    }
    return "SELECT * FROM SEMANTIC_VIEW(" + name->sql() + *dimensions + *metrics + ")";
}

}  // namespace

void add_semantic_tools(mcp::Registry& registry, const Room& room) {
    const auto& connections = room.connections;
    registry.add(table_tool(
        connections, "list_semantic_views", "List semantic views", mcp::Arguments<ListSemanticViews>{limit_rule},
        [](mcp::Context& context, const Connection& at, ListSemanticViews given) -> mcp::ToolOutcome {
            const auto database = fold_optional("database", given.database);
            if (!database) return base::fail(database.error());
            const auto schema = fold_optional("schema", given.schema);
            if (!schema) return base::fail(schema.error());
            query::Request request;
            request.text = "SHOW SEMANTIC VIEWS" + catalog::scope_or_default(at.pipeline, *database, *schema);
            request.picks = {{.source = "database_name", .name = "database"},
                             {.source = "schema_name", .name = "schema"},
                             {.source = "name", .name = "name"},
                             {.source = "comment", .name = "comment", .optional = true}};
            request.limit = static_cast<std::size_t>(given.limit);
            request.cursor = given.cursor.value_or("");
            request.tool = "list_semantic_views";
            request.count_all = true;
            return run(context, at.pipeline, std::move(request), {});
        }));
    registry.add(
        table_tool(connections, "describe_semantic_view", "Metrics, dimensions and facts of a semantic view",
                   mcp::Arguments<DescribeSemanticView>{},
                   [](mcp::Context& context, const Connection& at, DescribeSemanticView given) -> mcp::ToolOutcome {
                       const auto name = query::object_name("view_name", given.view_name, given.database.value_or(""),
                                                            given.schema.value_or(""));
                       if (!name) return base::fail(name.error());
                       query::Request request;
                       request.text = "DESCRIBE SEMANTIC VIEW " + name->sql();
                       request.limit = at.pipeline.settings().max_query_result_rows;
                       request.tool = "describe_semantic_view";
                       request.count_all = true;
                       request.pages = false;
                       return run(context, at.pipeline, std::move(request), mend_name);
                   }));
    registry.add(table_tool(
        connections, "query_semantic_view", "Metrics of a semantic view by dimensions; resumes the warehouse",
        mcp::Arguments<QuerySemanticView>{limit_rule},
        [](mcp::Context& context, const Connection& at, QuerySemanticView given) -> mcp::ToolOutcome {
            auto text = query_text(given);
            if (!text) return base::fail(std::move(text.error()));
            query::Request request;
            request.text = std::move(*text);
            request.limit = static_cast<std::size_t>(given.limit);
            request.cursor = given.cursor.value_or("");
            request.tool = "query_semantic_view";
            request.add_limit_clause = true;
            return run(context, at.pipeline, std::move(request), mend_name);
        }));
}

}  // namespace tools::snowflake
