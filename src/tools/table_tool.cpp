#include "tools/table_tool.hpp"

#include <fmt/format.h>

#include "mcp/error_map.hpp"
#include "query/names.hpp"
#include "tools/call_log.hpp"
#include "tools/long_queries.hpp"

namespace tools {

std::string table_schema(std::string_view extra) {
    std::string schema{
        R"({"type":"object","properties":{"columns":{"type":"array","items":{"type":"object","properties":{)"
        R"("name":{"type":"string"},"type":{"type":"string"},"nullable":{"type":"boolean"}}}},)"
        R"("rows":{"type":"array","items":{"type":"array"}},"row_count":{"type":"integer"},)"
        R"("truncated":{"type":"boolean"},)"};
    schema += extra;
    schema += R"("total_rows":{"type":"integer"},"cursor":{"type":"string"},"query_id":{"type":"string"},)"
              R"("elapsed_ms":{"type":"number"},"note":{"type":"string"}},)"
              R"("required":["columns","rows","row_count","truncated"]})";
    return schema;
}

mcp::ToolAnnotations read_only() {
    return {.read_only = true, .destructive = false, .idempotent = {}, .open_world = false};
}

base::Result<mcp::ToolResult> to_error(base::Error error, Advice advice) {
    if (error.kind() != base::Kind::sql && error.kind() != base::Kind::not_found) return base::fail(std::move(error));
    std::string content = "[";
    mcp::append_text_block(content, mcp::advice(error));
    if (!advice.empty()) {
        content += ',';
        mcp::append_text_block(content, advice);
    }
    content += ']';
    mcp::ToolResult result;
    result.content = base::Payload::own(std::move(content));
    result.is_error = true;
    return result;
}

namespace {

/// `_meta`: where the answer came from; nothing where such answers are never kept.
std::string meta_of(const query::CacheUse& use) {
    using Status = query::CacheUse::Status;
    switch (use.status) {
        case Status::none: return {};
        case Status::hit:
            return fmt::format(R"({{"snowflake-mcp/cache":{{"status":"hit","ageMs":{}}}}})", use.age.count());
        case Status::miss: return R"({"snowflake-mcp/cache":{"status":"miss"}})";
        case Status::bypass: return R"({"snowflake-mcp/cache":{"status":"bypass"}})";
    }
    return {};
}

}  // namespace

base::Result<mcp::ToolResult> to_result(base::Result<query::Answer> answer, Advice advice) {
    if (!answer) return to_error(std::move(answer.error()), advice);
    mcp::ToolResult result;
    result.content = std::move(answer->content);
    result.structured = std::move(answer->structured);
    result.meta_json = meta_of(answer->cache);
    return result;
}

namespace {

async::Task<base::Result<mcp::ToolResult>> run_plan(mcp::Context& context, query::Pipeline& pipeline, query::Plan plan,
                                                    Advice advice) {
    const CallLog log{context};
    auto answer = co_await pipeline.run(context.call(), std::move(plan));
    CallLog::ended(context, answer);
    co_return to_result(std::move(answer), advice);
}

}  // namespace

mcp::ToolOutcome run(mcp::Context& context, query::Pipeline& pipeline, query::Request request, Advice advice,
                     LongQueries* long_queries) {
    auto started = pipeline.start(context.call(), std::move(request));
    if (started.answer) {
        CallLog::ended(context, *started.answer);
        return to_result(std::move(*started.answer), advice);
    }
    // A page of an earlier answer runs as that did, and what has a time limit is waited for.
    if (long_queries != nullptr && started.plan->request.cursor.empty() &&
        started.plan->request.timeout == std::chrono::seconds{0} && long_queries->serves(context)) {
        return long_queries->run(context, std::move(*started.plan), advice);
    }
    return run_plan(context, pipeline, std::move(*started.plan), advice);
}

async::Task<base::Result<mcp::ToolResult>> run_later(mcp::Context& context, query::Pipeline& pipeline,
                                                     query::Request request, Advice advice) {
    const CallLog log{context};
    auto answer = co_await pipeline.run(context.call(), std::move(request));
    CallLog::ended(context, answer);
    co_return to_result(std::move(answer), advice);
}

base::Result<std::string> fold_optional(std::string_view argument, const std::optional<std::string>& name) {
    if (!name) return std::string{};
    return query::fold_name(argument, *name);
}

}  // namespace tools
