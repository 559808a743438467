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
    std::optional<std::string> role;
    std::optional<std::string> warehouse;
};
BOOST_DESCRIBE_STRUCT(SubmitQuery, (), (query, database, schema, role, warehouse))

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

async::Task<base::Result<mcp::ToolResult>> submit(mcp::Context& context, Account account, query::Request request) {
    auto& call = context.call();
    QueryHandle handle{.connection = account.connection.name, .query_id = {}, .context = request.context};
    auto started = account.pipeline.judge(call, std::move(request));
    if (!started) co_return base::fail(std::move(started.error()));
    auto statement = co_await account.pipeline.statement(call, std::move(*started));
    if (!statement) co_return base::fail(std::move(statement.error()));
    statement->limit.reset();
    handle.is_read = statement->is_read;
    auto permit = co_await account.pipeline.admit(call);
    if (!permit) co_return base::fail(std::move(permit.error()));
    auto id = co_await account.services.submit(call, std::move(*statement));
    if (!handle.is_read) account.pipeline.forget_answers();
    if (!id) co_return to_error(std::move(id.error()), mend_statement);
    handle.query_id = *id;
    std::string json;
    base::JsonWriter{json}
        .begin_object()
        .field("handle", seal(account.sealer, call.principal(), handle, now()))
        .field("query_id", base::escape_untrusted(*id))
        .end_object();
    co_return object_result(std::move(json));
}

async::Task<base::Result<mcp::ToolResult>> status(mcp::Context& context, Account account, QueryHandle handle) {
    auto got = co_await account.services.status(context.call(), handle.query_id);
    if (!got) co_return base::fail(std::move(got.error()));
    if (got->is_over() && !handle.is_read) account.pipeline.forget_answers();
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

async::Task<base::Result<mcp::ToolResult>> rows(mcp::Context& context, Account account, QueryHandle handle,
                                                std::string cursor) {
    auto& call = context.call();
    auto got = co_await account.services.status(call, handle.query_id);
    if (!got) co_return base::fail(std::move(got.error()));
    if (!got->is_over() && got->state != QueryStatus::State::unknown) {
        co_return mcp::ToolResult::error("The statement has not ended yet: ask query_status, and come back then.");
    }
    auto request = request_of(handle, "query_result");
    request.cursor = std::move(cursor);
    auto answer = co_await account.pipeline.show(call, std::move(request), handle.query_id);
    if (!handle.is_read) account.pipeline.forget_answers();
    co_return to_result(std::move(answer), mend_statement);
}

async::Task<base::Result<mcp::ToolResult>> cancel(mcp::Context& context, Account account, QueryHandle handle) {
    auto cancelled = co_await account.services.cancel(context.call(), handle.query_id);
    if (!handle.is_read) account.pipeline.forget_answers();
    if (!cancelled) co_return base::fail(std::move(cancelled.error()));
    co_return object_result(R"({"cancelled":true})");
}

void add_submit_query(mcp::Registry& registry, const Room& room) {
    mcp::Tool tool;
    tool.name = "submit_query";
    tool.description = "Start one read-only statement without waiting; resumes the warehouse";
    tool.output_schema = std::string{submitted_schema};
    tool.annotations = read_only();
    ask_connection(tool, room.connections, room.connections->with_choices(mcp::Arguments<SubmitQuery>{}),
                   [room](mcp::Context& context, const Connection& at, SubmitQuery given) -> mcp::ToolOutcome {
                       auto database = fold_optional("database", given.database);
                       if (!database) return base::fail(std::move(database.error()));
                       auto schema = fold_optional("schema", given.schema);
                       if (!schema) return base::fail(std::move(schema.error()));
                       query::Request request;
                       request.text = std::move(given.query);
                       request.context.database = std::move(*database);
                       request.context.schema = std::move(*schema);
                       if (auto put = at.choices.put(request.context, given.role, given.warehouse); !put) {
                           return base::fail(std::move(put.error()));
                       }
                       request.tool = "submit_query";
                       return submit(context, room.account(at), std::move(request));
                   });
    if (!room.connections->are_read_only()) {
        tool.description = "Start one statement without waiting; resumes the warehouse";
        tool.annotations = {.read_only = false, .destructive = true, .idempotent = false, .open_world = false};
    }
    registry.add(std::move(tool));
}

/// A handle of this principal, and the account it was given for. One whose account is not configured (any more) is
/// unknown.
struct Opened {
    QueryHandle handle;
    Account account;
};

base::Result<Opened> open(const Room& room, mcp::Context& context, const std::string& text) {
    auto handle = open_handle(room.sealer, context.call().principal(), text, now());
    if (!handle) return base::fail(std::move(handle.error()));
    const auto* at = room.connections->find(handle->connection);
    if (at == nullptr) return base::fail(unknown_handle());
    return Opened{.handle = std::move(*handle), .account = room.account(*at)};
}

/// A tool that goes on with a handle: `handler(Context&, Opened, T)`.
template <class T, class F>
mcp::Tool handle_tool(std::string_view name, std::string_view description, std::string output, const Room& room,
                      mcp::Arguments<T> arguments, F handler) {
    mcp::Tool tool;
    tool.name = std::string{name};
    tool.description = std::string{description};
    tool.input_schema = arguments.schema();
    tool.output_schema = std::move(output);
    tool.annotations = read_only();
    tool.handler =
        mcp::with_arguments(std::move(arguments), [room, handler](mcp::Context& context, T given) -> mcp::ToolOutcome {
            auto opened = open(room, context, given.handle);
            if (!opened) return base::fail(std::move(opened.error()));
            return handler(context, std::move(*opened), std::move(given));
        });
    return tool;
}

}  // namespace

void add_query_tools(mcp::Registry& registry, const Room& room) {
    add_submit_query(registry, room);
    registry.add(handle_tool("query_status", "How a submitted statement stands", std::string{status_schema}, room,
                             mcp::Arguments<HandleOnly>{handle_rule},
                             [](mcp::Context& context, Opened opened, const HandleOnly&) -> mcp::ToolOutcome {
                                 return status(context, opened.account, std::move(opened.handle));
                             }));
    registry.add(handle_tool(
        "query_result", "Rows of a submitted statement that has ended", table_schema(), room,
        mcp::Arguments<QueryResult>{handle_rule, limit_rule, {.name = "format", .presence = mcp::Presence::defaulted}},
        [](mcp::Context& context, Opened opened, QueryResult given) -> mcp::ToolOutcome {
            opened.handle.limit = static_cast<std::size_t>(given.limit);
            opened.handle.format = static_cast<query::Format>(given.format);
            return rows(context, opened.account, std::move(opened.handle), given.cursor.value_or(""));
        }));
    auto cancelling = handle_tool("cancel_query", "Cancel a submitted statement", std::string{cancelled_schema}, room,
                                  mcp::Arguments<HandleOnly>{handle_rule},
                                  [](mcp::Context& context, Opened opened, const HandleOnly&) -> mcp::ToolOutcome {
                                      return cancel(context, opened.account, std::move(opened.handle));
                                  });
    cancelling.annotations = {.read_only = false, .destructive = false, .idempotent = true, .open_world = false};
    registry.add(std::move(cancelling));
}

}  // namespace tools::snowflake
