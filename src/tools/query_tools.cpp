// execute_query, query_view, sample_table, explain_query: statements that read rows.
#include <optional>
#include <string>

#include "query/names.hpp"
#include "tools/catalog.hpp"
#include "tools/families.hpp"
#include "tools/table_tool.hpp"

namespace tools {

enum class ResultFormat : std::uint8_t { markdown, csv, json };
BOOST_DESCRIBE_ENUM(ResultFormat, markdown, csv, json)

struct ExecuteQuery {
    std::string query;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    ResultFormat format = ResultFormat::markdown;
    std::optional<std::string> cursor;
    bool fresh = false;
    std::optional<int> timeout_seconds;
    std::optional<std::string> role;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(ExecuteQuery, (),
                      (query, database, schema, limit, format, cursor, fresh, timeout_seconds, role, warehouse))

struct ExplainQuery {
    std::string query;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    std::optional<std::string> role;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(ExplainQuery, (), (query, database, schema, role, warehouse))

struct QueryView {
    std::string view_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    std::optional<std::string> cursor;
    bool fresh = false;
    std::optional<int> timeout_seconds;
    std::optional<std::string> role;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(QueryView, (),
                      (view_name, database, schema, limit, cursor, fresh, timeout_seconds, role, warehouse))

struct SampleTable {
    std::string table_name;
    std::optional<std::string> database;
    std::optional<std::string> schema;
    int limit = 100;
    std::optional<std::string> role;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(SampleTable, (), (table_name, database, schema, limit, role, warehouse))

namespace {

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr mcp::Rule fresh_rule{
    .name = "fresh", .description = "not from the cache", .presence = mcp::Presence::defaulted};
constexpr mcp::Rule timeout_rule{.name = "timeout_seconds", .minimum = 1};
constexpr Advice mend_statement =
    "Correct the statement and try again: search_objects finds tables and views, describe_table shows their columns.";
constexpr Advice mend_name =
    "search_objects finds tables and views. A name with small letters must stand in double quotes.";

query::Format format_of(ResultFormat format) {
    switch (format) {
        case ResultFormat::csv: return query::Format::csv;
        case ResultFormat::json: return query::Format::json;
        case ResultFormat::markdown: break;
    }
    return query::Format::markdown;
}

base::Result<backend::Context> context_of(const std::optional<std::string>& database,
                                          const std::optional<std::string>& schema) {
    auto database_name = fold_optional("database", database);
    if (!database_name) return base::fail(std::move(database_name.error()));
    auto schema_name = fold_optional("schema", schema);
    if (!schema_name) return base::fail(std::move(schema_name.error()));
    backend::Context context;
    context.database = std::move(*database_name);
    context.schema = std::move(*schema_name);
    return context;
}

/// `SELECT * FROM <name><tail>`, once the name is known.
struct SelectAll {
    query::ObjectName name;
    std::string tail;
    query::Request request;
};

async::Task<base::Result<mcp::ToolResult>> select_all(mcp::Context& context, query::Pipeline& pipeline,
                                                      SelectAll select) {
    auto name = co_await catalog::locate(context.call(), pipeline, std::move(select.name), select.request.tool);
    if (!name) co_return to_error(std::move(name.error()), mend_name);
    select.request.text = "SELECT * FROM " + name->sql() + select.tail;
    co_return co_await run_later(context, pipeline, std::move(select.request), mend_name);
}

}  // namespace

void add_execute_query(mcp::Registry& registry, const ConnectionsPtr& connections) {
    mcp::Tool tool =
        table_tool(connections, "execute_query", "Run one read-only SQL statement (Snowflake's dialect)",
                   connections->with_choices(mcp::Arguments<ExecuteQuery>{
                       limit_rule,
                       {.name = "format", .presence = mcp::Presence::defaulted},
                       {.name = "cursor", .description = "from the answer before, to go on"},
                       fresh_rule,
                       timeout_rule}),
                   [](mcp::Context& context, const Connection& at, ExecuteQuery given) -> mcp::ToolOutcome {
                       auto names = context_of(given.database, given.schema);
                       if (!names) return base::fail(std::move(names.error()));
                       if (auto put = at.choices.put(*names, given.role, given.warehouse); !put) {
                           return base::fail(std::move(put.error()));
                       }
                       query::Request request;
                       request.text = std::move(given.query);
                       request.context = std::move(*names);
                       request.limit = static_cast<std::size_t>(given.limit);
                       request.format = format_of(given.format);
                       request.cursor = given.cursor.value_or("");
                       request.fresh = given.fresh;
                       request.timeout = std::chrono::seconds{given.timeout_seconds.value_or(0)};
                       request.tool = "execute_query";
                       return run(context, at.pipeline, std::move(request), mend_statement, at.long_queries);
                   });
    // ALLOWED_SQL_COMMANDS may let more through than reads.
    if (!connections->are_read_only()) {
        tool.description = "Run one SQL statement (Snowflake's dialect)";
        tool.annotations = {.read_only = false, .destructive = true, .idempotent = false, .open_world = false};
    }
    registry.add(std::move(tool));
}

namespace {

void add_query_view(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(connections, "query_view", "Rows of a view or table",
                            connections->with_choices(mcp::Arguments<QueryView>{limit_rule, fresh_rule, timeout_rule}),
                            [](mcp::Context& context, const Connection& at, QueryView given) -> mcp::ToolOutcome {
                                auto name = query::object_name("view_name", given.view_name,
                                                               given.database.value_or(""), given.schema.value_or(""));
                                if (!name) return base::fail(std::move(name.error()));
                                query::Request request;
                                request.limit = static_cast<std::size_t>(given.limit);
                                request.cursor = given.cursor.value_or("");
                                request.fresh = given.fresh;
                                request.timeout = std::chrono::seconds{given.timeout_seconds.value_or(0)};
                                request.tool = "query_view";
                                if (auto put = at.choices.put(request.context, given.role, given.warehouse); !put) {
                                    return base::fail(std::move(put.error()));
                                }

                                request.add_limit_clause = true;
                                return select_all(context, at.pipeline, {std::move(*name), {}, std::move(request)});
                            }));
}

void add_sample_table(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(
        connections, "sample_table", "Random rows of a table",
        connections->with_choices(mcp::Arguments<SampleTable>{limit_rule}),
        [](mcp::Context& context, const Connection& at, SampleTable given) -> mcp::ToolOutcome {
            auto name = query::object_name("table_name", given.table_name, given.database.value_or(""),
                                           given.schema.value_or(""));
            if (!name) return base::fail(std::move(name.error()));
            const auto rows =
                std::min(static_cast<std::size_t>(given.limit), at.pipeline.settings().max_query_result_rows);
            query::Request request;
            request.limit = rows;
            request.tool = "sample_table";
            if (auto put = at.choices.put(request.context, given.role, given.warehouse); !put) {
                return base::fail(std::move(put.error()));
            }

            request.pages = false;
            return select_all(context, at.pipeline,
                              {std::move(*name), " SAMPLE (" + std::to_string(rows) + " ROWS)", std::move(request)});
        }));
}

void add_explain_query(mcp::Registry& registry, const ConnectionsPtr& connections) {
    registry.add(table_tool(connections, "explain_query", "Plan of a query, without running it",
                            connections->with_choices(mcp::Arguments<ExplainQuery>{}),
                            [](mcp::Context& context, const Connection& at, ExplainQuery given) -> mcp::ToolOutcome {
                                auto names = context_of(given.database, given.schema);
                                if (!names) return base::fail(std::move(names.error()));
                                query::Request request;
                                request.text = query::explain(given.query);
                                request.context = std::move(*names);
                                request.limit = at.pipeline.settings().max_query_result_rows;
                                request.tool = "explain_query";
                                if (auto put = at.choices.put(request.context, given.role, given.warehouse); !put) {
                                    return base::fail(std::move(put.error()));
                                }

                                request.pages = false;
                                return run(context, at.pipeline, std::move(request), mend_statement);
                            }));
}

}  // namespace

void add_read_tools(mcp::Registry& registry, const ConnectionsPtr& connections) {
    add_query_view(registry, connections);
    add_sample_table(registry, connections);
    add_explain_query(registry, connections);
}

}  // namespace tools
