// query_history, warehouse_usage: INFORMATION_SCHEMA's table functions. Both need a warehouse and may resume it.
#include <fmt/format.h>

#include "query/names.hpp"
#include "query/query_tag.hpp"
#include "tools/snowflake/families.hpp"
#include "tools/table_tool.hpp"

namespace tools::snowflake {

struct QueryHistory {
    int hours = 24;
    int limit = 50;
};
BOOST_DESCRIBE_STRUCT(QueryHistory, (), (hours, limit))

struct WarehouseUsage {
    int days = 7;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(WarehouseUsage, (), (days, warehouse))

namespace {

constexpr Advice need_rights =
    "The role needs MONITOR on the warehouse or account, and a database must be current: tell the user.";

/// Snowflake's own bounds: 7 days of history, 10,000 rows; six months of usage.
constexpr int most_hours = 168;
constexpr int most_days = 180;
constexpr int scanned_rows = 10'000;

std::string history_text(const base::Principal& who, int hours) {
    std::string text = fmt::format(
        "SELECT QUERY_ID, START_TIME, EXECUTION_STATUS, WAREHOUSE_NAME, TOTAL_ELAPSED_TIME AS ELAPSED_MS, "
        "BYTES_SCANNED, ROWS_PRODUCED, ERROR_MESSAGE, QUERY_TEXT, "
        "TRY_PARSE_JSON(QUERY_TAG):tool::VARCHAR AS TOOL, TRY_PARSE_JSON(QUERY_TAG):principal::VARCHAR AS PRINCIPAL "
        "FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(END_TIME_RANGE_START => DATEADD('hour', -{}, "
        "CURRENT_TIMESTAMP()), RESULT_LIMIT => {})) "
        "WHERE TRY_PARSE_JSON(QUERY_TAG):app::VARCHAR = 'snowflake-mcp'",
        hours, scanned_rows);
    // Everybody sees their own; who administers this server sees all of it.
    if (!who.has_role("admin")) {
        text += " AND TRY_PARSE_JSON(QUERY_TAG):principal::VARCHAR = " +
                query::quoted_text(query::tagged_principal(who.id));
    }
    return text + " ORDER BY START_TIME DESC";
}

base::Result<std::string> usage_text(const WarehouseUsage& given) {
    std::string name;
    if (given.warehouse) {
        auto folded = query::fold_name("warehouse", *given.warehouse);
        if (!folded) return base::fail(std::move(folded.error()));
        name = ", CURRENT_DATE(), " + query::quoted_text(*folded);
    }
    return fmt::format(
        "SELECT WAREHOUSE_NAME, TO_DATE(START_TIME) AS DAY, SUM(CREDITS_USED) AS CREDITS, "
        "SUM(CREDITS_USED_COMPUTE) AS COMPUTE_CREDITS "
        "FROM TABLE(INFORMATION_SCHEMA.WAREHOUSE_METERING_HISTORY(DATEADD('day', -{}, CURRENT_DATE()){})) "
        "GROUP BY 1, 2 ORDER BY 2 DESC, 3 DESC",
        given.days, name);
}

}  // namespace

void add_usage_tools(mcp::Registry& registry, const Room& room) {
    const auto& connections = room.connections;
    registry.add(
        table_tool(connections, "query_history", "Your statements of late; resumes the warehouse",
                   mcp::Arguments<QueryHistory>{
                       {.name = "hours", .presence = mcp::Presence::defaulted, .minimum = 1, .maximum = most_hours},
                       {.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1}},
                   [](mcp::Context& context, const Connection& at, QueryHistory given) {
                       query::Request request;
                       request.text = history_text(context.call().principal(), given.hours);
                       request.limit = static_cast<std::size_t>(given.limit);
                       request.tool = "query_history";
                       request.add_limit_clause = true;
                       request.pages = false;
                       return run(context, at.pipeline, std::move(request), need_rights);
                   }));
    registry.add(
        table_tool(connections, "warehouse_usage", "Credits used, by warehouse and day; resumes the warehouse",
                   mcp::Arguments<WarehouseUsage>{
                       {.name = "days", .presence = mcp::Presence::defaulted, .minimum = 1, .maximum = most_days}},
                   [](mcp::Context& context, const Connection& at, WarehouseUsage given) -> mcp::ToolOutcome {
                       auto text = usage_text(given);
                       if (!text) return base::fail(std::move(text.error()));
                       query::Request request;
                       request.text = std::move(*text);
                       request.limit = at.pipeline.settings().max_query_result_rows;
                       request.tool = "warehouse_usage";
                       request.pages = false;
                       return run(context, at.pipeline, std::move(request), need_rights);
                   }));
}

}  // namespace tools::snowflake
