// submit_query, query_status, query_result, cancel_query: statements that go on without their call.
#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "tools/snowflake/families.hpp"
#include "tools/snowflake/query_handle.hpp"
#include "tools/table_tool.hpp"

namespace tools::snowflake {

struct SubmitQuery {
    std::string query;
    std::optional<std::string> database;
    std::optional<std::string> schema;
};
BOOST_DESCRIBE_STRUCT(SubmitQuery, (), (query, database, schema))

struct HandleOnly {
    std::string handle;
};
BOOST_DESCRIBE_STRUCT(HandleOnly, (), (handle))

enum class RowFormat : std::uint8_t { markdown, csv, json };
BOOST_DESCRIBE_ENUM(RowFormat, markdown, csv, json)

struct QueryResult {
    std::string handle;
    int limit = 100;
    RowFormat format = RowFormat::markdown;
    std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(QueryResult, (), (handle, limit, format, cursor))

namespace {

using backend::snowflake::QueryStatus;

constexpr mcp::Rule limit_rule{.name = "limit", .presence = mcp::Presence::defaulted, .minimum = 1};
constexpr mcp::Rule handle_rule{.name = "handle", .description = "from submit_query", .min_length = 1};
constexpr Advice mend_statement =
    "Correct the statement and try again: search_objects finds tables and views, describe_table shows their columns.";

constexpr std::string_view submitted_schema =
    R"({"type":"object","properties":{"handle":{"type":"string"},"query_id":{"type":"string"}},"required":["handle"]})";
constexpr std::string_view status_schema =
    R"({"type":"object","properties":{"state":{"type":"string","enum":["queued","running","succeeded","failed",)"
    R"("cancelled","unknown"]},"warehouse":{"type":"string"},"elapsed_ms":{"type":"number"},)"
    R"("bytes_scanned":{"type":"number"},"rows":{"type":"number"},"error":{"type":"string"}},"required":["state"]})";
constexpr std::string_view cancelled_schema =
    R"({"type":"object","properties":{"cancelled":{"type":"boolean"}},"required":["cancelled"]})";

base::WallTime now() { return base::WallClock::now(); }

/// One JSON object as text and as structured content.
mcp::ToolResult object_result(std::string json) {
    auto result = mcp::ToolResult::text(json);
    result.structured = base::Payload::own(std::move(json));
    return result;
}

template <class T, class F>
mcp::Tool tool(std::string_view name, std::string_view description, std::string_view output,
               mcp::Arguments<T> arguments, mcp::ToolAnnotations annotations, F handler) {
    mcp::Tool tool;
    tool.name = std::string{name};
    tool.description = std::string{description};
    tool.input_schema = arguments.schema();
    tool.output_schema = std::string{output};
    tool.annotations = annotations;
    tool.handler = mcp::with_arguments(std::move(arguments), std::move(handler));
    return tool;
}

async::Task<base::Result<mcp::ToolResult>> submit(mcp::Context& context, Room room, query::Request request) {
    auto& call = context.call();
    auto started = room.pipeline.judge(call, std::move(request));
    if (!started) co_return base::fail(std::move(started.error()));
    auto statement = co_await room.pipeline.statement(call, std::move(*started));
    if (!statement) co_return base::fail(std::move(statement.error()));
    statement->limit.reset();
    auto permit = co_await room.pipeline.admit(call);
    if (!permit) co_return base::fail(std::move(permit.error()));
    auto id = co_await room.services.submit(call, std::move(*statement));
    if (!id) co_return to_error(std::move(id.error()), mend_statement);
    std::string json;
    base::JsonWriter{json}
        .begin_object()
        .field("handle", seal(room.sealer, call.principal(), {.query_id = *id}, now()))
        .field("query_id", base::escape_untrusted(*id))
        .end_object();
    co_return object_result(std::move(json));
}

async::Task<base::Result<mcp::ToolResult>> status(mcp::Context& context, Room room, QueryHandle handle) {
    auto got = co_await room.services.status(context.call(), handle.query_id);
    if (!got) co_return base::fail(std::move(got.error()));
    std::string json;
    base::JsonWriter writer{json};
    writer.begin_object().field("state", to_string(got->state));
    if (!got->warehouse.empty()) writer.field("warehouse", base::escape_untrusted(got->warehouse));
    if (got->elapsed) writer.field("elapsed_ms", std::int64_t{got->elapsed->count()});
    if (got->bytes_scanned) writer.field("bytes_scanned", *got->bytes_scanned);
    if (got->rows_produced) writer.field("rows", *got->rows_produced);
    if (!got->error_message.empty()) writer.field("error", base::escape_untrusted(got->error_message));
    writer.end_object();
    co_return object_result(std::move(json));
}

async::Task<base::Result<mcp::ToolResult>> rows(mcp::Context& context, Room room, QueryHandle handle,
                                                std::string cursor) {
    auto& call = context.call();
    auto got = co_await room.services.status(call, handle.query_id);
    if (!got) co_return base::fail(std::move(got.error()));
    if (!got->is_over() && got->state != QueryStatus::State::unknown) {
        co_return mcp::ToolResult::error("The statement has not ended yet: ask query_status, and come back then.");
    }
    auto result = co_await room.services.result(call, handle.query_id);
    if (!result) co_return to_error(std::move(result.error()), mend_statement);
    auto request = request_of(handle, "query_result");
    request.cursor = std::move(cursor);
    co_return to_result(co_await room.pipeline.show(call, std::move(request), std::move(*result)), mend_statement);
}

async::Task<base::Result<mcp::ToolResult>> cancel(mcp::Context& context, Room room, QueryHandle handle) {
    auto cancelled = co_await room.services.cancel(context.call(), handle.query_id);
    if (!cancelled) co_return base::fail(std::move(cancelled.error()));
    co_return object_result(R"({"cancelled":true})");
}

}  // namespace

void add_query_tools(mcp::Registry& registry, const Room& room) {
    registry.add(tool("submit_query", "Start one read-only statement without waiting; resumes the warehouse",
                      submitted_schema, mcp::Arguments<SubmitQuery>{}, read_only(),
                      [room](mcp::Context& context, SubmitQuery given) -> mcp::ToolOutcome {
                          auto database = fold_optional("database", given.database);
                          if (!database) return base::fail(std::move(database.error()));
                          auto schema = fold_optional("schema", given.schema);
                          if (!schema) return base::fail(std::move(schema.error()));
                          query::Request request;
                          request.text = std::move(given.query);
                          request.context.database = std::move(*database);
                          request.context.schema = std::move(*schema);
                          request.tool = "submit_query";
                          return submit(context, room, std::move(request));
                      }));
    const auto opened = [room](mcp::Context& context, const std::string& text) {
        return open_handle(room.sealer, context.call().principal(), text, now());
    };
    registry.add(tool("query_status", "How a submitted statement stands", status_schema,
                      mcp::Arguments<HandleOnly>{handle_rule}, read_only(),
                      [room, opened](mcp::Context& context, HandleOnly given) -> mcp::ToolOutcome {
                          auto handle = opened(context, given.handle);
                          if (!handle) return base::fail(std::move(handle.error()));
                          return status(context, room, std::move(*handle));
                      }));
    registry.add(table_tool(
        "query_result", "Rows of a submitted statement that has ended",
        mcp::Arguments<QueryResult>{handle_rule, limit_rule, {.name = "format", .presence = mcp::Presence::defaulted}},
        [room, opened](mcp::Context& context, QueryResult given) -> mcp::ToolOutcome {
            auto handle = opened(context, given.handle);
            if (!handle) return base::fail(std::move(handle.error()));
            handle->limit = static_cast<std::size_t>(given.limit);
            handle->format = static_cast<query::Format>(given.format);
            return rows(context, room, std::move(*handle), given.cursor.value_or(""));
        }));
    registry.add(tool("cancel_query", "Cancel a submitted statement", cancelled_schema,
                      mcp::Arguments<HandleOnly>{handle_rule},
                      {.read_only = false, .destructive = false, .idempotent = true, .open_world = false},
                      [room, opened](mcp::Context& context, HandleOnly given) -> mcp::ToolOutcome {
                          auto handle = opened(context, given.handle);
                          if (!handle) return base::fail(std::move(handle.error()));
                          return cancel(context, room, std::move(*handle));
                      }));
}

}  // namespace tools::snowflake
