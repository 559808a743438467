#include "backend/snowflake/session/statement_body.hpp"

#include <charconv>

#include "base/json_writer.hpp"

namespace backend::snowflake {
namespace {

/// https://docs.snowflake.com/en/sql-reference/parameters#query-tag
constexpr std::size_t longest_tag = 2000;

void write_bindings(base::JsonWriter& json, const std::vector<Binding>& bindings) {
    json.key("bindings").begin_object();
    char position[24];
    for (std::size_t i = 0; i < bindings.size(); ++i) {
        const auto end = std::to_chars(position, position + sizeof position, i + 1).ptr;
        json.key({position, static_cast<std::size_t>(end - position)}).begin_object();
        json.field("type", bindings[i].type.empty() ? std::string_view{"TEXT"} : std::string_view{bindings[i].type});
        json.key("value");
        if (bindings[i].value) {
            json.string(*bindings[i].value);
        } else {
            json.null();
        }
        json.end_object();
    }
    json.end_object();
}

}  // namespace

void write_statement_body(std::string& out, const Statement& statement, const RunOptions& options,
                          std::uint64_t sequence_id, std::int64_t submitted_ms,
                          const QueryContextCache* query_context) {
    out.reserve(out.size() + statement.text.size() + statement.tag.size() + 512);
    base::JsonWriter json{out};
    json.begin_object()
        .field("sqlText", statement.text)
        .field("asyncExec", options.asynchronous)
        .field("sequenceId", sequence_id)
        .field("querySubmissionTime", submitted_ms)
        .field("describeOnly", options.describe_only)
        .field("isInternal", false);
    json.key("parameters").begin_object();
    if (!statement.tag.empty()) json.field("QUERY_TAG", std::string_view{statement.tag}.substr(0, longest_tag));
    if (options.timeout_seconds > 0) json.field("STATEMENT_TIMEOUT_IN_SECONDS", options.timeout_seconds);
    json.field("MULTI_STATEMENT_COUNT", static_cast<std::uint64_t>(options.statements));
    json.end_object();
    if (!statement.bindings.empty()) write_bindings(json, statement.bindings);
    if (query_context != nullptr) {
        json.key("queryContextDTO");
        std::string context;
        query_context->write(context);
        json.raw(context);
    }
    json.end_object();
}

std::string abort_body(std::string_view request_id, std::string_view sql_text) {
    std::string out;
    base::JsonWriter json{out};
    json.begin_object().field("sqlText", sql_text).field("requestId", request_id).end_object();
    return out;
}

std::string renewal_body(std::string_view old_session_token) {
    std::string out;
    base::JsonWriter json{out};
    json.begin_object().field("oldSessionToken", old_session_token).field("requestType", "RENEW").end_object();
    return out;
}

}  // namespace backend::snowflake
